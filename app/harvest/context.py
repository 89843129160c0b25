"""The dependencies of the harvesting endpoints."""

import asyncio
from collections.abc import Hashable
from pathlib import Path
from typing import Final

from app.harvest.changes import ChangesPage, ChangesRequest, make_page
from app.harvest.signal import PublicationSignal
from app.kit.containers.lru_cache import LruByteCache
from app.reading.requests.urls import UrlBuilder
from app.search.index.live_index import Index

MAX_CACHED: Final = 4 * 2**20
"""Bytes of pages that are cached for equal requests at the same revision."""
OVERHEAD: Final = 2048
"""Bytes that a page takes besides its body: the query, its position, the cache entry."""


class HarvestContext:
    """One for each application; at most `max_waiting` requests may wait for a publication; `dumps` is the folder of the
    dumps."""

    def __init__(self, index: Index, urls: UrlBuilder, dumps: Path, max_waiting: int) -> None:
        self.urls = urls
        self.dumps = dumps
        self.signal = PublicationSignal(index.published_revision, max_waiting)
        self._index = index
        self._making: dict[Hashable, asyncio.Task[ChangesPage]] = {}
        self._made: LruByteCache[Hashable, ChangesPage] = LruByteCache(MAX_CACHED)

    async def page(self, request: ChangesRequest) -> ChangesPage:
        """Made once for equal requests: when something is published, a thousand waiting ones may wake at a time."""
        key = (await self._index.published_revision(), request)
        made = self._made.get(key)
        if made is not None:
            return made
        task = self._making.get(key)
        if task is None:
            task = asyncio.create_task(asyncio.to_thread(make_page, self._index, self.urls, request))
            self._making[key] = task
            task.add_done_callback(lambda _: self._making.pop(key, None))
        page = await asyncio.shield(task)
        self._made.put(key, page, len(page.body) + OVERHEAD)
        return page
