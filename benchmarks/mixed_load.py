"""`python -m benchmarks.mixed_load`: readers of all sorts while staff publish once a second, on SQLite and PostgreSQL,
with one process and with two; kept in `docs/performance-mixed-load.md`."""

import shutil
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from random import Random
from threading import Event
from typing import Annotated, Final

import typer

from app.db.engine import make_engine
from app.ops.database.database_copy import copy_database
from benchmarks import client, paths, report
from benchmarks.databases import ROOT, service_database
from benchmarks.generate import SEED
from benchmarks.json_client import JsonClient
from benchmarks.load import CONNECTIONS, LoadFailed
from benchmarks.rows import SMALL, Row
from benchmarks.servers import Server, service_on
from benchmarks.staff import prepared
from tests.databases import ENGINES, start

PAGE = ROOT / "docs" / "performance-mixed-load.md"
DIFFERENT: Final = 10_000
"""URLs."""
SHARES: Final = {"lists and searches": 80, "entries": 15, "exports": 5}
EXPORTED: Final = 100
"""Records of an export, at most."""
SECONDS: Final = 10.0
"""Of a run."""
EVERY: Final = 1.0
"""Seconds from one publishing to the next."""
ROUNDS: Final = 3
SHARE_OF_CAPACITY: Final = 0.5
"""Of the requests a second that one process answers under full load, how many are sent for the percentiles: where every
connection sends at once again, the percentiles tell the number of connections."""

TEXT = """# Performance of mixed load

Measured on {day} by `make bench-mixed-load`; every full run writes this page anew. {machine}.

{table}

How it was measured:

- A generated catalogue of {count:,} publications. {different:,} different URLs in mixed order: {shares}; an export has
  at most {exported} records. {connections} connections a process, {seconds:g} s a run, {rounds} rounds. The percentiles
  are of lists, searches and entries.
- What a process can do: each connection sends when its last answer has come, so p50 is little but the time in that
  queue.
- {share:.0%} of it: requests fall due at random times (a Poisson process), whatever the service does. One that finds no
  connection free waits, and its time counts from when it was due.
- Publishing: once a second a title is corrected and published through the API of the first process. Each empties the
  caches of all processes.
- Two processes share the database and nothing else; each has clients of its own. What sends the requests shares the
  machine's cores with them, so requests a second say little about two processes: the processor time of a request does.
- PostgreSQL runs with `fsync` off, as the tests do; SQLite waits for the disk.

Versions: {versions}.
"""


@dataclass(frozen=True)
class Result:
    """Milliseconds: percentiles of lists, searches and entries, and processor time a request."""

    p50: float
    p99: float
    cost: float
    rate: float
    """Requests a second, of all processes."""


def main(
    quick: Annotated[bool, typer.Option(help="One round of 3 s; nothing is kept.")] = False,
) -> None:
    """Ends with 1 if a requirement is not met."""
    seconds, rounds = (3.0, 1) if quick else (SECONDS, ROUNDS)
    rows = [row for engine in ENGINES for row in measured(engine, seconds, rounds)]
    table = report.table(rows)
    typer.echo(f"\n{table}\n\n{report.machine()}\n{report.versions()}")
    if not quick:
        PAGE.write_text(page(table))
    raise typer.Exit(0 if all(row.met is not False for row in rows) else 1)


def page(table: str) -> str:
    return TEXT.format(
        day=datetime.now(UTC).date(),
        machine=report.machine(),
        table=table,
        count=SMALL,
        different=DIFFERENT,
        shares=", ".join(f"{share} % {name}" for name, share in SHARES.items()),
        exported=EXPORTED,
        connections=CONNECTIONS,
        share=SHARE_OF_CAPACITY,
        seconds=SECONDS,
        rounds=ROUNDS,
        versions=report.versions(),
    )


@contextmanager
def catalogue_on(engine: str) -> Iterator[str]:
    """The URL of a catalogue of one's own."""
    made = service_database(SMALL)
    if engine == "sqlite":
        with tempfile.TemporaryDirectory(dir=made.parent) as folder:
            copy = Path(folder) / "catalogue.sqlite"
            shutil.copy(made, copy)
            yield f"sqlite:///{copy}"
        return
    server = start(engine)
    try:
        url = server.create("catalogue")
        source, target = make_engine(f"sqlite:///{made}"), make_engine(url)
        copy_database(source, target)
        source.dispose()
        target.dispose()
        yield url
    finally:
        server.stop()


