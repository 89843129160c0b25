"""How requests are sent: who asks, what is kept, what is tried again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

import httpx
from hishel import AsyncSqliteStorage, CacheOptions, SqliteStorage
from hishel.httpx import AsyncCacheTransport, CacheTransport

from knowledge_base_client.calls import Call
from knowledge_base_client.errors import checked
from knowledge_base_client.retries import REPEATABLE, AsyncRetryTransport, Retries, RetryTransport

T = TypeVar("T")
PRIVATE = CacheOptions(shared=False)


@dataclass(frozen=True, kw_only=True)
class Options:
    """`key` is sent as it was shown. `contact`, an address of e-mail, tells the service whom to write to before it
    refuses anybody (the polite pool). Answers are kept in the file `cache` with their ETags, at most `cache_bytes` of
    them: what has not changed is not sent again. `timeout` is in seconds, of connecting and between two pieces of an
    answer. `transport` is sent through instead of the network."""

    key: str | None = field(default=None, repr=False)
    contact: str | None = None
    cache: Path | str | None = None
    cache_bytes: int = 256 * 2**20
    retries: Retries = field(default_factory=Retries)
    timeout: float = 30.0
    proxy: str | None = None

    def headers(self) -> dict[str, str]:
        contact = f" (mailto:{self.contact})" if self.contact else ""
        agent = {"User-Agent": f"knowledge-base-client/{_version()}{contact}"}
        return agent | ({"Authorization": f"Bearer {self.key}"} if self.key else {})

    def client(self, address: str, transport: httpx.BaseTransport | None) -> httpx.Client:
        sent: httpx.BaseTransport = RetryTransport(transport or httpx.HTTPTransport(proxy=self.proxy), self.retries)
        if self.cache is not None:
            kept = SqliteStorage(database_path=Path(self.cache), max_size=self.cache_bytes)
            sent = CacheTransport(sent, kept, rfc=PRIVATE)
        return httpx.Client(transport=sent, **self._common(address))

    def async_client(self, address: str, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
        sent: httpx.AsyncBaseTransport = AsyncRetryTransport(
            transport or httpx.AsyncHTTPTransport(proxy=self.proxy), self.retries
        )
        if self.cache is not None:
            kept = AsyncSqliteStorage(database_path=Path(self.cache), max_size=self.cache_bytes)
            sent = AsyncCacheTransport(sent, kept, rfc=PRIVATE)
        return httpx.AsyncClient(transport=sent, **self._common(address))

    def _common(self, address: str) -> dict[str, Any]:
        return {
            "base_url": address,
            "headers": self.headers(),
            "follow_redirects": True,
            "timeout": self.timeout,
            "trust_env": False,
        }


def _version() -> str:
    try:
        return version("knowledge-base-client")
    except PackageNotFoundError:
        return "0"


def _request(client: httpx.Client | httpx.AsyncClient, call: Call[Any]) -> httpx.Request:
    usual = client.timeout
    read = None if usual.read is None else usual.read + call.wait
    return client.build_request(
        call.method,
        call.path,
        params=call.params or None,
        json=call.json,
        content=call.content,
        headers=dict(call.headers),
        timeout=httpx.Timeout(connect=usual.connect, read=read, write=usual.write, pool=usual.pool),
        extensions={REPEATABLE: call.is_repeatable},
    )


class Connection:
    """Sends calls. Close it at the end."""

    def __init__(self, address: str, options: Options, transport: httpx.BaseTransport | None = None) -> None:
        self.address = address.rstrip("/")
        self._client = options.client(self.address, transport)

    def send(self, call: Call[T]) -> T:
        """The result. Raises ApiError, and httpx.HTTPError where nothing answers."""
        return call.read(checked(self._client.send(_request(self._client, call))))

    def stream(self, call: Call[Any], headers: Mapping[str, str] | None = None) -> httpx.Response:
        """A response whose body is still to be read: close it. Raises ApiError."""
        request = _request(self._client, call)
        request.headers.update(headers or {})
        response = self._client.send(request, stream=True)
        try:
            if response.is_error:
                response.read()
            return checked(response)
        except BaseException:
            response.close()
            raise

    def close(self) -> None:
        self._client.close()


class AsyncConnection:
    """The same, without waiting in the thread."""

    def __init__(self, address: str, options: Options, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.address = address.rstrip("/")
        self._client = options.async_client(self.address, transport)

    async def send(self, call: Call[T]) -> T:
        return call.read(checked(await self._client.send(_request(self._client, call))))

    async def stream(self, call: Call[Any]) -> httpx.Response:
        response = await self._client.send(_request(self._client, call), stream=True)
        try:
            if response.is_error:
                await response.aread()
            return checked(response)
        except BaseException:
            await response.aclose()
            raise

    async def close(self) -> None:
        await self._client.aclose()
