"""How late the event loop is: what holds it up is seen by how much later than due a regular tick comes."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class LoopLag:
    """Tells `observe` the seconds by which each tick came late, of ticks that are due `interval` seconds after one
    another."""

    interval: float
    observe: Callable[[float], None]
    _last: float | None = None

    def tick(self, now: float) -> None:
        """To be called in the event loop with a monotonic time."""
        if self._last is not None:
            self.observe(max(0.0, now - self._last - self.interval))
        self._last = now
