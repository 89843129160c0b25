"""`python -m benchmarks.mailing`: measure what mailing requires, print the table, keep it in
`docs/performance-mailing.md`."""

import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import report, sign_ups
from benchmarks.databases import ROOT
from benchmarks.mail_service import database, fill, listening, opened, prepared, spawn
from benchmarks.rows import Row
from tests.databases import ENGINES

PAGE = ROOT / "docs" / "performance-mailing.md"
SUBSCRIBERS, MAILS, SAMPLES = 100_000, 10_000, 500
WORKERS = {"sqlite": 1, "postgresql": 2}
LEAST = {"sqlite": 300, "postgresql": 500}
LEASE = 900
HEAD = """# Performance of mailing

Measured on {day} by `make bench-mailing`; every full run writes this page anew. {machine}.

{table}

How it was measured:

- Deciding: one worker that does nothing else; {subscribers:,} subscribers with a query each, 1,000 different ones by
  terms, words and both; 50 new entries. Memory is `VmHWM` of proc(5).
- Sending: {mails:,} digests that wait, a hundred with the same query; workers with a thread each, and a mail server of
  its own process on the loopback address, which offers PIPELINING and is written in Python. The rate is counted by that
  server, from the first mail to the last; in brackets: processor time of the workers for each mail, the first rendering
  of every digest included. "Once each": it got one mail for each reader, and no other.
- Sign-up: {samples} answers for each of eight states of an address, in random order, over ASGI in one process: new,
  pending, active, unsubscribed, bounced, complained, blocked, and a form whose trap was filled in. The error of a
  median is its standard deviation over 200 resamples. A state is told from a new address where their medians lie
  further apart than three times the error of the difference.
- PostgreSQL runs with `fsync` off, as the tests do; SQLite waits for the disk.
- The databases, the workers and the mail server share the machine.

Versions: {versions}.
"""


def main(
    quick: Annotated[bool, typer.Option(help="A tenth of everything.")] = False,
    only: Annotated[str, typer.Option(help="Only `decide`, `send` or `sign-up`.")] = "",
) -> None:
    """Ends with 1 if a requirement is not met. Only a whole run is kept."""
    rows = list(_measured(10 if quick else 1, only))
    table = report.table(rows)
    typer.echo(f"\n{table}\n\n{report.machine()}\n{report.versions()}")
    if not quick and not only:
        about = {"day": datetime.now(UTC).date(), "machine": report.machine(), "versions": report.versions()}
        PAGE.write_text(HEAD.format(table=table, subscribers=SUBSCRIBERS, mails=MAILS, samples=SAMPLES, **about))
    raise typer.Exit(0 if all(row.met for row in rows) else 1)


def _measured(part: int, only: str) -> Iterator[Row]:
    for engine in ENGINES:
        if only in ("", "decide"):
            yield deciding(engine, SUBSCRIBERS // part)
        if only in ("", "send"):
            yield sending(engine, MAILS // part, WORKERS[engine])
        if only in ("", "sign-up"):
            yield signing_up(engine, SAMPLES // part)


def deciding(engine: str, subscribers: int) -> Row:
    with database(engine) as url, tempfile.TemporaryDirectory() as folder:
        context = opened(url, Path(folder))
        fill(context, subscribers)
        context.close()
        found = json.loads(spawn("decider", url, folder).communicate()[0])
    seconds, memory = found["seconds"], found["peak_MB"]
    what = f"deciding who gets what: {subscribers:,} subscribers, 1,000 queries, 50 entries; {engine}"
    ours = f"{seconds:.1f} s, {memory:.0f} MB"
    return Row(what, ours, "", f"{found['mails']:,} mails", "under 30 s and 300 MB", seconds < 30 and memory < 300)


def sending(engine: str, mails: int, workers: int) -> Row:
    with database(engine) as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        expected = prepared(url, folder, mails)
        with listening(folder) as arrived:
            programs = [spawn("worker", url, folder, arrived.port, 1, LEASE) for _ in range(workers)]
            outputs = [program.communicate()[0] for program in programs]
    cpu = sum(json.loads(each.splitlines()[-1])["cpu"] for each in outputs) / mails
    once = arrived.times == dict.fromkeys(expected, 1)
    what = f"sending, {workers} worker{'s' if workers > 1 else ''}; {engine}"
    result = f"{mails:,} mails, {'once each' if once else 'NOT once each'}"
    least = LEAST[engine]
    ours = f"{arrived.rate:.0f}/s ({cpu * 1000:.2f} ms)"
    return Row(what, ours, "", result, f"at least {least}/s, once each", once and arrived.rate >= least)


def signing_up(engine: str, samples: int) -> Row:
    medians = sign_ups.medians(engine, samples)
    new, error = medians["new"]
    apart = {state: abs(median - new) / (own**2 + error**2) ** 0.5 for state, (median, own) in medians.items()}
    state = max(apart, key=apart.__getitem__)
    low, high = min(median for median, _ in medians.values()), max(median for median, _ in medians.values())
    what = f"answers to a sign-up, {samples} in each of eight states; {engine}"
    ours = f"medians {low:.2f} to {high:.2f} ms, error {error:.2f} ms"
    result = f"furthest from new: {state}, {apart[state]:.1f} times the error"
    return Row(what, ours, "", result, "known and unknown not told apart", apart[state] < 3)


if __name__ == "__main__":
    typer.run(main)
