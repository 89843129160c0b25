"""A worker is killed, and nobody misses a mail: whoever gets one twice, their delivery says that it may be so."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.jobs.transports_smtp import Server, SmtpTransport
from tests.mailing.dying import BATCH, POINTS, UNCERTAIN
from tests.mailing.posting import Posting, posting
from tests.smtp_server import NAME, SmtpServer

PROJECT = Path(__file__).parents[2]
READERS = [f"reader-{number}@x.test" for number in range(4)]


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


@pytest.fixture
def office(database: str, tmp_path: Path, server: SmtpServer) -> Iterator[Posting]:
    """Four readers, two entries, and the morning of the digest."""
    transport = SmtpTransport(Server(host=NAME, port=server.port, security="none", timeout=5.0))
    with posting(database, tmp_path, transport=transport) as made:
        made.later()
        for reader in READERS:
            made.reader(reader, "entries")
        for slug in ("one", "two"):
            made.publish(slug)
        made.now += timedelta(days=1)
        yield made


def die(office: Posting, server: SmtpServer, point: str) -> int:
    given = [office.url, str(office.folder), str(server.port), point, office.now.isoformat()]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.mailing.dying", *given], cwd=PROJECT, capture_output=True, timeout=120
    )
    return ended.returncode


def recover(office: Posting) -> None:
    """Others take over when the leases have run out, and what is doubtful is settled."""
    for _ in range(4):
        office.later(minutes=16)


@pytest.mark.parametrize("point", POINTS)
def test_killed_at(point: str, office: Posting, server: SmtpServer) -> None:
    assert die(office, server, point) == -9
    recover(office)
    received = Counter(each.recipient for each in server.received)
    doubted = [row for row in office.deliveries() if row.doubts]
    assert set(received) == set(READERS)
    assert {row.state for row in office.deliveries()} == {"sent"}
    assert len(doubted) == (BATCH if point in UNCERTAIN else 0)
    twice = {reader for reader, count in received.items() if count > 1}
    assert max(received.values()) <= 2
    assert twice <= {office.address_of(row) for row in doubted}
    names = {(each.recipient, each.message["Message-ID"]) for each in server.received}
    assert len(names) == len(READERS), "the same mail has the same name each time"


def test_a_mail_that_nobody_answered_for_is_held_where_the_settings_say_so(
    database: str, tmp_path: Path, server: SmtpServer
) -> None:
    server.mood.drop = "after"
    transport = SmtpTransport(Server(host=NAME, port=server.port, security="none", timeout=5.0))
    with posting(database, tmp_path, transport=transport, more={"mail_uncertain": "hold"}) as office:
        office.later()
        office.reader(READERS[0], "entries")
        office.publish("one")
        office.later(days=1)
        office.later(days=1)
        assert len(server.received) == 1
        (row,) = office.deliveries()
        assert (row.state, row.doubts) == ("uncertain", 1)
