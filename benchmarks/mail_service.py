"""A post office to measure: many subscribers, workers as programs of their own, and a mail server that counts.

`python -m benchmarks.post_office decider|worker|sink …` is one of those programs.
"""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app.catalogue.registry import BY_COLLECTION
from app.feed.cursors import follow_feed
from app.feed.deliveries import DeliveryRow
from app.feed.stored_queries import digest_of
from app.jobs.models import JobRow, JobState
from app.jobs.queue import JobRequest, enqueue
from app.kit.clock import utc_now
from app.mailing.campaigns.digest_planner import DIGEST_MAIL
from app.mailing.delivery import sending
from app.mailing.delivery.smtp_transport import SmtpSettings, SmtpTransport
from app.mailing.digest_schedule import CONSUMER, DIGEST_RUN
from app.mailing.models import DigestRunRow, SubscriberRow, SubscriptionRow
from benchmarks.databases import ROOT
from tests.databases import Databases, start
from tests.factories import FORMATS, STAGES, TOPICS, add_details, make_entry
from tests.mailing.mail_service import MailService
from tests.smtp_server import NAME, Mood, Received, SmtpServer

QUERIES, ENTRIES = 1_000, 50
WORDS = [f"word{number}" for number in range(400)]
AT_WORK = "at work"


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


def fill(context: MailService, subscribers: int) -> None:
    """Subscribers with a query each, the same for every hundred of them, then fifty new entries, and a digest that is
    to be decided."""
    with context.sessions.write() as session:
        _subscribe(context, session, subscribers)
        _publish(session, context.now)
    with context.sessions.write() as session:
        follow_feed(session, CONSUMER, ["publication"])
        run = DigestRunRow(frequency="daily", slot="bench", after=0, until=10**6, at=context.now, reached=0)
        session.add(run)
        session.flush()
        enqueue(session, JobRequest(DIGEST_RUN, str(run.id), {"run": run.id}), now=context.now)


