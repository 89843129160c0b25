"""Imports of any size: chunk by chunk, each in one transaction with the progress made.

An interrupted import continues after the last complete chunk. Nothing is created twice.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from io import BytesIO
from itertools import islice
from typing import Any, BinaryIO, Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.intake.formats.source_formats import SOURCE_FORMATS, SourceFormat
from app.intake.matching.duplicates import find_duplicates
from app.intake.matching.earlier_records import EarlierRecords
from app.intake.matching.mapping import map_records
from app.intake.matching.term_matching import TermMatcher
from app.intake.records.parsed_record import ParsedItem, ParsedRecord, RejectedRecord
from app.intake.runs.entry_creation import ImportOptions, ProposalResult, process_proposals
from app.intake.runs.models import ImportRecordRow, ImportRow, ImportState, Outcome
from app.intake.runs.serialisers import serialise_result
from app.kit.clock import Clock

CHUNK: Final = 500
"""Records of one transaction."""

RECENT: Final = 10_000
"""Records of an import, at least, that are compared as a preview compares them while it creates them, some 1.5 kB each.
Those before are found as everything in the catalogue is: nearly equal ones by the same author, not by the same name."""

Numbered = tuple[int, ParsedItem]


class ConcurrentRun(Exception):
    """Another run has already processed these records."""


def process_chunk(
    session: Session, found: Sequence[Numbered], options: ImportOptions, earlier: EarlierRecords, *, now: datetime
) -> list[ProposalResult | tuple[int, RejectedRecord]]:
    """Propose these records, and create them if the options say so; in their order. `earlier` are those of the
    same import that were processed before, to which these are added."""
    parsed_records = [(number, each) for number, each in found if isinstance(each, ParsedRecord)]
    proposals = map_records(session, parsed_records, TermMatcher.load(session), earlier.slugs)
    find_duplicates(session, proposals)
    done = process_proposals(session, proposals, options, earlier, now=now)
    by_number = {each.proposal.number: each for each in done}
    return [(number, each) if isinstance(each, RejectedRecord) else by_number[number] for number, each in found]


def new_import(
    source: SourceFormat,
    options: ImportOptions,
    *,
    digest: str,
    size: int,
    now: datetime,
    name: str | None = None,
    body: bytes | None = None,
) -> ImportRow:
    """A new import that is not stored yet. `body` is stored with it if there will be no file later."""
    return ImportRow(
        actor=options.by,
        format=source.name,
        name=name,
        digest=digest,
        source=body,
        create=options.create,
        publish=options.publish,
        similar=options.similar,
        state=ImportState.waiting,
        size=size,
        position=0,
        seen=0,
        created_at=now,
        updated_at=now,
        **dict.fromkeys(Outcome, 0),
    )


def start_import(session: Session, source: SourceFormat, options: ImportOptions, **more: Any) -> ImportRow:
    """As `new_import`, and stored."""
    row = new_import(source, options, **more)
    session.add(row)
    session.flush()
    return row


def find_unfinished(session: Session, digest: str, options: ImportOptions) -> ImportRow | None:
    """An unfinished import of the same file with the same options."""
    statement = select(ImportRow).where(
        ImportRow.digest == digest,
        ImportRow.state != ImportState.done,
        ImportRow.publish == options.publish,
        ImportRow.similar == options.similar,
        ImportRow.create,
    )
    return session.scalars(statement.order_by(ImportRow.id.desc()).limit(1)).first()


def store_results(
    session: Session, row: ImportRow, results: Sequence[ProposalResult | tuple[int, RejectedRecord]], *, now: datetime
) -> None:
    """Store the results of these records and count them."""
    values = [serialise_result(each, whole=False) | {"import_id": row.id} for each in results]
    if values:
        session.execute(insert(ImportRecordRow), values)
    count_results(row, results)
    row.updated_at = now


def count_results(row: ImportRow, results: Sequence[ProposalResult | tuple[int, RejectedRecord]]) -> None:
    """Add these records to the counts."""
    for each in results:
        outcome = Outcome.refused if isinstance(each, tuple) else each.outcome
        setattr(row, outcome, getattr(row, outcome) + 1)
    row.seen += len(results)


def finish_import(row: ImportRow, *, now: datetime) -> None:
    row.state, row.finished_at, row.updated_at = ImportState.done, now, now
    row.position, row.source = row.size, None


class CountingStream:
    """A stream that counts the bytes read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.position = 0

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        self.position += len(block)
        return block


AfterChunk = Callable[[Session, ImportRow], None]
"""Called in each chunk's transaction: to extend a lease, to show progress."""


def run_import(
    sessions: Sessions, import_id: int, stream: BinaryIO, *, clock: Clock, after_chunk: AfterChunk | None = None
) -> None:
    """From its position to the end. Raises `ConcurrentRun` if another run continues the same import."""
    with sessions.read() as session:
        row = session.get_one(ImportRow, import_id)
        seen, source, options = row.seen, SOURCE_FORMATS[row.format], options_of(row)
        if row.state == ImportState.done:
            return
    counted = CountingStream(stream)
    numbered: Iterator[Numbered] = enumerate(source.read(counted), start=1)  # type: ignore[arg-type]  # it is only read
    earlier = _replay(sessions, islice(numbered, seen), options, clock)
    while chunk := list(islice(numbered, CHUNK)):
        with sessions.write() as session:
            row = _lock_import(session, import_id, seen)
            row.state, row.position = ImportState.running, counted.position
            store_results(session, row, process_chunk(session, chunk, options, earlier, now=clock()), now=clock())
            seen = row.seen
            if options.create:
                earlier.forget(RECENT)
            if after_chunk is not None:
                after_chunk(session, row)
    with sessions.write() as session:
        row = _lock_import(session, import_id, seen)
        finish_import(row, now=clock())
        if after_chunk is not None:
            after_chunk(session, row)


def _replay(sessions: Sessions, seen: Iterator[Numbered], options: ImportOptions, clock: Clock) -> EarlierRecords:
    """Skip the processed records. The catalogue has what was created of them; what was only proposed is proposed
    again, so that duplicates among later records are found."""
    earlier = EarlierRecords()
    while chunk := list(islice(seen, CHUNK)):
        if not options.create:
            with sessions.read() as session:
                process_chunk(session, chunk, options, earlier, now=clock())
    return earlier


def _lock_import(session: Session, import_id: int, seen: int) -> ImportRow:
    row = session.get_one(ImportRow, import_id, with_for_update=True)
    if row.seen != seen or row.state == ImportState.done:
        raise ConcurrentRun("The import was continued elsewhere.")
    return row


def options_of(row: ImportRow) -> ImportOptions:
    return ImportOptions(by=row.actor, create=row.create, publish=row.publish, similar=row.similar)


def body_of(session: Session, import_id: int) -> BinaryIO:
    """The body stored with the import; empty once it is done."""
    return BytesIO(session.scalar(select(ImportRow.source).where(ImportRow.id == import_id)) or b"")
