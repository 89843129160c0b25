"""Where the settings say so, readers get what was last known while the database is away: marked, and never 304."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.api_keys import api_key_client
from tests.corpus import Corpus
from tests.factories import make_publication
from tests.outages.conftest import Crowd
from tests.outages.postgresql import TroubledServer


@pytest.fixture
def lenient(troubled_url: str) -> Iterator[Corpus]:
    with closing(Corpus(troubled_url, stale_if_error=60)) as kb:
        with kb.write() as session:
            make_publication(session, slug="known")
        yield kb


def test_what_is_known_is_given_with_its_age(lenient: Corpus, troubled_server: TroubledServer) -> None:
    key = f"Bearer {api_key_client(lenient).text}"

    async def story() -> None:
        crowd = Crowd(lenient)
        fresh = await crowd.get("/v1/publications")
        assert not {"age", "cache-status"} & set(fresh.headers)
        with troubled_server.stopped():
            for path in ("/v1/publications", "/v1/publications/known", "/v1/publications?sort=title", "/v1/nothing"):
                answer = await crowd.get(path)
                assert answer.status_code == (404 if path == "/v1/nothing" else 200)
                age = int(answer.headers["age"])
                assert answer.headers["cache-status"] == f"knowledge-base; hit; ttl=-{age}; detail=database-unreachable"
            again = await crowd.get("/v1/publications", if_none_match=fresh.headers["etag"])
            assert (again.status_code, again.content) == (200, fresh.content)
            dated = await crowd.get("/v1/publications/known", if_modified_since="Fri, 01 Jan 2100 00:00:00 GMT")
            assert dated.status_code == 200
            for path in ("/health/ready", "/v1/staff"):
                assert (await crowd.get(path, authorization=key)).status_code == 503
            searched = await crowd.post("/v1/publications/search", {})
            assert searched.status_code == 503, "nothing that is not marked"
        after = await crowd.get("/v1/publications", if_none_match=fresh.headers["etag"])
        assert (after.status_code, "age" in after.headers) == (304, False)

    asyncio.run(story())


def test_what_was_made_meanwhile_is_right_afterwards(lenient: Corpus, troubled_server: TroubledServer) -> None:
    path = "/v1/publications?sort=title"

    async def story() -> None:
        crowd = Crowd(lenient)
        await crowd.get("/v1")
        with troubled_server.stopped():
            made = await crowd.get(path)
            assert re.fullmatch(r"\d+", made.headers["age"])
        kept = await crowd.get(path)
        assert (kept.content, "age" in kept.headers) == (made.content, False)
        with lenient.write() as session:
            make_publication(session, slug="newer")
        assert {each["slug"] for each in (await crowd.get(path)).json()["results"]} == {"known", "newer"}

    asyncio.run(story())


def test_without_the_setting_and_after_its_time_there_is_no_answer(
    troubled: Corpus, troubled_server: TroubledServer
) -> None:
    async def story() -> None:
        crowd = Crowd(troubled)
        assert (await crowd.get("/v1/publications")).status_code == 200
        with troubled_server.stopped():
            assert (await crowd.get("/v1/publications")).status_code == 503

    asyncio.run(story())
