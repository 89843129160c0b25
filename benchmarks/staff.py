"""`python -m benchmarks.staff`: what staff wait for, and what imports cost; kept in `docs/performance-staff.md`."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import func, select

from app.catalogue.entries import EntryTermRow
from app.catalogue.kinds.publications import PublicationRow
from app.catalogue.terms import SchemeRow, TermRow
from app.db.engine import make_engine
from app.db.schema.migrations import migrate
from app.db.sessions import Sessions
from app.staff.auth.actors import CLI
from app.staff.auth.keys import make_key
from app.staff.editing.writer import save
from app.staff.scopes import SCOPES
from benchmarks import paths, references, report
from benchmarks.client import percentiles
from benchmarks.databases import MADE_AT, ROOT, service_database, vocabularies
from benchmarks.json_client import JsonClient
from benchmarks.query_grammar import CONDITIONS, WORDS
from benchmarks.rows import PROBES, Row, Times, alone
from benchmarks.servers import Server, service

PAGE = ROOT / "docs" / "performance-staff.md"
SMALL, LARGE, CATALOGUE = 10_000, 100_000, 200_000
PATCHES, SHOWN_BY = 100, 10_000
QUESTIONS = (*WORDS, *CONDITIONS)
FORMATS = {"ris": "RIS", "json": "CSL-JSON"}

TEXT = """# Performance: staff

Measured on {day} by `make bench-staff`, which writes this page anew; SQLite, {machine}.

| what | result | required | met |
| --- | --- | --- | --- |
{table}

How it was measured:

- Files of references: `benchmarks/references.py`, made of the generated catalogue (titles of 6 to 12 words, abstracts
  of 150, one to four of {people:,} authors, a DOI, an address, keywords that are terms). `kb import FILE --publish` is
  a process of its own on a new database with the vocabularies; the time is from its start to its end, its memory is
  `VmHWM`.
- A correction: `PATCH` of the title of a published publication, then `POST …/publish`, one after the other over one
  connection, {patches} times, the two together. After each the public page is read from another process.
- A renamed term: one `PATCH`, answered when every document that shows it is written and committed.
- What readers ask, before and after: {questions} questions of `make bench` with {probes} requests each, one after the
  other over one connection, by the server's processor time: the medians, and the 99th percentiles. A change empties the
  caches.

