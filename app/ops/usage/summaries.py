"""The public summary, made at most once in ten minutes, whoever asks how often."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from app.db.sessions import Sessions
from app.kit.clock import Clock
from app.ops.usage.report import PublicSummary, public_summary

SECONDS: Final = 600


@dataclass(eq=False)
class UsageSummaries:
    """`is_public` is a setting: else there is none for anybody but staff."""

    sessions: Sessions
    clock: Clock
    is_public: bool
    _made: tuple[float, PublicSummary] | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def current(self) -> PublicSummary:
        async with self._turn:
            if self._made is None or time.monotonic() - self._made[0] >= SECONDS:
                made = await asyncio.to_thread(public_summary, self.sessions, self.clock())
                self._made = time.monotonic(), made
            return self._made[1]
