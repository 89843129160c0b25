"""Three API processes on one PostgreSQL: what one has acknowledged all others show at once, whichever of them dies, and
while the database is away everybody is told to come back, and nothing that was acknowledged is lost. The same with a
read replica, whether it follows, lags, dies or comes back."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import httpx
import pytest

from app.db.engine import make_engine
from app.db.sessions import Sessions
from tests.crash import integrity
from tests.outages.postgresql import TroubledServer
from tests.prove.processes import RoundRobinClient, ServiceProcess, running
from tests.prove.replica import StreamingReplica
from tests.prove.staff import make_staff_key, publish_one
from tests.waiting import wait_until

READS = 6
"""After each write: every process is asked twice."""


class Newsroom:
    """One who writes through whichever machine, and readers at all of them, who remember what was acknowledged."""

    def __init__(self, services: list[ServiceProcess], key: str) -> None:
        self.services = services
        self.client = RoundRobinClient(services)
        self._key = key
        self._numbers = count(1)
        self.acknowledged: list[str] = []

    def write(self, service: ServiceProcess) -> httpx.Response:
        """Make and publish one; the answer to the last step that was taken."""
        slug = f"one-{next(self._numbers):04}"
        with httpx.Client(base_url=service.address, timeout=60) as client:
            answer = publish_one(client, self._key, slug)
        if answer.status_code == 200:
            self.acknowledged.append(slug)
        return answer

    def read(self, times: int = READS) -> None:
        """Whoever is asked, in turn, shows everything that was acknowledged."""
        for _ in range(times):
            answer = self.client.get("/v1/publications?per_page=100&sort=slug&select=slug")
            assert answer.status_code == 200, answer.text
            shown = [each["slug"] for each in answer.json()["results"]]
            assert [slug for slug in self.acknowledged if slug not in shown] == []

    def close(self) -> None:
        self.client.close()


@contextmanager
def newsroom(url: str, folder: Path, **settings: str) -> Iterator[Newsroom]:
    with running(url, folder, 3, **settings) as services, closing(Newsroom(services, make_staff_key(url))) as opened:
        yield opened


def test_whichever_machine_dies_nothing_is_stale_and_nothing_is_lost(
    primary_url: str, primary: TroubledServer, tmp_path: Path
) -> None:
    with newsroom(primary_url, tmp_path / "machines") as room:
        first, second, third = room.services
        for service in (first, second, third, first):
            assert room.write(service).status_code == 200
            room.read()

        second.kill()
        assert room.write(first).status_code == 200
        room.read()
        second.start()
        second.wait()
        assert room.write(second).status_code == 200
        room.read()

        lose_primary(room, primary)

    check_integrity(primary_url)


def lose_primary(room: Newsroom, primary: TroubledServer) -> None:
    """For a while: everybody is told to come back, and then all is as it was."""
    primary.kill()
    refused = [room.write(service) for service in room.services]
    refused += [room.client.ask(service, "/v1/publications?sort=title") for service in room.services]
    assert {each.status_code for each in refused} == {503}
    assert all(int(each.headers["retry-after"]) > 0 for each in refused)
    assert {room.client.ask(each, "/health/live").status_code for each in room.services} == {200}

    primary.start_again()
    wait_until(lambda: {room.client.get("/health/ready").status_code for _ in range(3)} == {200})
    room.read()
    for service in room.services:
        assert room.write(service).status_code == 200
        room.read()


def check_integrity(url: str) -> None:
    sessions = Sessions(make_engine(url))
    integrity.check(sessions)
    sessions.dispose()


@pytest.fixture
def replica(primary: TroubledServer, primary_url: str) -> Iterator[StreamingReplica]:
    found = StreamingReplica(primary, primary_url)
    yield found
    found.remove()


def test_whatever_the_replica_does_nobody_reads_what_is_stale(
    primary_url: str, primary: TroubledServer, replica: StreamingReplica, tmp_path: Path
) -> None:
    memoryless = {"KB_REPLICA_URL": replica.url, "KB_DOCUMENT_MEMORY": "0"}
    with newsroom(primary_url, tmp_path / "machines", **memoryless) as room:
        first, second, third = room.services

        def write_and_read() -> None:
            for service in (first, second, third):
                assert room.write(service).status_code == 200
                room.read()

        def wait_for_replica() -> None:
            wait_until(lambda: replica.has_reached(room.acknowledged[-1]))

        write_and_read()
        wait_for_replica()
        before = replica.readings()
        assert {room.client.ask(each, "/v1/publications?sort=title").status_code for each in room.services} == {200}
        assert replica.readings() == before + len(room.services), "it serves what it has"

        replica.pause()
        write_and_read()
        assert not replica.has_reached(room.acknowledged[-1])
        replica.resume()
        wait_for_replica()

        replica.kill()
        write_and_read()
        third.kill()
        assert room.write(first).status_code == 200
        room.read()
        third.start()
        third.wait()
        replica.start()
        wait_for_replica()
        write_and_read()

        lose_primary(room, primary)
        wait_for_replica()
        room.read()

    check_integrity(primary_url)
