"""The public summary, computed at most once in ten minutes."""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from app.db.sessions import Sessions
from app.kit.clock import Clock
from app.kit.errors import Unavailable
from app.ops.usage.report import PublicSummary, public_summary

SECONDS: Final = 600
RETRY_AFTER: Final = 30

log = logging.getLogger(__name__)


@dataclass(eq=False)
class UsageSummaries:
    """`is_public` is a setting: else there is none for anybody but staff."""

    sessions: Sessions
    clock: Clock
    is_public: bool
    _made: PublicSummary | None = None
    _again: float = 0.0
    """Monotonic seconds at which it expires."""
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def current(self) -> PublicSummary:
        """Where it cannot be made, the one before. Raises Unavailable where there is none: at once, for a while."""
        async with self._turn:
            if time.monotonic() >= self._again:
                await self._make()
            if self._made is None:
                raise Unavailable("Usage figures cannot be computed at the moment.", retry_after=RETRY_AFTER)
            return self._made

    async def _make(self) -> None:
        try:
            self._made = await asyncio.to_thread(public_summary, self.sessions, self.clock())
            self._again = time.monotonic() + SECONDS
        except SQLAlchemyError as error:
            log.warning("the summary of use could not be made: %s", type(error).__name__)
            self._again = time.monotonic() + RETRY_AFTER
