"""A PostgreSQL that says nothing, is killed, or has no connection left: nobody hangs, and all goes on when it does."""

import asyncio
from collections.abc import Coroutine
from itertools import count
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.db.engine import make_engine
from app.db.timeouts import READS, DatabaseTimeouts
from tests.api_keys import api_key_client
from tests.corpus import Corpus
from tests.factories import make_publication
from tests.outages.conftest import SIGN_UP, Crowd
from tests.outages.postgresql import TroubledServer

SOON = 6.0
"""Seconds: twice what anybody is to wait, for machines that are busy."""


def reader(number: int) -> dict[str, Any]:
    return {"name": f"Reader {number}", "scopes": ["entries:read"], "expires_in_days": 10}


def test_a_server_that_says_nothing_is_503_for_everybody_until_it_goes_on(
    troubled: Corpus, troubled_server: TroubledServer
) -> None:
    ann = {"Authorization": f"Bearer {api_key_client(troubled).text}"}
    numbers = count()

    def requests(crowd: Crowd) -> list[Coroutine[Any, Any, httpx.Response]]:
        return [
            crowd.get("/v1/publications"),
            crowd.get("/v1/publications?sort=title"),
            crowd.get("/health/ready"),
            crowd.get("/v1/staff/keys", **ann),
            crowd.post("/v1/staff/keys", reader(next(numbers)), **ann),
            crowd.post("/v1/subscriptions", SIGN_UP),
        ]

    async def story() -> None:
        crowd = Crowd(troubled)
        assert [(await each).status_code for each in requests(crowd)] == [200, 200, 200, 200, 201, 202]
        with troubled_server.stopped():
            for _ in range(2):
                live = crowd.timed(crowd.get("/health/live"))
                seen = await asyncio.gather(live, *(crowd.timed(each) for each in requests(crowd)))
                assert [status for status, _ in seen] == [200] + 6 * [503]
                assert max(seconds for _, seconds in seen) < SOON
        assert [(await each).status_code for each in requests(crowd)] == [200, 200, 200, 200, 201, 202]

    asyncio.run(story())


def test_a_transaction_in_progress_fails_as_well(troubled_url: str, troubled_server: TroubledServer) -> None:
    engine = make_engine(troubled_url, DatabaseTimeouts(lock=1, answer=1))
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        with troubled_server.stopped(), pytest.raises(OperationalError) as raised:
            connection.execute(text("SELECT 1"))
        assert raised.value.connection_invalidated
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 2")) == 2, "no later question gets an earlier one's answer"
    engine.dispose()


def test_a_server_that_was_killed_and_came_back_needs_no_restart_of_the_service(
    troubled: Corpus, troubled_server: TroubledServer
) -> None:
    holder = api_key_client(troubled)
    assert troubled.client.json("/v1/publications")["results"] == []
    troubled_server.kill()
    assert troubled.client.get("/v1/publications").status_code == 503
    assert troubled.client.get("/health/ready").status_code == 503
    assert holder("GET", "/v1/staff").status_code == 503
    troubled_server.start_again()
    with troubled.write() as session:
        make_publication(session, slug="written-after")
    assert troubled.client.slugs("/v1/publications") == ["written-after"]
    assert troubled.client.get("/health/ready").status_code == 200
    assert holder("GET", "/v1/staff").status_code == 200
    assert troubled.client.request("POST", "/v1/subscriptions", json=SIGN_UP).status_code == 202


def test_readers_of_what_is_published_need_no_connection_that_others_hold(troubled: Corpus) -> None:
    engine = troubled.service.sessions.engine
    held = [engine.connect() for _ in range(30)]
    holder = api_key_client(troubled)
    try:
        assert troubled.client.get("/v1/publications").status_code == 200
        assert troubled.client.get("/health/ready").status_code == 200
        assert holder("GET", "/v1/staff").status_code == 503
    finally:
        for each in held:
            each.close()
    assert holder("GET", "/v1/staff").status_code == 200


def test_the_server_itself_ends_what_takes_too_long(troubled_url: str) -> None:
    engine = make_engine(troubled_url, READS)
    with engine.connect() as connection:
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        assert [connection.scalar(text(f"SHOW {name}")) for name in names] == ["10s", "3s", "1min"]
    engine.dispose()
