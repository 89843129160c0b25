"""The one client for all outbound requests: to public servers only, and within limits."""

import ssl
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import httpx

from app.outbound.errors import OutboundDisabled, ResponseTooLarge, TooManyRedirects, Unreachable
from app.outbound.ip_policy import IsPermitted, Resolve, is_public, resolve
from app.outbound.transport import Deadline, GuardedBackend, GuardedTransport, MonotonicClock
from app.outbound.urls import checked_url

MIB: Final = 2**20
GZIP_FRAMING: Final = 64 * 1024
"""Bytes that a compressed body may have beyond the limit of what is in it: header, blocks and trailer."""
REDIRECTS: Final = 5
_FOLLOWED: Final = frozenset({301, 302, 303, 307, 308})
_REPEATABLE: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class OutboundResponse:
    """An answer. `url` is where it came from in the end; `redirects` are the statuses and addresses on the way to
    it, beginning with the requested address; `body` is without content coding."""

    status: int
    url: str
    headers: httpx.Headers
    body: bytes
    redirects: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Outbound:
    """`seconds` and `max_bytes` (of the decoded body) are the limits of one exchange where a call gives no other.

    `resolve` and `permitted` are for tests, whose servers are on this machine.
    """

    user_agent: str
    enabled: bool = True
    seconds: float = 20.0
    max_bytes: int = 5 * MIB
    resolve: Resolve = resolve
    permitted: IsPermitted = is_public
    monotonic: MonotonicClock = time.monotonic
    tls: ssl.SSLContext | None = None

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made when first needed: it reads hundreds of certificates."""
        return self.tls or httpx.create_ssl_context(trust_env=False)

    def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        seconds: float | None = None,
        max_bytes: int | None = None,
    ) -> OutboundResponse:
        """Ask, and follow up to five redirects of a GET or HEAD (of nothing else). Any status is an answer.

        Raises an `OutboundError`, and nothing else, where there is none.
        """
        if not self.enabled:
            raise OutboundDisabled("Requests to other servers are disabled (KB_OUTBOUND).")
        deadline = Deadline(self.seconds if seconds is None else seconds, self.monotonic)
        backend = GuardedBackend(deadline, self.resolve, self.permitted)
        limit = self.max_bytes if max_bytes is None else max_bytes
        with GuardedTransport(backend, self._tls) as transport:
            return self._follow(transport, method, url, headers or {}, content, limit)

    def _follow(
        self,
        transport: GuardedTransport,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None,
        limit: int,
    ) -> OutboundResponse:
        own = {"User-Agent": self.user_agent, "Accept": "*/*", "Accept-Encoding": "gzip", **headers}
        came: list[tuple[int, str]] = []
        target = checked_url(url)
        while True:
            response = transport.handle_request(httpx.Request(method, target, headers=own, content=content))
            try:
                onward = response.headers.get("location", "")
                if method not in _REPEATABLE or response.status_code not in _FOLLOWED or not onward:
                    body = b"".join(read_bounded(response, limit))
                    return OutboundResponse(response.status_code, str(target), response.headers, body, tuple(came))
            finally:
                response.close()
            came.append((response.status_code, str(target)))
            if len(came) > REDIRECTS:
                raise TooManyRedirects(f"The server redirected more than {REDIRECTS} times.")
            target = checked_url(onward, base=target)


def read_bounded(response: httpx.Response, limit: int) -> Iterator[bytes]:
    """The decoded body; raises `ResponseTooLarge` before more than `limit` bytes were decoded."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        raise Unreachable("The server used a content coding that was not requested.")
    parts = response.iter_raw()
    yield from _bounded(_unzipped(_bounded(parts, limit + GZIP_FRAMING), limit) if "gzip" in coding else parts, limit)


def _bounded(parts: Iterator[bytes], limit: int) -> Iterator[bytes]:
    seen = 0
    for part in parts:
        seen += len(part)
        if seen > limit:
            raise ResponseTooLarge(f"The response has more than {limit} bytes.")
        yield part


def _unzipped(parts: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """Never more than one byte over the limit at once, whatever the ratio of compression; nothing is read beyond the
    end of the compressed data."""
    unzip = zlib.decompressobj(wbits=31)
    begun = False
    try:
        for part in parts:
            begun = True
            yield unzip.decompress(part, limit + 1)
            if unzip.unconsumed_tail:
                raise ResponseTooLarge(f"The response has more than {limit} bytes.")
            if unzip.eof:
                return
    except zlib.error as error:
        raise Unreachable("The response of the server is damaged.") from error
    if begun and not unzip.eof:
        raise Unreachable("The response of the server is incomplete.")
