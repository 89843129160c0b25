"""What a request must be before the service handles it: a version and framing of HTTP that are understood, to a known
host."""

import re
from typing import Final

from app.http.config import HttpConfig
from app.http.context import RequestContext, Scope
from app.http.http_errors import BadRequest, HttpError, UnknownHost
from app.kit.errors import AppError
from app.kit.host_names import to_ascii

CLOSE: Final = {"Connection": "close"}
"""Sent with every refusal where the end of the request is in doubt."""

_HOST = re.compile(rb"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.\-_~%!$&'()*+;=]+)(?::[0-9]*)?")
"""RFC 9110 section 7.2, without an empty name and without commas: they mean two fields."""
_MAX_REMEMBERED: Final = 256
_MAX_REMEMBERED_LENGTH: Final = 300


class RequestChecks:
    """By the request's version, its framing and its `Host`."""

    def __init__(self, config: HttpConfig) -> None:
        self._names = frozenset(to_ascii(host).encode("ascii") for host in config.hosts)
        self._any_host = config.any_host
        self._known: set[bytes | None] = set()

    def is_ordinary(self, scope: Scope, context: RequestContext) -> bool:
        """Whether it may be answered without a further look: without a body, and to a host that has been checked."""
        fields = context.fields
        return (
            fields.get(b"host") in self._known
            and b"content-length" not in fields
            and b"transfer-encoding" not in fields
            and scope["http_version"] == "1.1"
        )

    def check(self, scope: Scope, context: RequestContext) -> None:
        """Raises BadRequest, HttpError (505 for a version, 501 for a transfer coding) and UnknownHost."""
        version = scope["http_version"]
        error = _framing_error(version, context) or self._host_error(version, context)
        if error is not None:
            raise error

    def _host_error(self, version: str, context: RequestContext) -> AppError | None:
        host = context.fields.get(b"host")
        if host in self._known:
            return None
        found = _HOST.fullmatch(host or b"")
        if found is None and (host or version == "1.1"):
            return BadRequest("A request needs exactly one Host header: a name or an address, with an optional port.")
        if self._names and (found is None or found["name"].lower() not in self._names):
            if context.path.startswith(self._any_host):
                return None
            return UnknownHost("The Host header does not name this service.")
        if found is not None:
            self._remember(found[0])
        return None

    def _remember(self, host: bytes) -> None:
        if len(host) <= _MAX_REMEMBERED_LENGTH:
            if len(self._known) >= _MAX_REMEMBERED:
                self._known.clear()
            self._known.add(host)


def _framing_error(version: str, context: RequestContext) -> AppError | None:
    """RFC 9112 sections 2.3 and 6.1."""
    coding = context.fields.get(b"transfer-encoding")
    if version not in ("1.0", "1.1", "2", "3"):
        return HttpError(505, CLOSE)
    if coding is None:
        return None
    if version == "1.0" or b"content-length" in context.fields:
        return BadRequest("The end of the body cannot be determined.")
    return None if coding.lower() == b"chunked" else HttpError(501, CLOSE)
