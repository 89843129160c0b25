"""A DOI, looked up at a registry that is a server of the test."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from app.intake.doi_lookup import AT_ONCE, LookUps, look_up_doi
from app.kit.errors import Invalid, Unavailable
from app.outbound.client import Outbound
from tests.api_keys import api_key_client
from tests.client import BASE, problem
from tests.corpus import Corpus
from tests.intake.test_json_import import CROSSREF, DATACITE
from tests.outbound.conftest import Server, say, serving

CSL = "application/vnd.citationstyles.csl+json"


@pytest.fixture
def registry() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def local() -> Outbound:
    return Outbound(
        user_agent="kb-tests", resolve=lambda host, port, seconds: ["127.0.0.1"], permitted=lambda address: True
    )


def look_up(registry: Server, outbound: Outbound, doi: str = "10.1234/a") -> bytes:
    return look_up_doi(outbound, doi, address=lambda doi: registry.url(f"/{doi}"))


def test_it_is_requested_by_content_negotiation_and_followed(registry: Server, local: Outbound) -> None:
    registry.paths["/10.1234/a"] = say(302, Location="/work")
    registry.paths["/work"] = say(200, json.dumps(CROSSREF).encode(), Content_Type=CSL)
    assert json.loads(look_up(registry, local, "https://doi.org/10.1234/A")) == CROSSREF
    assert [path for _, path, _ in registry.seen] == ["/10.1234/a", "/work"]
    assert CSL in registry.seen[1][2]["accept"]


@pytest.mark.parametrize("status", [404, 410, 406, 204])
def test_a_doi_without_a_record_is_the_senders_fault(registry: Server, local: Outbound, status: int) -> None:
    registry.paths["/10.1234/a"] = say(status)
    with pytest.raises(Invalid) as raised:
        look_up(registry, local)
    assert raised.value.errors[0].pointer == "/doi"


def test_a_page_for_people_is_no_record(registry: Server, local: Outbound) -> None:
    registry.paths["/10.1234/a"] = say(200, b"<html>", Content_Type="text/html")
    with pytest.raises(Invalid):
        look_up(registry, local)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_registry_in_trouble_is_asked_again_later(registry: Server, local: Outbound, status: int) -> None:
    registry.paths["/10.1234/a"] = say(status)
    with pytest.raises(Unavailable):
        look_up(registry, local)


def test_a_registry_that_leads_inside_is_not_followed(registry: Server, local: Outbound) -> None:
    registry.paths["/10.1234/a"] = say(302, Location="http://10.0.0.1/")
    guarded = replace(local, permitted=lambda address: address == "127.0.0.1", resolve=lambda host, *_: [host])
    with pytest.raises(Unavailable, match="is not public"):
        look_up_doi(guarded, "10.1234/a", address=lambda doi: registry.url(f"/{doi}", "127.0.0.1"))


def test_switched_off(registry: Server, local: Outbound) -> None:
    with pytest.raises(Invalid) as raised:
        look_up(registry, replace(local, enabled=False))
    assert "KB_OUTBOUND" in raised.value.errors[0].message
    assert raised.value.errors[0].message.endswith(" Paste its BibTeX or RIS instead.")


@pytest.mark.parametrize(("record", "title"), [(CROSSREF, "A map & stages: Of innovation"), (DATACITE, "A report")])
def test_over_http(
    kb: Corpus,
    registry: Server,
    local: Outbound,
    record: dict[str, object],
    title: str,
) -> None:
    registry.paths["/10.1234/a"] = say(200, json.dumps(record).encode(), Content_Type=CSL)
    service = Corpus(kb.service.settings.database_url)
    service.service.services.add(LookUps, LookUps(local, address=lambda doi: registry.url(f"/{doi}")))
    try:
        holder = api_key_client(service)
        answer = holder.request_json("POST", "/v1/staff/import", json={"doi": "doi:10.1234/A"})
        assert answer["records"][0]["data"]["title"] == title
        created = holder.request_json("POST", "/v1/staff/import?create=true", 201, json={"doi": "doi:10.1234/A"})
        assert created["counts"]["created"] == 1
    finally:
        service.close()


def test_several_are_looked_up_and_one_that_is_here_is_not_requested(
    kb: Corpus, registry: Server, local: Outbound
) -> None:
    registry.paths["/10.1234/a"] = say(200, json.dumps(CROSSREF).encode(), Content_Type=CSL)
    registry.paths["/10.1234/b"] = say(200, json.dumps(DATACITE).encode(), Content_Type=CSL)
    registry.paths["/10.1234/c"] = say(404)
    service = Corpus(kb.service.settings.database_url)
    service.service.services.add(LookUps, LookUps(local, address=lambda doi: registry.url(f"/{doi}")))
    try:
        holder = api_key_client(service)
        here = {"title": "Here already", "identifiers": [{"scheme": "doi", "value": "10.1234/here"}]}
        holder.request_json("POST", "/v1/staff/publications", 201, json=here)
        headers = {"Content-Type": "text/plain"}
        lines = "10.1234/A\n\nhttps://doi.org/10.1234/b\ndoi:10.1234/here\n10.1234/a\n"
        records = holder.request_json("POST", "/v1/staff/import", content=lines, headers=headers)["records"]
        assert [each["outcome"] for each in records] == ["proposed", "proposed", "duplicate"]
        assert [path for _, path, _ in registry.seen] == ["/10.1234/a", "/10.1234/b"]
        refused = problem(holder("POST", "/v1/staff/import", content="10.1234/a\n10.1234/c", headers=headers), 422)
        assert [each["message"] for each in refused["errors"]] == ["10.1234/c: This DOI is not registered."]
        mixed = (
            "isbn 978-1-4473-6538-9\nhttps://example.org/a-report?page=2\n10.1234/here\nhttps://example.org/linked\n"
        )
        linked = {"title": "Linked already", "resources": [{"type": "view", "url": "https://example.org/linked"}]}
        holder.request_json("POST", "/v1/staff/publications", 201, json=linked)
        records = holder.request_json("POST", "/v1/staff/import", content=mixed, headers=headers)["records"]
        assert [(each["data"]["title"], each["outcome"]) for each in records] == [
            ("ISBN 9781447365389", "proposed"),
            ("Web page example.org/a-report?page=2", "proposed"),
            ("Here already", "duplicate"),
            ("Linked already", "duplicate"),
        ]
        assert records[0]["data"]["identifiers"] == [{"scheme": "isbn", "value": "9781447365389"}]
        assert records[1]["data"]["resources"][0]["url"] == "https://example.org/a-report?page=2"
        many = "\n".join(f"10.1234/{number}" for number in range(11))
        refused = problem(holder("POST", "/v1/staff/import", content=many, headers=headers), 422)
        assert refused["errors"][0]["message"] == "At most 10 DOIs can be looked up at once."
    finally:
        service.close()


def test_a_service_without_outbound_says_so(kb: Corpus) -> None:
    service = Corpus(kb.service.settings.database_url, outbound=False)
    try:
        response = api_key_client(service)("POST", "/v1/staff/import", json={"doi": "10.1234/a"})
        assert problem(response, 422)["errors"][0]["pointer"] == "/doi"
    finally:
        service.close()


def test_who_waits_for_a_registry_keeps_nobody_from_writing(kb: Corpus) -> None:
    """Twice as many as may look something up, and no registry answers before others have written."""
    asked_for, may_answer = threading.Semaphore(0), threading.Event()

    class Slow(LookUps):
        def _look_up(self, text: str) -> bytes:
            asked_for.release()
            assert may_answer.wait(60)
            return json.dumps(CROSSREF).encode()

    look_ups = Slow(kb.service.services[LookUps]._outbound)
    kb.service.services.add(LookUps, look_ups)
    headers = {"Authorization": f"Bearer {api_key_client(kb).text}"}

    async def story() -> None:
        transport = httpx.ASGITransport(app=kb.service)
        async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as client:
            imports = [
                asyncio.create_task(client.post("/v1/staff/import", json={"doi": f"10.1234/{number}"}))
                for number in range(2 * AT_ONCE)
            ]
            for _ in range(AT_ONCE):
                assert await asyncio.to_thread(asked_for.acquire, timeout=60)
            try:
                body = {"name": "Reader", "scopes": ["entries:read"], "expires_in_days": 10}
                assert (await client.post("/v1/staff/keys", json=body)).status_code == 201
                assert not asked_for.acquire(blocking=False), "no more than are allowed at once"
                assert not any(each.done() for each in imports)
            finally:
                may_answer.set()
            assert {each.status_code for each in await asyncio.gather(*imports)} == {200}

    asyncio.run(story())
    look_ups.close()
