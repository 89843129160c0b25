"""How much the keys of partners are used: requests for public addresses, by key and day.

Serving such a request does not check the key. The access log notes the key afterwards; once a minute a thread of
each process looks the keys up and adds its counts.
"""

import asyncio
import hmac
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db.base import Base
from app.db.sessions import Sessions
from app.db.upsert import insert_many_or_add
from app.http.logging.access_log import LogEntry
from app.kit.tokens import Token, parse_token
from app.staff.auth.background_writer import BackgroundWriter
from app.staff.auth.keys import PREFIX, READ, KeyRow

EVERY: Final = 60.0
"""Seconds between two times that numbers are written."""
MAX_KEYS: Final = 1000
"""Different keys that are counted between two: more than that are made up."""
KEPT: Final = timedelta(days=400)
SHOWN: Final = 31
STAFF: Final = "/v1/staff"
"""Below this nothing is public."""

UsedOnDay = tuple[Token, date]


class KeyUseRow(Base):
    __tablename__ = "key_use"

    key_id: Mapped[str] = mapped_column(ForeignKey("api_key.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    """In UTC."""
    requests: Mapped[int]


def use_of(session: Session, key_id: str) -> Sequence[KeyUseRow]:
    """Of the last days on which there was any, newest first."""
    statement = select(KeyUseRow).where(KeyUseRow.key_id == key_id).order_by(KeyUseRow.day.desc()).limit(SHOWN)
    return session.scalars(statement).all()


class KeyUseCounter:
    """An observer of the access log, in the event loop."""

    def __init__(self, sessions: Sessions, writer: BackgroundWriter) -> None:
        self._sessions = sessions
        self._writer = writer
        self._counts: Counter[UsedOnDay] = Counter()
        self._is_due = False

    def observe(self, entries: Sequence[LogEntry]) -> None:
        for moment, context, _, _ in entries:
            sent = context.fields.get(b"authorization")
            if sent is not None and not context.path.startswith(STAFF):
                self._count(sent, moment)
        if self._counts and not self._is_due:
            self._schedule()

    def _count(self, sent: bytes, moment: float) -> None:
        scheme, _, text = sent.partition(b" ")
        token = parse_token(PREFIX, text.strip(b" ").decode("latin-1")) if scheme.lower() == b"bearer" else None
        if token is not None:
            used = (token, datetime.fromtimestamp(moment, UTC).date())
            if used in self._counts or len(self._counts) < MAX_KEYS:
                self._counts[used] += 1

    def _schedule(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # at the end of the process, where the rest is flushed anyway
            return
        self._is_due = True
        loop.call_later(EVERY, self.flush)

    def flush(self) -> None:
        """Have written what was counted since the last time."""
        self._is_due = False
        counts, self._counts = self._counts, Counter()
        if counts:
            self._writer.submit("the use of keys", partial(self._write, counts))

    def _write(self, counts: Counter[UsedOnDay]) -> None:
        with self._sessions.write() as session:
            add_use(session, counts)


def add_use(session: Session, counts: Mapping[UsedOnDay, int]) -> None:
    """Add the numbers of keys for reading that are known; of days long past nothing is kept."""
    rows = []
    for (token, day), number in sorted(counts.items(), key=lambda each: (each[0][0].id, each[0][1])):
        row = session.get(KeyRow, token.id)
        if row is not None and READ in row.scopes and hmac.compare_digest(row.digest, token.digest):
            rows.append({"key_id": row.id, "day": day, "requests": number})
    insert_many_or_add(session, KeyUseRow, rows, ("key_id", "day"), ("requests",))
    if counts:
        newest = max(day for _, day in counts)
        session.execute(delete(KeyUseRow).where(KeyUseRow.day < newest - KEPT))
