"""A worker is killed, and nobody misses a mail: whoever gets one twice, their delivery says that it may be so."""

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from app.mailing.delivery.smtp_transport import SmtpSettings, SmtpTransport
from tests.mailing import crashing_worker
from tests.mailing.crashing_worker import BATCH, POINTS, UNCERTAIN
from tests.mailing.mail_service import MailService, mail_service
from tests.smtp_server import NAME, SmtpServer

PROCESSES: Final = multiprocessing.get_context("forkserver")
"""Forked from a process that does nothing else, has one thread, and has imported what the worker needs."""
PROCESSES.set_forkserver_preload([crashing_worker.__name__])
READERS = [f"reader-{number}@x.test" for number in range(4)]


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


@pytest.fixture
def context(database: str, tmp_path: Path, server: SmtpServer) -> Iterator[MailService]:
    """Four readers, two entries, and the morning of the digest."""
    transport = SmtpTransport(SmtpSettings(host=NAME, port=server.port, security="none", timeout=5.0))
    with mail_service(database, tmp_path, transport=transport) as made:
        made.later()
        for reader in READERS:
            made.reader(reader, "entries")
        for slug in ("one", "two"):
            made.publish(slug)
        made.now += timedelta(days=1)
        yield made


def die(context: MailService, server: SmtpServer, point: str) -> int | None:
    given = (context.url, str(context.folder), str(server.port), point, context.now.isoformat())
    worker = PROCESSES.Process(target=crashing_worker.main, args=given, daemon=True)
    worker.start()
    worker.join(120)
    return worker.exitcode


def recover(context: MailService) -> None:
    """Others take over when the leases have run out, and what is doubtful is settled."""
    for _ in range(4):
        context.later(minutes=16)


@pytest.mark.parametrize("point", POINTS)
def test_killed_at(point: str, context: MailService, server: SmtpServer) -> None:
    assert die(context, server, point) == -9
    recover(context)
    received = Counter(each.recipient for each in server.received)
    doubted = [row for row in context.deliveries() if row.doubts]
    assert set(received) == set(READERS)
    assert {row.state for row in context.deliveries()} == {"sent"}
    assert len(doubted) == (BATCH if point in UNCERTAIN else 0)
    twice = {reader for reader, count in received.items() if count > 1}
    assert max(received.values()) <= 2
    assert twice <= {context.address_of(row) for row in doubted}
    names = {(each.recipient, each.message["Message-ID"]) for each in server.received}
    assert len(names) == len(READERS), "the same mail has the same name each time"


def test_an_unconfirmed_mail_is_held_where_the_settings_say_so(
    database: str, tmp_path: Path, server: SmtpServer
) -> None:
    server.mood.drop = "after"
    transport = SmtpTransport(SmtpSettings(host=NAME, port=server.port, security="none", timeout=5.0))
    with mail_service(database, tmp_path, transport=transport, more={"mail_unconfirmed": "hold"}) as context:
        context.later()
        context.reader(READERS[0], "entries")
        context.publish("one")
        context.later(days=1)
        context.later(days=1)
        assert len(server.received) == 1
        (row,) = context.deliveries()
        assert (row.state, row.doubts) == ("uncertain", 1)
