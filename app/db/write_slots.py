"""Places for those who write: whoever waits for one holds no thread and no connection, and not for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from app.db.timeouts import locked_within
from app.kit.errors import Unavailable

RETRY_AFTER: Final = 3
"""Seconds."""


class WriteSlots:
    """So many writing requests at once in a process. `seconds` is what a request waits altogether: for its place, and
    then, with what is left, for the writer's lock of the database."""

    def __init__(self, most: int, seconds: float) -> None:
        self.seconds = seconds
        self._free = asyncio.Semaphore(most)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[None]:
        """Raises `Unavailable` where no place is free in time."""
        with locked_within(self.seconds):
            try:
                async with asyncio.timeout(self.seconds):
                    await self._free.acquire()
            except TimeoutError:
                words = "Too many other changes are being written. Try again shortly."
                raise Unavailable(words, retry_after=RETRY_AFTER) from None
            try:
                yield
            finally:
                self._free.release()