def _subscribe(context: MailService, session: Session, subscribers: int) -> None:
    now, different = context.now, min(QUERIES, subscribers // 100)
    stored = [context.stored(session, query) for query, _ in zip(queries(), range(QUERIES), strict=False)]
    digests = [digest_of(each) for each in stored]
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
            "query": stored[number % different],
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


def _publish(session: Session, now: datetime) -> None:
    chance = random.Random(1)
    for number in range(ENTRIES):
        terms = {"format": [FORMATS[number % 3]], "topic": [chance.choice(TOPICS)[0]], "stage": list(STAGES)}
        summary = " ".join(chance.sample(WORDS, 60))
        make_entry(session, BY_COLLECTION["publications"], terms=terms, summary=summary, now=now)


@contextmanager
def database(engine: str) -> Iterator[str]:
    server = start(engine)
    databases = Databases(server)
    with databases.copied(databases.template("furnished", add_details)) as url:
        yield url
    server.stop()


def opened(url: str, folder: Path, port: int = 1) -> MailService:
    transport = SmtpTransport(SmtpSettings(host=NAME, port=port, security="none", timeout=20.0))
    return MailService(url, folder, transport, now=utc_now())


def prepared(url: str, folder: Path, mails: int) -> set[str]:
    """Digests that are decided and wait to be sent; who is to get them. Some find nothing of theirs in the new entries,
    so there are more subscribers than mails, and what is too much counts as done."""
    context = opened(url, folder)
    fill(context, mails * 2)
    while not is_decided(context):
        context.worker.step()
    with context.sessions.write() as session:
        ids = session.scalars(select(JobRow.id).where(JobRow.kind == DIGEST_MAIL).order_by(JobRow.id)).all()
        session.execute(
            update(JobRow).where(JobRow.kind == DIGEST_MAIL, JobRow.id > ids[mails - 1]).values(state="done")
        )
        session.execute(update(JobRow).where(JobRow.kind == DIGEST_MAIL).values(due=context.now))
        keys = select(JobRow.kind + "/" + JobRow.key).where(
            JobRow.kind == DIGEST_MAIL, JobRow.state == JobState.waiting
        )
        people = select(SubscriberRow.address).join(DeliveryRow).where(DeliveryRow.key.in_(keys))
        found = set(session.scalars(people))
    context.close()
    assert len(found) == mails
    return found


def is_decided(context: MailService) -> bool:
    with context.sessions.read() as session:
        return session.scalars(select(DigestRunRow)).one().finished_at is not None


# --- programs of their own


def spawn(what: str, *given: object, **more: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.mail_service", what, *map(str, given)]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, **more)


def decider(url: str, folder: str) -> None:
    """Decides, and does nothing else."""
    context = opened(url, Path(folder))
    began = time.perf_counter()
    while not is_decided(context):
        context.worker.step()
    seconds = time.perf_counter() - began
    with context.sessions.read() as session:
        mails = session.scalar(select(func.count()).select_from(DeliveryRow))
    print(json.dumps({"seconds": seconds, "peak_MB": peak_memory(), "mails": mails}))
    context.close()


def peak_memory() -> float:
    """MB: the largest that this program has been (getrusage would say what its parent was)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def worker(url: str, folder: str, port: str, threads: str, lease: str) -> None:
    """Until nothing is left to be sent; `lease` in seconds."""
    patch = pytest.MonkeyPatch()
    patch.setattr(sending, "LEASE", timedelta(seconds=float(lease)))
    context = opened(url, Path(folder), int(port))
    patch.setattr(context, "clock", utc_now)
    context.worker = context.new_worker()
    context.sessions.after_write.append(at_work())
    began = time.process_time()
    context.worker.start(int(threads))
    while left(context):
        time.sleep(0.1)
    context.worker.stop()
    print(json.dumps({"cpu": time.process_time() - began}), flush=True)
    context.close()


def at_work() -> Callable[[Mapping[Any, Any]], None]:
    """Says so once: with the first commit it has taken something."""
    first = iter((AT_WORK,))

    def say(_noted: Mapping[Any, Any]) -> None:
        for word in first:
            print(word, flush=True)

    return say


def left(context: MailService) -> int:
    with context.sessions.read() as session:
        unfinished = (JobState.waiting, JobState.running)
        count = select(func.count()).where(JobRow.state.in_(unfinished), JobRow.kind == DIGEST_MAIL)
        return session.scalar(count) or 0


class Tally(list[Received]):
    """Keeps of each mail whom it went to, its Message-ID, and when it came (monotonic seconds)."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, str, float]] = []

    def append(self, mail: Received) -> None:
        name = BytesHeaderParser().parsebytes(mail.data[:2_000])["Message-ID"]
        self.mails.append((mail.recipient, str(name), time.monotonic()))


def sink(port_file: str, tally_file: str, slow: str) -> None:
    """A mail server that counts, until its standard input ends. `slow`: seconds before it accepts a mail."""
    with SmtpServer(Mood(slow=float(slow))) as server:
        server.received = tally = Tally()
        Path(port_file).write_text(str(server.port))
        sys.stdin.read()
        Path(tally_file).write_text(json.dumps(tally.mails))


@dataclass
class Arrived:
    """What the mail server got, filled in at its end."""

    port: int
    mails: list[tuple[str, str, float]]

    @property
    def times(self) -> Counter[str]:
        """How often each address got a mail."""
        return Counter(recipient for recipient, _, _ in self.mails)

    @property
    def rate(self) -> float:
        """Mails a second, from the first to the last."""
        moments = [at for _, _, at in self.mails]
        return (len(moments) - 1) / (max(moments) - min(moments))


@contextmanager
def listening(folder: Path, slow: float = 0.0) -> Iterator[Arrived]:
    port_file, tally_file = folder / "port", folder / "tally"
    server = spawn("sink", port_file, tally_file, slow, stdin=subprocess.PIPE)
    while not port_file.exists() or not port_file.read_text():
        time.sleep(0.05)
    arrived = Arrived(int(port_file.read_text()), [])
    try:
        yield arrived
    finally:
        server.communicate("")
    arrived.mails = json.loads(tally_file.read_text())


if __name__ == "__main__":
    programs: dict[str, Callable[..., None]] = {"decider": decider, "worker": worker, "sink": sink}
    programs[sys.argv[1]](*sys.argv[2:])
