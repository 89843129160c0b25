"""What partners take: pages of changes and of OAI-PMH at both ends of a large catalogue, dumps, clients that wait, and
webhooks; kept in `docs/performance-partners.md`.

python -m benchmarks.partners --documents 200000 --clients 2000
"""

import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from sqlalchemy import func, insert, select

from app.config.settings import Settings
from app.db.base import table_of
from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.documents.revisions import PublishedRevisionRow
from app.documents.store import DocumentRow, DocumentState
from app.harvest.changes import ChangesRequest, make_page
from app.harvest.dumps import make_dump
from app.harvest.oai.repository import Repository
from app.harvest.positions import Position
from app.kit.clock import rfc3339, utc_now
from app.main import Service, create_app
from app.ops.index_process import write_index
from app.reading.requests.urls import UrlBuilder
from benchmarks import mirror_load, waiting_clients, webhook_load
from benchmarks.databases import ROOT, in_batches, service_database
from benchmarks.report import machine

PAGE = ROOT / "docs" / "performance-partners.md"
COPIED = 2_000
"""Documents that a large catalogue is made of, each many times."""
ROUNDS = 20
Rows = list[tuple[str, str]]


def main(
    documents: Annotated[int, typer.Option(help="How many the catalogue has.")] = 200_000,
    clients: Annotated[int, typer.Option(help="How many wait.")] = 2_000,
    messages: Annotated[int, typer.Option(help="Messages to webhooks.")] = 1_000,
) -> None:
    """Prints the table, and writes the page."""
    rows: Rows = []
    with large_catalogue(documents) as url, tempfile.TemporaryDirectory(prefix="kb-index-") as index:
        write_index(url, Path(index))  # no start waits for one to be made
        with closing(create_app(settings_of(url, index_directory=index))) as service:
            rows += pages(service, documents)
            rows += dump(service, documents)
        rows += mirror_load.measured(url, Path(index), documents)
    rows += waiting_clients.measured(clients)
    rows += webhook_load.measured(messages)
    table = "\n".join(["| what | measured |", "| --- | --- |", *(f"| {what} | {value} |" for what, value in rows)])
    print(table)
    PAGE.write_text(text_of(table), encoding="utf-8")


def text_of(table: str) -> str:
    return f"""# Performance: partners

Measured on {datetime.now(UTC):%Y-%m-%d} by `make bench-partners`, which writes this page anew, on {machine()}.
Other work on the machine disturbs times on the clock; processor time it disturbs least.

{table}

- A dump is made as NDJSON and as N-Triples; its size is that of the first.
- The large catalogue has {COPIED:,} generated publications many times over, each with a revision of its own. A page has
  100 records; of {ROUNDS} the median counts, by processor time.
- The mirror is the first copy, a file a document, from a server on the same machine; processor time of the client.
- Clients wait on connections of their own, five from each address, at a server of one process on SQLite; the clock
  runs from the commit until the last of them has read the change.
- Messages to webhooks go over real connections to a receiver on the same machine that verifies nothing; two worker
  processes with a thread each.
"""


def settings_of(url: str, **more: object) -> Settings:
    given = {"database_url": url, "access_log": False, "index_directory": tempfile.mkdtemp(prefix="kb-index-"), **more}
    return Settings(_env_file=None, **given)  # type: ignore[arg-type]  # the types are those of the settings


@contextmanager
def large_catalogue(documents: int) -> Iterator[str]:
    """A copy of a small one, whose documents are copied until there are enough."""
    with tempfile.TemporaryDirectory(prefix="kb-partners-") as folder:
        path = Path(folder) / "large.sqlite"
        shutil.copyfile(service_database(COPIED), path)
        engine = make_engine(f"sqlite:///{path}")
        multiply(Sessions(engine), documents)
        engine.dispose()
        yield f"sqlite:///{path}"


def multiply(sessions: Sessions, documents: int) -> None:
    table = table_of(DocumentRow)
    with sessions.read() as session:
        live = table.c.state == DocumentState.live, table.c.collection == "publications"
        originals = [dict(row) for row in session.execute(select(table).where(*live)).mappings()]
        ident, source, revision = (
            session.scalar(select(func.max(column))) or 0 for column in (table.c.id, table.c.source, table.c.revision)
        )

    def copies() -> Iterator[dict[str, object]]:
        for number in range(1, documents - len(originals) + 1):
            row = originals[number % len(originals)]
            slug, uuid = f"{row['slug'][:60]}-{number}", f"{number:08x}-0000-7000-8000-000000000000"
            modified = row["modified"] + timedelta(seconds=number)
            body = row["body"].replace(row["slug"], slug).replace(row["uuid"], uuid)
            body = body.replace(rfc3339(row["modified"]), rfc3339(modified))
            place = {"id": ident + number, "source": source + number, "slug": slug, "uuid": uuid}
            at = {"revision": revision + number, "first_revision": revision + number}
            yield {**row, **place, **at, "modified": modified, "body": body}

    for some in in_batches(copies()):
        with sessions.write() as session:
            session.execute(insert(table), some)
            published = [{"number": each["revision"], "epoch": 1} for each in some]
            session.execute(insert(table_of(PublishedRevisionRow)), published)


def pages(service: Service, documents: int) -> Rows:
    """At the start and at the end of all."""
    urls = UrlBuilder(service.settings.base)
    last = service.index.current_snapshot().revision.number
    rows: Rows = []
    for name, since in (("start", 0), ("end", last - 150)):
        request = ChangesRequest(Position(since, since), str(since), 100)
        spent = cpu(lambda arguments=request: make_page(service.index, urls, arguments))  # type: ignore[misc]  # a default binds the request of this turn
        rows.append((f"page of changes at the {name} of {documents:,}", f"{spent * 1000:.1f} ms"))
    repository = Repository(
        "Benchmark",
        UrlBuilder(service.settings.base),
        "admin@example.org",
        "https://spdx.org/licenses/CC-BY-4.0",
        utc_now,
    )
    with service.sessions.read() as session:
        newest = session.scalars(select(DocumentRow.modified).order_by(DocumentRow.modified.desc()).limit(1)).one()
    for name, more in (("start", ()), ("end", (("from", rfc3339(newest - timedelta(seconds=150))),))):
        arguments = [("verb", "ListRecords"), ("metadataPrefix", "oai_dc"), *more]

        def respond(pairs: list[tuple[str, str]] = arguments) -> None:
            with service.index.open_view() as view:
                repository.respond(view, pairs)

        rows.append((f"page of OAI-PMH at the {name} of {documents:,}", f"{cpu(respond) * 1000:.1f} ms"))
    return rows


def cpu(act: Callable[[], object]) -> float:
    """Median of the seconds of processor time."""
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        act()
        found.append(time.process_time() - began)
    return median(found)


def dump(service: Service, documents: int) -> Rows:
    urls = UrlBuilder(service.settings.base)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        made = make_dump(service.sessions, Path(folder), urls, now=datetime.now(UTC))
        spent = time.process_time() - began
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    if made is None:
        raise RuntimeError("nothing was published")
    size = f"{made.size / 2**20:.0f} MB"
    speed = f"{made.documents / spent:,.0f} records/s"
    return [(f"dump of {documents:,}, in both of its formats", f"{speed}; {size}; {more:.0f} MB more memory")]


if __name__ == "__main__":
    typer.run(main)
