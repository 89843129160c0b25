"""Trying again: only what may be repeated, as often as is told, and never before `Retry-After` is over."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

REPEATABLE: Final = "repeatable"
"""An extension of a request that changes nothing although it is a POST."""
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
PASSING: Final = frozenset({429, 502, 503, 504})
"""Statuses of what may be over soon."""


@dataclass(frozen=True)
class Retries:
    """At most `attempts` in all. A `Retry-After` of up to `max_wait` seconds is obeyed, with a little more so that not
    all come back at once; beyond that the answer is handed on. Without one the wait is random, up to `first_wait`
    seconds, then up to twice as many, and so on (full jitter)."""

    attempts: int = 5
    max_wait: float = 60.0
    first_wait: float = 0.5
    sleep: Callable[[float], None] = time.sleep
    sleep_async: Callable[[float], Awaitable[None]] = asyncio.sleep
    uniform: Callable[[float, float], float] = field(default=random.uniform)

    def wait(self, request: httpx.Request, attempt: int, response: httpx.Response | None) -> float | None:
        """Seconds until the request is sent again, after so many attempts; None where that is to be the end of it."""
        if attempt >= self.attempts or not is_repeatable(request):
            return None
        if response is None:
            return self._random(attempt)
        if response.status_code == 409:  # the first attempt is still under way, perhaps
            return self._random(attempt) if attempt > 1 and "idempotency-key" in request.headers else None
        if response.status_code not in PASSING:
            return None
        asked = retry_after(response)
        if asked is None:
            return self._random(attempt)
        return asked + self.uniform(0, min(1.0, asked / 10)) if asked <= self.max_wait else None

    def _random(self, attempt: int) -> float:
        return self.uniform(0, min(self.max_wait, self.first_wait * 2.0 ** (attempt - 1)))


def is_repeatable(request: httpx.Request) -> bool:
    """Whether sending it twice does what sending it once does."""
    return (
        request.method in SAFE
        or "idempotency-key" in request.headers
        or bool(request.extensions.get(REPEATABLE, False))
    )


def retry_after(response: httpx.Response) -> float | None:
    """Seconds, of either form of the field (RFC 9110 section 10.2.3); None without it, or where it cannot be read."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


class RetryTransport(httpx.BaseTransport):
    def __init__(self, transport: httpx.BaseTransport, retries: Retries) -> None:
        self._transport = transport
        self._retries = retries

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        attempt = 0
        while True:
            attempt += 1
            response: httpx.Response | None = None
            try:
                response = self._transport.handle_request(request)
            except httpx.TransportError:
                seconds = self._retries.wait(request, attempt, None)
                if seconds is None:
                    raise
            else:
                seconds = self._retries.wait(request, attempt, response)
                if seconds is None:
                    return response
                response.close()
            self._retries.sleep(seconds)

    def close(self) -> None:
        self._transport.close()


class AsyncRetryTransport(httpx.AsyncBaseTransport):
    def __init__(self, transport: httpx.AsyncBaseTransport, retries: Retries) -> None:
        self._transport = transport
        self._retries = retries

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        attempt = 0
        while True:
            attempt += 1
            response: httpx.Response | None = None
            try:
                response = await self._transport.handle_async_request(request)
            except httpx.TransportError:
                seconds = self._retries.wait(request, attempt, None)
                if seconds is None:
                    raise
            else:
                seconds = self._retries.wait(request, attempt, response)
                if seconds is None:
                    return response
                await response.aclose()
            await self._retries.sleep_async(seconds)

    async def aclose(self) -> None:
        await self._transport.aclose()
