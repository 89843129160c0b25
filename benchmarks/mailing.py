"""Mailing measured: `python -m benchmarks.mailing decide|send|kill sqlite|postgresql [how many]`."""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from app.catalogue.registry import BY_COLLECTION
from app.jobs.queue import Wanted, enqueue
from app.jobs.tables import JobRow, JobState
from app.jobs.transports_smtp import Server, SmtpTransport
from app.kit.clock import utc_now
from app.mailing.delivery_tables import DeliveryRow
from app.mailing.following import DECIDE, follow
from app.mailing.queries import digest_of
from app.mailing.tables import DigestRunRow, SubscriberRow, SubscriptionRow
from tests.databases import Databases, start
from tests.factories import FORMATS, STAGES, TOPICS, furnish, make_entry
from tests.mailing.posting import Posting
from tests.smtp_server import NAME, SmtpServer

QUERIES, ENTRIES = 1_000, 50
WORDS = [f"word{number}" for number in range(400)]
PROJECT = Path(__file__).parents[1]


def queries() -> Iterator[str]:
    """A thousand different ones: by terms, by words, by both."""
    for topic, _ in TOPICS:
        for stage in STAGES:
            for kind in FORMATS:
                yield f"entries?topic={topic}&stage={stage}&format={kind}"
    for word in WORDS:
        yield f"entries?q={word}"
        yield f"publications?q={word}&topic=ethics"
        yield f"entries?q={word}&stage=first"


