"""Small writes that no request waits for, one after the other, and no more waiting than can be caught up with."""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from app.kit.errors import Unavailable

MAX_COUNT: Final = 500

log = logging.getLogger(__name__)


class BackgroundWriter:
    """Beyond `most` that wait, a write is dropped. The log says so once, and how many of each sort they were as soon as
    the others are done."""

    def __init__(self, name: str, most: int = MAX_COUNT) -> None:
        self._most = most
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._guard = threading.Lock()
        self._waiting = 0
        self._dropped: Counter[str] = Counter()
        self._is_closing = False

    def submit(self, sort: str, write: Callable[[], None]) -> None:
        """`sort` is what the log calls it."""
        with self._guard:
            if self._waiting < self._most:
                self._waiting += 1
                self._thread.submit(self._run, sort, write)
                return
            is_first = not self._dropped
            self._dropped[sort] += 1
        if is_first:
            log.warning("%d notes wait for the database: what comes now is dropped, and counted", self._most)

    def _run(self, sort: str, write: Callable[[], None]) -> None:
        try:
            write()
        except (SQLAlchemyError, Unavailable) as error:
            log.warning("%s could not be written: %s", sort, type(error).__name__)
            if self._is_closing:
                self._drop_all()
        with self._guard:
            self._waiting -= 1
            done = self._waiting == 0
        if done:
            self._log_dropped()

    def _drop_all(self) -> None:
        """Nobody waits at the end for a database that does not write."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        with self._guard:
            self._dropped["of several sorts"] += self._waiting - 1
            self._waiting = 1

    def _log_dropped(self) -> None:
        with self._guard:
            dropped, self._dropped = +self._dropped, Counter()
        if dropped:
            sorts = ", ".join(f"{sort}: {count}" for sort, count in sorted(dropped.items()))
            log.warning("notes that were not written down, because the database did not write: %s", sorts)

    def close(self) -> None:
        """Waits for what is still to be written, as long as it can be."""
        self._is_closing = True
        self._thread.shutdown()
