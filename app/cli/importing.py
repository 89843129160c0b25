"""`kb import`: a file of references into the catalogue, with a progress bar."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from os import SEEK_END
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cli.opening import err, fail, files_in_reach, out, read_settings, ready
from app.db.sessions import Sessions
from app.intake.creating import Wish
from app.intake.foreign import TELLING, foreign_kind
from app.intake.formats import BY_EXTENSION, SOURCES, Source, recognised
from app.intake.importing import Also, Overtaken, begin, run, unfinished
from app.intake.tables import ImportRecordRow, ImportRow, Outcome
from app.kit.clock import utc_now
from app.kit.garbage import kept_for_good
from app.staff.actors import CLI

REFUSALS = 20
"""Lines of refused records that are shown."""


def import_file(
    file: Annotated[Path, typer.Argument(help="BibTeX, BibLaTeX, RIS, CSL-JSON or CSV.")],
    format: Annotated[
        str | None, typer.Option(help="bibtex, ris, csl or csv, where the file does not show it.")
    ] = None,
    publish: Annotated[bool, typer.Option("--publish", help="Publish at once, instead of making drafts.")] = False,
    similar: Annotated[bool, typer.Option("--similar", help="Create also what is like what is there.")] = False,
) -> None:
    """Import a file of references. What is there already is left out; what was cut off is gone on with."""
    if publish and read_settings().four_eyes:
        fail("--publish: with KB_FOUR_EYES somebody else has to publish. Import drafts instead.")
    wish = Wish(by=CLI.name, publish=publish, similar=similar)
    with files_in_reach(), file.open("rb") as stream:
        source = _source(file, format, *_ends(stream))
        stream.seek(0)
        digest = file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        with ready() as sessions:
            with kept_for_good():
                ident = _begun(sessions, source, wish, file, digest)
            with _bar() as progress:
                try:
                    run(sessions, ident, stream, clock=utc_now, also=progress)
                except Overtaken as error:
                    fail(str(error))
            with sessions.read() as session:
                _tell(session, session.get_one(ImportRow, ident))


def _ends(stream: BinaryIO) -> tuple[bytes, bytes]:
    """Its first bytes and its last."""
    start = stream.read(TELLING)
    stream.seek(max(0, stream.seek(0, SEEK_END) - TELLING))
    return start, stream.read()


def _source(file: Path, given: str | None, start: bytes, end: bytes) -> Source:
    foreign = foreign_kind(start, end)
    if foreign is not None:
        fail(f"{file}: {foreign}")
    if given is not None and given not in SOURCES:
        fail(f"--format: one of {', '.join(SOURCES)} is wanted.")
    source = SOURCES[given] if given else BY_EXTENSION.get(file.suffix.lower().lstrip(".")) or recognised(start[:4000])
    return source or fail(f"{file}: say the --format: {', '.join(SOURCES)}.")


def _begun(sessions: Sessions, source: Source, wish: Wish, file: Path, digest: str) -> int:
    """The number of the import, which goes on where it was cut off."""
    with sessions.write() as session:
        row = unfinished(session, digest, wish)
        if row is not None:
            out.print(f"Going on after record {row.seen}.")
            return row.id
        size = file.stat().st_size
        made = begin(session, source, wish, digest=digest, size=size, now=utc_now(), name=file.name[:200])
        return made.id


@contextmanager
def _bar() -> Iterator[Also]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err) as progress:
        task = progress.add_task("importing", total=None)

        def show(_: Session, row: ImportRow) -> None:
            said = f"{row.created} created, {row.duplicate} there already, {row.refused} refused"
            progress.update(task, total=max(row.size, 1), completed=row.position or row.size, description=said)

        yield show


def _tell(session: Session, row: ImportRow) -> None:
    table = Table("outcome", "how many")
    for outcome in (Outcome.created, Outcome.duplicate, Outcome.refused):
        table.add_row(outcome, str(getattr(row, outcome)))
    out.print(table)
    refused = select(ImportRecordRow).where(
        ImportRecordRow.import_id == row.id, ImportRecordRow.outcome == Outcome.refused
    )
    for each in session.scalars(refused.order_by(ImportRecordRow.number).limit(REFUSALS)):
        reasons = " ".join(each.shown["reasons"])
        err.print(f"{row.name}:{each.shown['line']}: {reasons}", style="yellow", markup=False, soft_wrap=True)
    if row.refused > REFUSALS:
        err.print(f"… and {row.refused - REFUSALS} more: /v1/staff/imports/{row.id} lists them.", style="yellow")