Versions: {versions}.
"""


def main(
    quick: Annotated[bool, typer.Option(help="Imports of a tenth, a catalogue of 10,000; nothing is kept.")] = False,
    database: Annotated[
        Path | None, typer.Option(help="A database of the generated catalogue made before; it is copied.")
    ] = None,
) -> None:
    """Measure the work of staff against its requirements; ends with 1 if one is not met."""
    begun = datetime.now(UTC)
    with tempfile.TemporaryDirectory(dir=database.parent if database else None) as name:
        folder = Path(name)
        catalogue = database or service_database(SMALL if quick else CATALOGUE)
        count = SMALL if quick else CATALOGUE
        rows = summarise(at_the_desk(copied(catalogue, folder), count))
        for extension in FORMATS:
            rows += summarise(imports(folder, extension, 10 if quick else 1))
    typer.echo(f"\n{table(rows)}\n\n{report.machine()}\n{report.versions()}")
    if not quick:
        PAGE.write_text(page(rows, begun))
    raise typer.Exit(0 if all(row.met for row in rows) else 1)


def summarise(rows: Iterable[Row]) -> list[Row]:
    """Each as soon as it is measured."""
    found = []
    for row in rows:
        typer.echo(table([row]), err=True)
        found.append(row)
    return found


def table(rows: Sequence[Row]) -> str:
    return "\n".join(
        f"| {row.what} | {row.result} | {row.required} | {'yes' if row.met else '**no**'} |" for row in rows
    )


def page(rows: Sequence[Row], day: datetime) -> str:
    return TEXT.format(
        day=day.date(),
        machine=report.machine(),
        table=table(rows),
        people=LARGE // 20,
        patches=PATCHES,
        questions=len(QUESTIONS),
        probes=PROBES,
        versions=report.versions(),
    )


# --- imports


def imports(folder: Path, extension: str, part: int) -> Iterator[Row]:
    """Of a small file for its memory, then of a large one; `part` is what the sizes are divided by."""
    name, few, many = FORMATS[extension], SMALL // part, LARGE // part
    _, low, _ = measured_import(folder, extension, few)
    seconds, high, cpu = measured_import(folder, extension, many)
    rate = many / seconds
    yield Row(
        f"`kb import --publish` of {many:,} {name} records",
        "",
        "",
        f"{rate:,.0f} a second ({cpu / many * 1000:.2f} ms of processor time each)",
        "at least 500 a second",
        rate >= 500,
    )
    yield Row(
        f"its memory, {many:,} against {few:,} {name} records",
        "",
        "",
        f"{high / 2**20:.0f} MB against {low / 2**20:.0f} MB: {high / low:.2f} times",
        "at most 1.3 times",
        high <= 1.3 * low,
    )


def measured_import(folder: Path, extension: str, count: int) -> tuple[float, int, float]:
    """Seconds, bytes of memory at most, seconds of processor time; every record becomes a published entry."""
    typer.echo(f"{count:,} {FORMATS[extension]} …", err=True)
    file, database = folder / f"{count}.{extension}", folder / f"{extension}-{count}.sqlite"
    references.WRITERS[extension](file, count)
    sessions = Sessions(make_engine(f"sqlite:///{database}"))
    migrate(sessions.engine)
    with sessions.write() as session:
        save(session, list(vocabularies()), by="benchmark", now=MADE_AT)
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli.main", "import", str(file), "--publish"],
        cwd=ROOT,
        env=os.environ | {"KB_DATABASE_URL": f"sqlite:///{database}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak, cpu = watched(process)
    seconds = time.perf_counter() - began
    with sessions.read() as session:
        made = session.scalar(
            select(func.count()).select_from(PublicationRow).where(PublicationRow.status == "published")
        )
    sessions.engine.dispose()
    assert made == count, f"{made} of {count} entries are there"
    return seconds, peak, cpu


def watched(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """Until it ends: the most memory it had in bytes, and its processor time in seconds."""
    peak, cpu = 0, 0.0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
            peak = max(peak, int(status.partition("VmHWM:")[2].split()[0]) * 1024)
            cpu = time.clock_gettime((~process.pid << 3) | 2)
        except (OSError, IndexError):  # it has just ended
            break
        time.sleep(0.05)
    process.wait()
    return peak, cpu


# --- at the desk


def copied(database: Path, folder: Path) -> Path:
    copy = folder / "catalogue.sqlite"
    shutil.copy(database, copy)
    engine = make_engine(f"sqlite:///{copy}")
    migrate(engine)
    engine.dispose()
    return copy


def at_the_desk(database: Path, count: int) -> Iterator[Row]:
    key, slugs, term = prepared(f"sqlite:///{database}", min(SHOWN_BY, count // 20))
    with service(database, paths.FIRST_PAGE):
        pass  # the index is stored now: a process that has just written one goes on merging it for a while
    with (
        service(database, paths.FIRST_PAGE) as ours,
        service(database, paths.FIRST_PAGE) as others,
        opened(ours.port, key) as desk,
        opened(others.port, None) as reader,
    ):
        before = answered(ours)
        yield corrections(desk, reader, slugs, count, ours.cpu)
        yield reading(before, answered(ours), f"{len(slugs)} are corrected", 3)
        yield renaming(desk, reader, *term, ours.cpu)
        yield reading(before, answered(ours), f"a term is renamed that {term[2]:,} documents show", 10)


@contextmanager
def opened(port: int, key: str | None) -> Iterator[JsonClient]:
    desk = JsonClient(port, key)
    yield desk
    desk.close()


def prepared(url: str, shown_by: int) -> tuple[str, list[str], tuple[str, str, int]]:
    """A key, publications to correct, and the rarest term (collection, slug) that so many entries show."""
    sessions = Sessions(make_engine(url))
    with sessions.write() as session:
        _, token = make_key(session, name="Benchmark", scopes=[*SCOPES], days=1, by=CLI, now=datetime.now(UTC))
        every = select(PublicationRow.slug).order_by(PublicationRow.id)
        slugs = list(session.scalars(every.limit(PATCHES).offset(17)))
        shown = func.count()
        counted = select(SchemeRow.slug, TermRow.slug, shown).join(TermRow.scheme)
        counted = counted.join(EntryTermRow, EntryTermRow.term_id == TermRow.id).group_by(SchemeRow.slug, TermRow.slug)
        scheme, slug, entries = session.execute(counted.having(shown >= shown_by).order_by(shown).limit(1)).one()
    sessions.engine.dispose()
    return token.text, slugs, (scheme, slug, entries)


def timed(act: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def corrections(
    desk: JsonClient, reader: JsonClient, slugs: Sequence[str], count: int, cpu: Callable[[], float]
) -> Row:
    times, fresh, before = [], 0, cpu()
    for number, slug in enumerate(slugs):
        here, title = f"/v1/staff/publications/{slug}", f"A corrected title, number {number}"
        version = desk.get(here)["version"]

        def correct(here: str = here, title: str = title, version: int = version) -> None:
            patched = desk.send("PATCH", here, {"version": version, "title": title})
            desk.send("POST", f"{here}/publish", {"version": patched["version"]})

        times.append(timed(correct))
        fresh += reader.get(f"/v1/publications/{slug}")["title"] == title
    p50, p99 = percentiles(times)
    spent = (cpu() - before) / len(slugs) * 1000
    return Row(
        f"a correction published, {count:,} publications",
        "",
        "",
        f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, processor time {spent:.1f} ms (its index included); another process "
        f"showed {fresh} of {len(slugs)} at once",
        "p50 under 30 ms; all at once",
        p50 < 30 and fresh == len(slugs),
    )


def answered(server: Server) -> dict[str, Times]:
    """What readers wait for, by question."""
    return {question.what: alone(server, question.messages) for question in QUESTIONS}


def reading(before: dict[str, Times], after: dict[str, Times], what: str, limit: float) -> Row:
    """The questions that have become dearest; `limit` is for the slowest of a hundred requests: some list documents for
    the first time."""
    usual, where = max((after[each].cpu / before[each].cpu, each) for each in after)
    slow, where_slow = max((after[each].slow_cpu / before[each].slow_cpu, each) for each in after)
    return Row(
        f"what readers ask, after {what}, beside before",
        "",
        "",
        f"at most {usual:.1f} times the processor time of a request ({where}); {slow:.1f} times that of one in a "
        f"hundred ({where_slow})",
        f"at most 1.5 and {limit:g} times",
        usual <= 1.5 and slow <= limit,
    )


def renaming(
    desk: JsonClient, reader: JsonClient, scheme: str, slug: str, entries: int, cpu: Callable[[], float]
) -> Row:
    here = f"/v1/staff/vocabularies/{scheme}/terms/{slug}"
    desk.close()  # the server has given up the connection in the meantime
    version, before = desk.get(here)["version"], cpu()
    seconds = timed(lambda: desk.send("PATCH", here, {"version": version, "label": "Renamed just now"})) / 1000
    spent = cpu() - before
    reader.close()
    shown = reader.get(f"/v1/publications?{scheme}={slug}&per_page=1")["results"][0]["terms"][scheme]
    fresh = "Renamed just now" in [each["label"] for each in shown]
    seen = "showed it at once" if fresh else "did not show it"
    return Row(
        f"a renamed term that {entries:,} documents show",
        "",
        "",
        f"{seconds:.1f} s, processor time {spent:.1f} s; another process {seen}",
        "under 5 s",
        seconds < 5 and fresh,
    )


if __name__ == "__main__":
    typer.run(main)
