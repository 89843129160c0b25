"""How often somebody has asked of late, against how often they may; in memory, so each process counts for itself."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

HOLDERS: Final = 10_000
"""Whoever was quiet longest is forgotten beyond so many."""


@dataclass(frozen=True, slots=True)
class Quota:
    """Where somebody stands: `left` of `most` requests until `reset`; `window` and `reset` are seconds."""

    name: str
    most: int
    window: int
    left: int
    reset: int


class Meter:
    """At most so many requests of one holder in a window, which begins with the first of them."""

    def __init__(self, name: str, most: int, window: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.most = most
        self.window = window
        self._clock = clock
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def take(self, holder: str) -> tuple[Quota, bool]:
        """Count one request; False where that was one too many."""
        now = self._clock()
        begun, count = self._counts.get(holder, (now, 0))
        if now - begun >= self.window:
            begun, count = now, 0
        allowed = count < self.most
        count += allowed
        self._counts[holder] = begun, count
        self._counts.move_to_end(holder)
        if len(self._counts) > HOLDERS:
            self._counts.popitem(last=False)
        reset = max(1, math.ceil(begun + self.window - now))
        return Quota(self.name, self.most, self.window, self.most - count, reset), allowed


def fields(quotas: Iterable[Quota]) -> dict[str, str]:
    """`RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10), none where nothing is limited."""
    told = list(quotas)
    if not told:
        return {}
    return {
        "RateLimit-Policy": ", ".join(f'"{each.name}";q={each.most};w={each.window}' for each in told),
        "RateLimit": ", ".join(f'"{each.name}";r={each.left};t={each.reset}' for each in told),
    }
