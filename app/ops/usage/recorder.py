"""Counts in memory, written to the database once a minute in one statement, however many requests there were."""

import logging
import threading
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.db.upsert import insert_many_or_add
from app.http.logging.access_log import LogEntry
from app.kit.errors import Unavailable
from app.ops.usage.models import KEY, UsageRow
from app.ops.usage.robots import RobotDetector

EVERY: Final = 60.0
"""Seconds."""
MAX_KEYS: Final = 20_000
"""Counts in memory; what is beyond is counted without saying of what."""
MAX_SEARCHES: Final = 500
"""Different texts a day; the rest is counted without its words."""
MAX_DOCUMENTS: Final = 50_000
"""Rows a day that say of which document and format they are; the rest is counted without."""
SEARCH: Final = "search"
COUNTED: Final = frozenset({200, 304, 302})
"""A client that has the answer already shows it (COUNTER counts 304 as well); 302 is a link that leads out."""
_DAY: Final = 86_400
_EPOCH: Final = date(1970, 1, 1)
_ANNOUNCED: Final = (b"sec-purpose", b"purpose")
"""Of what a browser prefetches."""

UsageKey = tuple[str, str, str, str]
Counts = dict[UsageKey, list[int]]
"""By day, use, document and detail: by people, and by robots."""

log = logging.getLogger(__name__)


class UsageRecorder:
    """Hears what the access log hears. What could not be written is kept, and written with the next; at the end of the
    process what is left is written. Many processes add to the same rows."""

    def __init__(self, sessions: Sessions, every: float = EVERY) -> None:
        self._sessions = sessions
        self._every = every
        self._guard = threading.Lock()
        self._counts: Counts = {}
        self._robots = RobotDetector()
        self._timer: threading.Timer | None = None

    def observe(self, entries: Sequence[LogEntry]) -> None:
        with self._guard:
            for moment, context, _, _ in entries:
                use = context.use
                if use is None or context.status not in COUNTED or context.method == "HEAD":
                    continue
                fields = context.fields
                if _ANNOUNCED[0] in fields or _ANNOUNCED[1] in fields:
                    continue
                key = (_day(int(moment) // _DAY), *use)
                self._add(key, int(self._robots.is_robot(fields.get(b"user-agent"), moment)), 1)
            if self._counts and self._timer is None:
                self._start()

    def _add(self, key: UsageKey, column: int, number: int) -> None:
        counts = self._counts.get(key)
        if counts is None:
            if len(self._counts) >= MAX_KEYS:
                key = (*key[:2], "", "")
            counts = self._counts.setdefault(key, [0, 0])
        counts[column] += number

    def _start(self) -> None:
        self._timer = threading.Timer(self._every, self.flush)
        self._timer.daemon = True
        self._timer.start()

    def flush(self) -> None:
        """Write down what was counted. Raises nothing: what the database does not take waits for the next time."""
        with self._guard:
            counts, self._counts, self._timer = self._counts, {}, None
        if not counts:
            return
        try:
            with self._sessions.write() as session:
                write_counts(session, counts)
        except (SQLAlchemyError, Unavailable) as error:
            log.warning("counts of use could not be written yet: %s", type(error).__name__)
            with self._guard:
                for key, (people, robots) in counts.items():
                    self._add(key, 0, people)
                    self._add(key, 1, robots)
                if self._timer is None:
                    self._start()

    def close(self) -> None:
        self._cancel()
        self.flush()
        self._cancel()

    def _cancel(self) -> None:
        with self._guard:
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()


def write_counts(session: Session, counts: Counts) -> None:
    """In the order of their keys, so that two processes never wait for each other."""
    bounded = _bounded(session, counts)
    rows = [
        dict(zip(KEY, key, strict=True)) | {"people": people, "robots": robots}
        for key, (people, robots) in sorted(bounded.items())
    ]
    insert_many_or_add(session, UsageRow, rows, KEY, ("people", "robots"))


def _bounded(session: Session, counts: Counts) -> Counts:
    """Beyond the number of rows allowed in a day, counts are kept without their words, or without their document."""
    bounded = dict(counts)
    for day in sorted({key[0] for key in counts}):
        that_day = UsageRow.day == day
        of_day = sorted(key for key in counts if key[0] == day)
        searches = [key for key in of_day if key[1] == SEARCH and key[3]]
        documents = [key for key in of_day if key[2]]
        _fold(session, bounded, searches, MAX_SEARCHES, that_day, UsageRow.use == SEARCH, UsageRow.detail != "")
        _fold(session, bounded, documents, MAX_DOCUMENTS, that_day, UsageRow.document != "")
    return bounded


def _fold(session: Session, counts: Counts, keys: Sequence[UsageKey], most: int, *rows: ColumnElement[bool]) -> None:
    """There may be `most` of those rows; counts by keys that would make more are added to those of their use."""
    room = most - (session.scalar(select(func.count()).select_from(UsageRow).where(*rows)) or 0)
    if room >= len(keys):
        return
    columns = (UsageRow.day, UsageRow.use, UsageRow.document, UsageRow.detail)
    known = {tuple(row) for row in session.execute(select(*columns).where(*rows))}
    new = [key for key in keys if key not in known]
    for key in new[max(room, 0) :]:
        total = counts.setdefault((*key[:2], "", ""), [0, 0])
        counts[(*key[:2], "", "")] = [before + more for before, more in zip(total, counts.pop(key), strict=True)]


@lru_cache(maxsize=4)
def _day(number: int) -> str:
    return (_EPOCH + timedelta(days=number)).isoformat()
