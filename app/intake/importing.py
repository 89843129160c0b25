"""Imports of any size: chunk by chunk, each settled in one transaction with how far it got.

Whoever stops in between, stops between two chunks; whoever goes on skips what is settled. Nothing is created twice.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from io import BytesIO
from itertools import islice
from typing import Any, BinaryIO, Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.intake.creating import Settled, Wish, settle_proposals
from app.intake.duplicates import find_duplicates
from app.intake.earlier_records import EarlierRecords
from app.intake.formats import SOURCES, Source
from app.intake.proposing import propose
from app.intake.reading import Found, Reading, Refusal
from app.intake.showing import stored
from app.intake.tables import ImportRecordRow, ImportRow, ImportState, Outcome
from app.intake.vocabularies import Vocabularies
from app.kit.clock import Clock

CHUNK: Final = 500
"""Records of one transaction."""

Numbered = tuple[int, Found]


class Overtaken(Exception):
    """Somebody else has settled the records that were to be settled now."""


def settle(
    session: Session, found: Sequence[Numbered], wish: Wish, earlier: EarlierRecords, *, now: datetime
) -> list[Settled | tuple[int, Refusal]]:
    """Propose these records, and create them where that is wished; in their order. `earlier` are those of the same
    import that were settled before, to which these are added."""
    readings = [(number, each) for number, each in found if isinstance(each, Reading)]
    proposals = propose(session, readings, Vocabularies.load(session), earlier.slugs)
    find_duplicates(session, proposals)
    done = settle_proposals(session, proposals, wish, earlier, now=now)
    by_number = {each.proposal.number: each for each in done}
    return [(number, each) if isinstance(each, Refusal) else by_number[number] for number, each in found]


def made(
    source: Source,
    wish: Wish,
    *,
    digest: str,
    size: int,
    now: datetime,
    name: str | None = None,
    body: bytes | None = None,
) -> ImportRow:
    """A new import, nowhere kept. `body` belongs to it where no file will be there later."""
    return ImportRow(
        actor=wish.by,
        format=source.name,
        name=name,
        digest=digest,
        source=body,
        create=wish.create,
        publish=wish.publish,
        similar=wish.similar,
        state=ImportState.waiting,
        size=size,
        position=0,
        seen=0,
        created_at=now,
        updated_at=now,
        **dict.fromkeys(Outcome, 0),
    )


def begin(session: Session, source: Source, wish: Wish, **more: Any) -> ImportRow:
    """As `made`, and kept."""
    row = made(source, wish, **more)
    session.add(row)
    session.flush()
    return row


def unfinished(session: Session, digest: str, wish: Wish) -> ImportRow | None:
    """An import of the same file with the same wish, that was begun and not ended."""
    statement = select(ImportRow).where(
        ImportRow.digest == digest,
        ImportRow.state != ImportState.done,
        ImportRow.publish == wish.publish,
        ImportRow.similar == wish.similar,
        ImportRow.create,
    )
    return session.scalars(statement.order_by(ImportRow.id.desc()).limit(1)).first()


def keep(session: Session, row: ImportRow, settled: Sequence[Settled | tuple[int, Refusal]], *, now: datetime) -> None:
    """Write down what became of these records, and that they are settled."""
    values = [stored(each, whole=False) | {"import_id": row.id} for each in settled]
    if values:
        session.execute(insert(ImportRecordRow), values)
    count(row, settled)
    row.updated_at = now


def count(row: ImportRow, settled: Sequence[Settled | tuple[int, Refusal]]) -> None:
    """Add these records to the counts."""
    for each in settled:
        outcome = Outcome.refused if isinstance(each, tuple) else each.outcome
        setattr(row, outcome, getattr(row, outcome) + 1)
    row.seen += len(settled)


def finish(row: ImportRow, *, now: datetime) -> None:
    row.state, row.finished_at, row.updated_at = ImportState.done, now, now
    row.position, row.source = row.size, None


class Counted:
    """A stream that knows how many bytes were read of it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.position = 0

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        self.position += len(block)
        return block


Also = Callable[[Session, ImportRow], None]
"""What a chunk's transaction does as well: extend a lease, show progress."""


def run(sessions: Sessions, import_id: int, stream: BinaryIO, *, clock: Clock, also: Also | None = None) -> None:
    """From where it stands to the end. Raises `Overtaken` where two go on with one import."""
    with sessions.read() as session:
        row = session.get_one(ImportRow, import_id)
        seen, source, wish = row.seen, SOURCES[row.format], wish_of(row)
        if row.state == ImportState.done:
            return
    counted = Counted(stream)
    numbered: Iterator[Numbered] = enumerate(source.read(counted), start=1)  # type: ignore[arg-type]
    earlier = _again(sessions, islice(numbered, seen), wish, clock)
    while chunk := list(islice(numbered, CHUNK)):
        with sessions.write() as session:
            row = _held(session, import_id, seen)
            row.state, row.position = ImportState.running, counted.position
            keep(session, row, settle(session, chunk, wish, earlier, now=clock()), now=clock())
            seen = row.seen
            if also is not None:
                also(session, row)
    with sessions.write() as session:
        row = _held(session, import_id, seen)
        finish(row, now=clock())
        if also is not None:
            also(session, row)


def _again(sessions: Sessions, seen: Iterator[Numbered], wish: Wish, clock: Clock) -> EarlierRecords:
    """What is settled is passed over. The catalogue knows what was created of it; what was only proposed is proposed
    again, or later records would be told that nothing is like them."""
    earlier = EarlierRecords()
    while chunk := list(islice(seen, CHUNK)):
        if not wish.create:
            with sessions.read() as session:
                settle(session, chunk, wish, earlier, now=clock())
    return earlier


def _held(session: Session, import_id: int, seen: int) -> ImportRow:
    row = session.get_one(ImportRow, import_id, with_for_update=True)
    if row.seen != seen or row.state == ImportState.done:
        raise Overtaken("The import went on elsewhere.")
    return row


def wish_of(row: ImportRow) -> Wish:
    return Wish(by=row.actor, create=row.create, publish=row.publish, similar=row.similar)


def body_of(session: Session, import_id: int) -> BinaryIO:
    """What was kept with the import; empty once it is done."""
    return BytesIO(session.scalar(select(ImportRow.source).where(ImportRow.id == import_id)) or b"")
