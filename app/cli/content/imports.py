"""`kb import`: a file of references into the catalogue, with a progress bar."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from io import BufferedReader, BytesIO
from os import SEEK_END
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cli.context import err, fail, migrated_database, out, read_settings, report_file_errors
from app.db.sessions import Sessions
from app.intake.formats.source_formats import BY_EXTENSION, SOURCE_FORMATS, SourceFormat, detect_format
from app.intake.formats.unsupported_files import SIGNATURE_BYTES, unsupported_kind
from app.intake.formats.workbook import WorkbookError, is_workbook, read_workbook
from app.intake.runs.draft_publication import EarlierDrafts, publish_earlier_drafts
from app.intake.runs.entry_creation import ImportOptions
from app.intake.runs.models import ImportRecordRow, ImportRow, Outcome
from app.intake.runs.runner import AfterChunk, ConcurrentRun, find_unfinished, run_import, start_import
from app.kit.clock import utc_now
from app.kit.system.gc_tuning import gc_frozen
from app.staff.auth.actors import CLI

MAX_REJECTED_SHOWN = 20
"""Lines of refused records that are shown."""


def import_file(
    file: Annotated[Path, typer.Argument(help="BibTeX, BibLaTeX, RIS, CSL-JSON, CSV or a workbook (XLSX).")],
    format: Annotated[str | None, typer.Option(help="bibtex, ris, csl or csv; detected by default.")] = None,
    publish: Annotated[
        bool,
        typer.Option("--publish", help="Publish at once, including the drafts from an earlier import of this file."),
    ] = False,
    similar: Annotated[
        bool, typer.Option("--similar", help="Also create records that resemble existing entries.")
    ] = False,
) -> None:
    """Import a file of references. Duplicates are skipped; an interrupted import is resumed."""
    if publish and read_settings().four_eyes:
        fail("--publish: with KB_FOUR_EYES somebody else must publish. Import drafts instead.")
    options = ImportOptions(by=CLI.name, publish=publish, similar=similar)
    with report_file_errors(), _opened(file) as stream:
        source = _source(file, format, *_ends(stream))
        stream.seek(0)
        digest = file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        with migrated_database() as sessions:
            with gc_frozen():
                ident = _start(sessions, source, options, file, stream, digest)
            with _bar() as progress:
                try:
                    run_import(sessions, ident, stream, clock=utc_now, after_chunk=progress)
                except ConcurrentRun as error:
                    fail(str(error))
            if publish:
                _publish_drafts(sessions, digest)
            with sessions.read() as session:
                _print_summary(session, session.get_one(ImportRow, ident))


def _opened(file: Path) -> BufferedReader | BytesIO:
    """The file, or the table in it if it is a workbook."""
    stream = file.open("rb")
    start, end = _ends(stream)
    stream.seek(0)
    if not is_workbook(start + end):
        return stream
    with stream:
        try:
            return BytesIO(read_workbook(stream.read()))
        except WorkbookError as error:
            fail(f"{file}: {error}")


def _ends(stream: BinaryIO) -> tuple[bytes, bytes]:
    """Its first bytes and its last."""
    start = stream.read(SIGNATURE_BYTES)
    stream.seek(max(0, stream.seek(0, SEEK_END) - SIGNATURE_BYTES))
    return start, stream.read()


def _source(file: Path, given: str | None, start: bytes, end: bytes) -> SourceFormat:
    foreign = unsupported_kind(start, end)
    if foreign is not None:
        fail(f"{file}: {foreign}")
    if given is not None and given not in SOURCE_FORMATS:
        fail(f"--format must be one of {', '.join(SOURCE_FORMATS)}.")
    source = (
        SOURCE_FORMATS[given]
        if given
        else BY_EXTENSION.get(file.suffix.lower().lstrip(".")) or detect_format(start[:4000])
    )
    return source or fail(f"{file}: the format is not recognised. Give --format: {', '.join(SOURCE_FORMATS)}.")


def _start(
    sessions: Sessions, source: SourceFormat, options: ImportOptions, file: Path, stream: BinaryIO, digest: str
) -> int:
    """The number of the import, which goes on where it was cut off."""
    with sessions.write() as session:
        row = find_unfinished(session, digest, options)
        if row is not None:
            out.print(f"Resuming after record {row.seen}.")
            return row.id
        size = stream.seek(0, SEEK_END)
        stream.seek(0)
        made = start_import(session, source, options, digest=digest, size=size, now=utc_now(), name=file.name[:200])
        return made.id


@contextmanager
def _bar() -> Iterator[AfterChunk]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err) as progress:
        task = progress.add_task("importing", total=None)

        def show(_: Session, row: ImportRow) -> None:
            message = f"{row.created} created, {row.duplicate} already present, {row.refused} refused"
            progress.update(task, total=max(row.size, 1), completed=row.position or row.size, description=message)

        yield show


def _publish_drafts(sessions: Sessions, digest: str) -> None:
    with Progress(TextColumn("{task.description}"), BarColumn(), console=err, transient=True) as progress:
        task = progress.add_task("drafts of an earlier import", total=None)

        def show(found: EarlierDrafts) -> None:
            progress.update(task, description=f"{found.published} draft(s) of an earlier import published")

        found = publish_earlier_drafts(sessions, digest, by=CLI.name, clock=utc_now, after_chunk=show)
    _print_drafts(found)


def _print_drafts(found: EarlierDrafts) -> None:
    """What an earlier import of the same file left, and what became of it."""
    earlier = "of an earlier import of this file"
    if found.published:
        out.print(f"{found.published} draft(s) {earlier} are published now.", soft_wrap=True)
    if found.changed:
        err.print(f"{found.changed} draft(s) {earlier} were worked on since, and are not published.", soft_wrap=True)
    if found.refused:
        err.print(f"{found.refused} draft(s) {earlier} cannot be published, and stay drafts.", soft_wrap=True)
    for address, reasons in found.reasons.items():
        err.print(f"{address}: {' '.join(reasons)}", style="yellow", markup=False, soft_wrap=True)
    left = found.changed + found.refused - len(found.reasons)
    if left:
        err.print(f"… and {left} more.", style="yellow")


def _print_summary(session: Session, row: ImportRow) -> None:
    table = Table("outcome", "how many")
    for outcome in (Outcome.created, Outcome.duplicate, Outcome.refused):
        table.add_row(outcome, str(getattr(row, outcome)))
    out.print(table)
    refused = select(ImportRecordRow).where(
        ImportRecordRow.import_id == row.id, ImportRecordRow.outcome == Outcome.refused
    )
    for each in session.scalars(refused.order_by(ImportRecordRow.number).limit(MAX_REJECTED_SHOWN)):
        reasons = " ".join(each.shown["reasons"])
        err.print(f"{row.name}:{each.shown['line']}: {reasons}", style="yellow", markup=False, soft_wrap=True)
    if row.refused > MAX_REJECTED_SHOWN:
        err.print(f"… and {row.refused - MAX_REJECTED_SHOWN} more: see /v1/staff/imports/{row.id}.", style="yellow")
