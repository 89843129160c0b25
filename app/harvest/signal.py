"""Waiting for something to be published: one look at the revision for all who wait, and one wake-up a commit."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context
from typing import Final

from starlette.types import Receive

from app.documents.revisions import PublishedRevision
from app.http.concurrency_limits import ConcurrencyLimiter
from app.http.readers import Pool
from app.kit.errors import Unavailable

INTERVAL: Final = 0.2
"""Seconds between two looks."""
PER_CLIENT: Final = {Pool.anonymous: 5, Pool.polite: 10, Pool.partner: 20}
"""Requests of one client that may wait at a time."""


class PublicationSignal:
    """`read` gives the published revision; at most `most` requests wait. For one event loop."""

    def __init__(self, read: Callable[[], Awaitable[PublishedRevision]], most: int, interval: float = INTERVAL) -> None:
        self.places = ConcurrencyLimiter("waits", "requests that wait", most, PER_CLIENT)
        self._read = read
        self._interval = interval
        self._events: dict[PublishedRevision, asyncio.Event] = {}
        self._looking: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Requests that wait now."""
        return self.places.taken

    async def wait(self, known: PublishedRevision, seconds: float, receive: Receive) -> bool:
        """Until something else than `known` is published, the time is over, or the client has gone; returns whether it
        has."""
        published = self._events.setdefault(known, asyncio.Event())
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), context=Context())
        tasks = [asyncio.create_task(published.wait()), asyncio.create_task(_hung_up(receive))]
        try:
            done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return tasks[1] in done

    async def _look(self) -> None:
        """As long as anybody waits, in a context of its own: no request's assumptions hold for the others."""
        while self.waiting:
            with suppress(Unavailable):  # waiting clients are released when the time is over
                now = await self._read()
                for known in [each for each in self._events if each != now]:
                    self._events.pop(known).set()
            await asyncio.sleep(self._interval)
        self._events.clear()


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