def fill(office: Posting, subscribers: int) -> None:
    """Subscribers with a query each, a hundred with the same where there are fewer of them than that many times the
    queries, then fifty new entries."""
    different = min(QUERIES, subscribers // 100)
    now = office.now
    with office.sessions.write() as session:
        asked = [office.stored(session, query) for query, _ in zip(queries(), range(QUERIES), strict=False)]
        digests = [digest_of(each) for each in asked]
        assert len(set(digests)) == QUERIES
        people = [
            {
                "id": number,
                "address": f"reader-{number}@x.test",
                "mailbox": f"reader-{number}@x.test",
                "unique_key": f"reader-{number}@x.test",
                "state": "active",
                "state_since": now,
                "language": "en",
                "created_at": now,
                "soft_bounces": 0,
            }
            for number in range(1, subscribers + 1)
        ]
        session.execute(insert(SubscriberRow), people)
        wished = [
            {
                "subscriber_id": number,
                "query": asked[number % different],
                "query_digest": digests[number % different],
                "frequency": "daily",
                "language": "en",
                "state": "active",
                "created_at": now,
                "confirmed_at": now,
                "since": 0,
            }
            for number in range(1, subscribers + 1)
        ]
        session.execute(insert(SubscriptionRow), wished)
        chance = random.Random(1)
        for number in range(ENTRIES):
            terms = {"format": [FORMATS[number % 3]], "topic": [chance.choice(TOPICS)[0]], "stage": list(STAGES)}
            summary = " ".join(chance.sample(WORDS, 60))
            make_entry(session, BY_COLLECTION["publications"], terms=terms, summary=summary, now=now)
    with office.sessions.write() as session:
        follow(session, ["publication"], now=now)
        run = DigestRunRow(frequency="daily", slot="bench", after=0, until=10**6, at=now, reached=0)
        session.add(run)
        session.flush()
        enqueue(session, Wanted(DECIDE, str(run.id), {"run": run.id}), now=now)


@contextmanager
def database(engine: str) -> Iterator[str]:
    server = start(engine)
    databases = Databases(server)
    with databases.copied(databases.template("furnished", furnish)) as url:
        yield url
    server.stop()


def opened(url: str, folder: str, port: int) -> Posting:
    transport = SmtpTransport(Server(host=NAME, port=port, security="none", timeout=20.0))
    return Posting(url, Path(folder), transport, now=utc_now())


def decide(url: str, folder: str) -> dict[str, Any]:
    """In this process, which does nothing else."""
    office = opened(url, folder, 1)
    before = peak_memory()
    begun, cpu = time.perf_counter(), time.process_time()
    with office.sessions.read() as session:
        row = session.scalars(select(DigestRunRow)).one()
        assert row.finished_at is None
    while not done(office):
        office.worker.step()
    seconds, spent = time.perf_counter() - begun, time.process_time() - cpu
    with office.sessions.read() as session:
        mails = session.scalar(select(func.count()).select_from(DeliveryRow))
    peak = peak_memory()
    office.close()
    return {"seconds": seconds, "cpu": spent, "before_MB": before, "peak_MB": peak, "mails": mails}


def peak_memory() -> float:
    """MB: the largest that this program has been (getrusage would say what its parent was)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def done(office: Posting) -> bool:
    with office.sessions.read() as session:
        return session.scalars(select(DigestRunRow)).one().finished_at is not None


def work(url: str, folder: str, port: int, threads: int) -> None:
    """A worker process, until nothing is left to be sent."""
    office = opened(url, folder, port)
    office.clock = utc_now  # type: ignore[method-assign]
    office.worker = office.new_worker()
    office.worker.start(threads)
    while left(office):
        time.sleep(0.1)
    office.worker.stop()
    office.close()


def left(office: Posting) -> int:
    with office.sessions.read() as session:
        open_states = (JobState.waiting, JobState.running)
        return session.scalar(select(func.count()).select_from(JobRow).where(JobRow.state.in_(open_states))) or 0


def sink(port_file: str) -> None:
    """A mail server of its own process, which counts."""
    with SmtpServer() as server:
        Path(port_file).write_text(str(server.port))
        sys.stdin.read()
        counted = Counter(each.recipient for each in server.received)
        print(json.dumps({"mails": len(server.received), "different": len(counted), "most": max(counted.values())}))


def spawn(*given: object, **more: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.mailing", *map(str, given)], cwd=PROJECT, text=True, **more
    )


def run_decide(engine: str, subscribers: int) -> None:
    with database(engine) as url, tempfile.TemporaryDirectory() as folder:
        office = opened(url, folder, 1)
        fill(office, subscribers)
        office.close()
        spawn("_decide", url, folder).wait()


@contextmanager
def listening(folder: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    port_file = Path(folder) / "port"
    server = spawn("_sink", port_file, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    while not port_file.exists() or not port_file.read_text():
        time.sleep(0.05)
    yield int(port_file.read_text()), server
    assert server.stdin is not None
    server.stdin.close()
    assert server.stdout is not None
    print(server.stdout.read().strip())
    server.wait()


def prepared(url: str, folder: str, mails: int) -> None:
    office = opened(url, folder, 1)
    fill(office, mails * 2)
    while not done(office):
        office.worker.step()
    with office.sessions.write() as session:
        ids = list(session.scalars(select(JobRow.id).where(JobRow.kind == "digest-mail").order_by(JobRow.id)))
        for extra in session.scalars(select(JobRow).where(JobRow.id.in_(ids[mails:]))):
            extra.due = utc_now() + timedelta(days=30)
            extra.state = JobState.done
    office.close()


def run_send(engine: str, mails: int, processes: int = 1, threads: int = 2) -> None:
    with database(engine) as url, tempfile.TemporaryDirectory() as folder, listening(folder) as (port, _):
        prepared(url, folder, mails)
        begun = time.perf_counter()
        workers = [spawn("_work", url, folder, port, threads) for _ in range(processes)]
        for each in workers:
            each.wait()
        seconds = time.perf_counter() - begun
        print(f"{engine}: {mails} mails in {seconds:.1f} s, {mails / seconds:.0f}/s with start-up of the processes")


def run_kill(engine: str, times: int) -> None:
    """Kill the one worker at random moments; then let one finish."""
    mails = times * 40
    with database(engine) as url, tempfile.TemporaryDirectory() as folder, listening(folder) as (port, _):
        prepared(url, folder, mails)
        chance = random.Random(7)
        for _ in range(times):
            worker = spawn("_work", url, folder, port, 2)
            time.sleep(2 + chance.random() * 5)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        office = opened(url, folder, port)
        for _ in range(6):
            office.later(minutes=16)
        rows = office.deliveries()[:mails]
        print({"states": dict(Counter(row.state for row in rows)), "doubted": sum(row.doubts > 0 for row in rows)})
        office.close()


def main(what: str, *given: str) -> None:
    match what:
        case "decide":
            run_decide(given[0], int(given[1]))
        case "send":
            run_send(given[0], *map(int, given[1:]))
        case "kill":
            run_kill(given[0], int(given[1]))
        case "_decide":
            print(json.dumps(decide(*given)))
        case "_work":
            work(given[0], given[1], int(given[2]), int(given[3]))
        case "_sink":
            sink(*given)


if __name__ == "__main__":
    os.environ["PYTHONWARNINGS"] = "ignore"
    main(*sys.argv[1:])
