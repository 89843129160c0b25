"""SQLite that is locked: who reads does not notice; who writes is told."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from app.catalogue.registry import BY_NAME
from app.db import engine as engines
from app.mailing.context import WAIT
from app.staff.auth.context import StaffContext
from tests.api_keys import api_key_client
from tests.client import problem
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details, make_entry
from tests.outages.conftest import SIGN_UP, Crowd, file_of

WRITERS = 45
SOON = 2.0
"""Seconds. Who is not to wait at all waits for the processor."""


@contextmanager
def locked(kb: Corpus, mode: str = "IMMEDIATE") -> Iterator[None]:
    """By another process, as far as SQLite can tell."""
    with closing(engines.sqlite3.connect(file_of(kb), isolation_level=None)) as other:
        other.execute(f"BEGIN {mode}")
        yield


def sign_ups(crowd: Crowd, number: int = WRITERS) -> list[asyncio.Task[tuple[int, float]]]:
    """Each from a place of its own."""
    return [
        asyncio.create_task(
            crowd.timed(crowd.post("/v1/subscriptions", SIGN_UP, **{"X-Forwarded-For": f"192.0.2.{n}"}))
        )
        for n in range(number)
    ]


def test_who_reads_does_not_wait_for_45_who_cannot_write(sqlite: Corpus) -> None:
    ann = {"Authorization": f"Bearer {api_key_client(sqlite).text}"}

    async def story() -> None:
        crowd = Crowd(sqlite)
        with locked(sqlite):
            writing = sign_ups(crowd, WRITERS)
            await asyncio.sleep(0)
            for path in ("/health/ready", "/v1/publications", "/v1/publications?sort=title", "/v1/staff"):
                status, seconds = await crowd.timed(crowd.get(path, **ann))
                assert (status, seconds < SOON) == (200, True), (path, status, seconds)
            assert not all(each.done() for each in writing)
            answers = await asyncio.gather(*writing)
        refused = [seconds for status, seconds in answers if status == 503]
        assert {status for status, _ in answers} <= {503, 429}
        assert refused
        assert max(refused) < WAIT + SOON

    asyncio.run(story())


def test_where_readers_can_be_blocked_they_block_nobody_else(
    databases_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a rollback journal, as old releases of SQLite have it, nobody reads while a writer commits."""
    monkeypatch.setattr(engines, "wal_is_safe", lambda _version: False)
    databases: Databases = databases_of("sqlite")

    async def story(kb: Corpus) -> None:
        crowd = Crowd(kb)
        assert (await crowd.get("/v1/publications")).status_code == 200
        with locked(kb, "EXCLUSIVE"):
            reading = [asyncio.create_task(crowd.timed(crowd.get("/v1/publications"))) for _ in range(10)]
            await asyncio.sleep(0)
            status, seconds = await crowd.timed(crowd.get("/health/live"))
            assert (status, seconds < SOON) == (200, True)
            assert not any(each.done() for each in reading)
            answers = await asyncio.gather(*reading)
        assert {status for status, _ in answers} == {503}
        assert max(seconds for _, seconds in answers) < WAIT + SOON
        assert (await crowd.get("/v1/publications")).status_code == 200

    with databases.copied(databases.template("furnished", add_details)) as url, closing(Corpus(url)) as kb:
        asyncio.run(story(kb))


def test_who_writes_gets_their_turn_as_soon_as_the_lock_is_gone(sqlite: Corpus) -> None:
    async def story() -> None:
        crowd = Crowd(sqlite)
        with locked(sqlite):
            [writing] = sign_ups(crowd, 1)
            assert (await crowd.get("/health/ready")).status_code == 200
            assert not writing.done()
        assert (await writing)[0] == 202

    asyncio.run(story())


def test_what_must_be_logged_before_it_is_shown_waits_among_those_who_write(sqlite: Corpus) -> None:
    ann = api_key_client(sqlite)
    with sqlite.write() as session:
        make_entry(session, BY_NAME["site"], slug="harbour")
    path = "/v1/staff/sites/harbour/confidential"
    ann.request_json("PATCH", path, json={"name": "Saltmarsh", "version": 0})
    sqlite.service.services[StaffContext].writers.seconds = 0.1
    with locked(sqlite):
        assert ann("GET", path).status_code == 503
        assert ann("GET", "/v1/staff").status_code == 200
    assert ann("GET", path).status_code == 200


def test_too_many_from_one_place_are_refused_before_the_database_is_asked(databases_of: Any) -> None:
    databases: Databases = databases_of("sqlite")
    with (
        databases.copied(databases.template("furnished", add_details)) as url,
        closing(Corpus(url, signup_rate_limit=1)) as kb,
    ):
        request: dict[str, Any] = {"path": "/v1/subscriptions/confirmations", "json": {"token": "kbconfirm_x"}}
        assert kb.client.request("POST", **request).status_code == 404
        with locked(kb):
            answer = kb.client.request("POST", **request)
        assert problem(answer, 429)["title"] == "Too many requests"
        assert int(answer.headers["retry-after"]) > 0
        leaving = kb.client.request("POST", "/unsubscribe/of-nobody")
        assert leaving.status_code == 404, "nobody is kept from leaving"
