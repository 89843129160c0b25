"""The published revision: how far the documents have come, and in which past.

Every transaction that changes documents appends one row here, with a number drawn by chance. After a backup was
restored and written to, the same revision has another number: its past is another one, and nothing that was made from
the lost one holds any more.
"""

import secrets
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final, NamedTuple

from sqlalchemy import BigInteger, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db.base import Base
from app.db.upsert import insert_or_ignore

PUBLISHED: Final = "published"
"""In the `info` of a session that changed documents."""
BITS: Final = 63
"""Of a random number; both databases keep integers of 64 bits with a sign."""


class PublishedRevision(NamedTuple):
    """`number` is that of the last revision that changed a document, `epoch` distinguishes it from the same number
    of another history, as after a restored backup."""

    number: int
    epoch: int

    @property
    def epoch_text(self) -> str:
        """The epoch as readers see it."""
        return f"{self.epoch:016x}"


NOTHING_PUBLISHED: Final = PublishedRevision(0, 0)


class PublishedRevisionRow(Base):
    """One transaction that changed documents, by the newest revision among them. Never altered."""

    __tablename__ = "published_revision"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[int] = mapped_column(BigInteger)


_COLUMNS = (PublishedRevisionRow.number, PublishedRevisionRow.epoch)
LATEST = select(*_COLUMNS).order_by(PublishedRevisionRow.number.desc()).limit(1)


def published_revision(session: Session) -> PublishedRevision:
    """Where the documents are now; `NOTHING_PUBLISHED` when nothing ever was."""
    row = session.execute(LATEST).one_or_none()
    return NOTHING_PUBLISHED if row is None else PublishedRevision(*row)


def published_number(session: Session) -> int:
    """Number of the last revision that changed a document; 0 when nothing was ever published."""
    return session.scalar(select(func.max(PublishedRevisionRow.number))) or 0


def note_published(session: Session, number: int) -> None:
    """The documents changed with this revision. Once for each transaction: later calls with a number change nothing."""
    session.info[PUBLISHED] = True
    row = {"number": number, "epoch": secrets.randbits(BITS)}
    session.execute(insert_or_ignore(session, PublishedRevisionRow, "number"), row)


class RevisionHistory:
    """The published revisions of one past, in order. It only grows, so snapshots share it."""

    def __init__(self) -> None:
        self._numbers = array("q")
        self._epochs = array("q")

    def extend(self, revisions: Iterable[PublishedRevision]) -> None:
        for number, epoch in revisions:
            self._epochs.append(epoch)  # first: who finds a number finds its epoch
            self._numbers.append(number)

    def holds(self, revision: PublishedRevision) -> bool:
        """Whether this was ever published in this past."""
        if revision == NOTHING_PUBLISHED:
            return True
        place = bisect_left(self._numbers, revision.number)
        found = place < len(self._numbers) and self._numbers[place] == revision.number
        return found and self._epochs[place] == revision.epoch


def published_since(session: Session, number: int) -> list[PublishedRevision]:
    """The published revisions after `number`, in order."""
    rows = session.execute(select(*_COLUMNS).where(PublishedRevisionRow.number > number).order_by(_COLUMNS[0]))
    return [PublishedRevision(*row) for row in rows]


def is_published(session: Session, revision: PublishedRevision) -> bool:
    """Whether the database has this revision in its past."""
    if revision == NOTHING_PUBLISHED:
        return True
    epoch = session.scalar(select(PublishedRevisionRow.epoch).where(PublishedRevisionRow.number == revision.number))
    return epoch == revision.epoch
