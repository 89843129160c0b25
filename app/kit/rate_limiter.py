"""A rate limiter: requests of each client in a window of time; in memory, so each process counts for itself."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

MAX_CLIENTS: Final = 10_000
"""Whoever was quiet longest is forgotten beyond so many."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of a limit: `remaining` of `limit` requests until `reset`; `window` and `reset` are seconds."""

    name: str
    limit: int
    window: int
    remaining: int
    reset: int


@dataclass(frozen=True, slots=True)
class ConcurrencyQuota:
    """What is left of a limit of what is done at a time: `remaining` of `limit` requests."""

    name: str
    limit: int
    remaining: int


AnyQuota = Quota | ConcurrencyQuota


class RateLimiter:
    """At most so many requests of one holder in a window, which begins with the first of them."""

    def __init__(self, name: str, limit: int, window: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.limit = limit
        self.window = window
        self._clock = clock
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def consume(self, client: str) -> tuple[Quota, bool]:
        """Count one request; False where that was one too many."""
        now = self._clock()
        begun, count = self._counts.get(client, (now, 0))
        if now - begun >= self.window:
            begun, count = now, 0
        allowed = count < self.limit
        count += allowed
        self._counts[client] = begun, count
        self._counts.move_to_end(client)
        if len(self._counts) > MAX_CLIENTS:
            self._counts.popitem(last=False)
        reset = max(1, math.ceil(begun + self.window - now))
        return Quota(self.name, self.limit, self.window, self.limit - count, reset), allowed


def rate_limit_headers(quotas: Iterable[AnyQuota]) -> dict[str, str]:
    """`RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10), none where nothing is limited."""
    reported = list(quotas)
    if not reported:
        return {}
    return {
        "RateLimit-Policy": ", ".join(f'"{each.name}";q={each.limit};{_policy(each)}' for each in reported),
        "RateLimit": ", ".join(f'"{each.name}";r={each.remaining}{_reset(each)}' for each in reported),
    }


def _policy(quota: AnyQuota) -> str:
    return f"w={quota.window}" if isinstance(quota, Quota) else 'qu="concurrent-requests"'


def _reset(quota: AnyQuota) -> str:
    return f";t={quota.reset}" if isinstance(quota, Quota) else ""