def measured(engine: str, seconds: float, rounds: int) -> Iterator[Row]:
    """In each round the four loads come one after the other, so that a drift of the machine meets them all."""
    full, two, calm, busy = [], [], [], []
    urls = mixed()
    with catalogue_on(engine) as url, ExitStack() as stack:
        key, slugs, _ = prepared(url, 1)
        servers = [stack.enter_context(service_on(url, f"{engine}-{number}", paths.FIRST_PAGE)) for number in range(2)]
        staff = JsonClient(servers[0].port, key)
        titles = cycle(slugs)
        for _ in range(rounds):
            with publishing(staff, titles):
                full.append(loaded(servers[:1], urls, seconds))
                two.append(loaded(servers, urls, seconds))
            rate = full[-1].rate * SHARE_OF_CAPACITY
            calm.append(loaded(servers[:1], urls, seconds, rate))
            with publishing(staff, titles):
                busy.append(loaded(servers[:1], urls, seconds, rate))
        staff.close()
    quiet, published, one, both = map(typical, (calm, busy, full, two))
    yield Row(
        f"{engine}: lists, searches and entries of a mixed load while staff publish once a second, "
        f"{SHARE_OF_CAPACITY:.0%} of what a process can do",
        summary(published),
        f"without publishing: {summary(quiet)}",
        f"p99 {published.p99:.1f} ms, {published.p99 / quiet.p99:.2f} times that without",
        "p99 under 50 ms, at most 2 times",
        published.p99 < 50 and published.p99 <= 2 * quiet.p99,
    )
    yield Row(
        f"{engine}: the same, as many as two processes can do",
        summary(both),
        f"one process: {summary(one)}",
        f"{both.cost / one.cost:.2f} times the processor time a request, "
        f"{both.rate / one.rate:.2f} times the requests/s",
        "at most 1.15 times the processor time",
        both.cost <= 1.15 * one.cost,
    )


def typical(results: Sequence[Result]) -> Result:
    columns = zip(*((each.p50, each.p99, each.cost, each.rate) for each in results), strict=True)
    return Result(*map(statistics.median, columns))


def summary(result: Result) -> str:
    return f"p50 {result.p50:.1f}, p99 {result.p99:.1f} ms, {result.rate:,.0f}/s ({result.cost:.2f} ms)"


def loaded(servers: Sequence[Server], urls: Sequence[str], seconds: float, rate: float | None = None) -> Result:
    """Each process asked by its own clients at the same time, so often a second or as often as it answers; raises
    `LoadFailed` if any answer was an error."""
    before = sum(server.cpu() for server in servers)

    def ask(place: int) -> client.Run:
        turned = [*urls[place * len(urls) // 2 :], *urls[: place * len(urls) // 2]]
        messages = client.requests(turned, {}, again=True)
        port = servers[place].port
        return client.run(port, messages, seconds=seconds, connections=CONNECTIONS, is_timed=is_no_export, rate=rate)

    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(ask, range(len(servers))))
    cpu = sum(server.cpu() for server in servers) - before
    requests = sum(run.requests for run in runs)
    if failed := sum(run.failed for run in runs):
        raise LoadFailed(f"{failed} of {requests} requests failed")
    p50, p99 = (statistics.mean(values) for values in zip(*((run.p50, run.p99) for run in runs), strict=True))
    return Result(p50, p99, cpu * 1000 / requests, sum(run.requests / run.seconds for run in runs))


def is_no_export(message: bytes) -> bool:
    return b"&as=" not in message


@contextmanager
def publishing(staff: JsonClient, slugs: Iterator[str]) -> Iterator[None]:
    """A correction a second until the block ends; what goes wrong with one is raised there."""
    ended = Event()

    def publish() -> int:
        published = 0
        while not ended.wait(EVERY):
            here = f"/v1/staff/publications/{next(slugs)}"
            version = staff.get(here)["version"]
            title = f"A title corrected at {datetime.now(UTC).isoformat()}"
            patched = staff.send("PATCH", here, {"version": version, "title": title})
            staff.send("POST", f"{here}/publish", {"version": patched["version"]})
            published += 1
        return published

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(publish)
        try:
            yield
        finally:
            ended.set()
        if not done.result():
            raise LoadFailed("nothing was published")


def mixed() -> list[str]:
    """So many of each sort as `SHARES` says, in mixed order."""
    random = Random(SEED)
    lists = paths.faceted()
    words = paths.words_never_asked(1_000) + paths.pairs_of_words(300) + paths.found_by("innovation", 700)
    entries = [f"{paths.COLLECTION}/publication-{number:06}" for number in random.sample(range(SMALL), SMALL // 2)]
    sources = {"lists and searches": random.sample(lists, 6_000) + words, "entries": entries, "exports": exports(lists)}
    chosen = [url for name, urls in sources.items() for url in islice(cycle(urls), DIFFERENT * SHARES[name] // 100)]
    random.shuffle(chosen)
    return chosen


def exports(lists: Sequence[str]) -> list[str]:
    """Records of what a list finds, in turn as NDJSON, CSV and RIS."""
    formats = cycle(("ndjson", "csv", "ris"))
    plain = [url.replace(f"&{paths.FACETS}", "") for url in lists if url.endswith(f"&page=1&{paths.FACETS}")]
    return [f"{url}&per_page={EXPORTED}&as={name}" for url, name in zip(plain, formats, strict=False)]


if __name__ == "__main__":
    typer.run(main)
