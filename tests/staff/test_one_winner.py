"""A hundred corrections of one version at the same time: one is made, all others are told that they came too late."""

import asyncio
from collections import Counter
from collections.abc import Callable

import httpx
import pytest

from tests.api_keys import ApiKeyClient, api_key_client
from tests.client import BASE
from tests.corpus import Corpus
from tests.staff.editing import ONE, PUBLICATIONS, make, published, step

TIMES = 100


def at_once(services: list[Corpus], holder: ApiKeyClient, path: str, etag: str) -> list[httpx.Response]:
    """All of them, each service asked in its turn; titles tell the requests apart."""

    async def ask() -> list[httpx.Response]:
        clients = [
            httpx.AsyncClient(transport=httpx.ASGITransport(app=each.service), base_url=BASE, timeout=120)
            for each in services
        ]
        headers = {"Authorization": f"Bearer {holder.text}", "If-Match": etag}
        requests = (
            clients[number % len(clients)].patch(path, json={"title": f"Title {number}"}, headers=headers)
            for number in range(TIMES)
        )
        answers = await asyncio.gather(*requests)
        for client in clients:
            await client.aclose()
        return list(answers)

    return asyncio.run(ask())


@pytest.fixture(params=["one process", "two processes"])
def services(request: pytest.FixtureRequest, kb: Corpus, open_another: Callable[[], Corpus]) -> list[Corpus]:
    return [kb] if request.param == "one process" else [kb, open_another()]


@pytest.mark.parametrize("public", [False, True], ids=["a draft", "what is public"])
def test_exactly_one_wins(services: list[Corpus], public: bool) -> None:
    kb, ann = services[0], api_key_client(services[0])
    subject = published(ann) if public else make(ann, **ONE)
    path = f"{PUBLICATIONS}/one"
    etag = ann("GET", path).headers["etag"]
    answers = at_once(services, ann, path, etag)
    assert Counter(each.status_code for each in answers) == {200: 1, 412: TIMES - 1}
    (winner,) = (each.json() for each in answers if each.status_code == 200)
    assert winner["version"] == subject["version"] + 1
    assert {each.json()["version"] for each in answers if each.status_code == 412} == {winner["version"]}
    now = ann.request_json("GET", path)
    assert (now["version"], now["data"]["title"]) == (winner["version"], winner["data"]["title"])
    history = ann.request_json("GET", f"{path}/revisions")["results"]
    assert history[0]["version"] == winner["version"]
    step(ann, now, "publish")
    assert kb.client.json("/v1/publications/one")["title"] == winner["data"]["title"]
