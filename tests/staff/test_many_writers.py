"""More requests than there are threads or connections: all are answered, and nobody else waits for them."""

import asyncio
import threading
from typing import Any

import httpx
import pytest

from app.staff.auth import keys
from app.staff.auth.context import WRITERS
from tests.api_keys import ApiKeyClient, api_key_client
from tests.client import BASE
from tests.corpus import Corpus


@pytest.fixture
def ann(kb: Corpus) -> ApiKeyClient:
    return api_key_client(kb)


def reader(number: int) -> dict[str, Any]:
    return {"name": f"Reader {number}", "scopes": ["entries:read"], "expires_in_days": 10}


def opened(kb: Corpus, holder: ApiKeyClient) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {holder.text}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=kb.service), base_url=BASE, headers=headers, timeout=60)


def test_a_hundred_writers_at_once_all_get_their_turn(kb: Corpus, ann: ApiKeyClient) -> None:
    async def all_at_once() -> list[int]:
        async with opened(kb, ann) as client:
            requests = (client.post("/v1/staff/keys", json=reader(number)) for number in range(100))
            return [each.status_code for each in await asyncio.gather(*requests)]

    assert asyncio.run(all_at_once()) == [201] * 100
    assert ann.request_json("GET", "/v1/staff/keys")["meta"] == {"count": 101}


def test_who_reads_does_not_wait_for_who_writes(kb: Corpus, ann: ApiKeyClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """No write ends before the readers have had their answers."""
    inside = keys.make_key
    begun, may_go_on = threading.Event(), threading.Event()

    def held_up(*arguments: Any, **named: Any) -> Any:
        begun.set()
        assert may_go_on.wait(60)
        return inside(*arguments, **named)

    monkeypatch.setattr(keys, "make_key", held_up)

    async def meanwhile() -> None:
        async with opened(kb, ann) as client:
            requests = [asyncio.create_task(client.post("/v1/staff/keys", json=reader(n))) for n in range(3 * WRITERS)]
            assert await asyncio.to_thread(begun.wait, 60)
            try:
                for path in ("/v1/staff", "/v1/publications"):
                    assert (await client.get(path)).status_code == 200
                assert not any(each.done() for each in requests)
            finally:
                may_go_on.set()
            assert {each.status_code for each in await asyncio.gather(*requests)} == {201}

    asyncio.run(meanwhile())
