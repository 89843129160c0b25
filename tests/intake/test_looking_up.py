"""A DOI, looked up at a registry that is a server of the test."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.intake.looking_up import look_up
from app.kit.errors import Invalid, Unavailable
from app.outbound.client import Outbound
from tests.client import problem
from tests.intake.test_reading_json import CROSSREF, DATACITE
from tests.keyholders import key_holder
from tests.knowledge import Knowledge
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


def asked(registry: Server, outbound: Outbound, doi: str = "10.1234/a") -> bytes:
    return look_up(outbound, doi, address=lambda doi: registry.url(f"/{doi}"))


def test_it_is_asked_for_by_content_negotiation_and_followed(registry: Server, local: Outbound) -> None:
    registry.paths["/10.1234/a"] = say(302, Location="/work")
    registry.paths["/work"] = say(200, json.dumps(CROSSREF).encode(), Content_Type=CSL)
    assert json.loads(asked(registry, local, "https://doi.org/10.1234/A")) == CROSSREF
    assert [path for _, path, _ in registry.seen] == ["/10.1234/a", "/work"]
    assert CSL in registry.seen[1][2]["accept"]


@pytest.mark.parametrize("status", [404, 410, 406, 204])
def test_a_doi_without_a_record_is_the_senders_fault(registry: Server, local: Outbound, status: int) -> None:
    registry.paths["/10.1234/a"] = say(status)
    with pytest.raises(Invalid) as told:
        asked(registry, local)
    assert told.value.errors[0].pointer == "/doi"


def test_a_page_for_people_is_no_record(registry: Server, local: Outbound) -> None:
    registry.paths["/10.1234/a"] = say(200, b"<html>", Content_Type="text/html")
    with pytest.raises(Invalid):
        asked(registry, local)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_registry_in_trouble_is_asked_again_later(registry: Server, local: Outbound, status: int) -> None:
    registry.paths["/10.1234/a"] = say(status)
    with pytest.raises(Unavailable):
        asked(registry, local)


def test_a_registry_that_leads_inside_is_not_followed(registry: Server, local: Outbound) -> None:
    registry.paths["/10.1234/a"] = say(302, Location="http://10.0.0.1/")
    guarded = replace(local, permitted=lambda address: address == "127.0.0.1", resolve=lambda host, *_: [host])
    with pytest.raises(Unavailable, match="not one of the public internet"):
        look_up(guarded, "10.1234/a", address=lambda doi: registry.url(f"/{doi}", "127.0.0.1"))


def test_switched_off(registry: Server, local: Outbound) -> None:
    with pytest.raises(Invalid) as told:
        asked(registry, replace(local, enabled=False))
    assert "KB_OUTBOUND" in told.value.errors[0].message


@pytest.mark.parametrize(("record", "title"), [(CROSSREF, "A map & stages: Of innovation"), (DATACITE, "A report")])
def test_over_http(
    kb: Knowledge,
    registry: Server,
    local: Outbound,
    monkeypatch: pytest.MonkeyPatch,
    record: dict[str, object],
    title: str,
) -> None:
    registry.paths["/10.1234/a"] = say(200, json.dumps(record).encode(), Content_Type=CSL)
    monkeypatch.setattr("app.main.make_outbound", lambda settings: local)
    monkeypatch.setattr("app.intake.router.look_up", lambda outbound, doi: asked(registry, outbound, doi))
    service = Knowledge(kb.service.settings.database_url)
    try:
        holder = key_holder(service)
        answer = holder.done("POST", "/v1/staff/import", json={"doi": "doi:10.1234/A"})
        assert answer["records"][0]["data"]["title"] == title
        created = holder.done("POST", "/v1/staff/import?create=true", 201, json={"doi": "doi:10.1234/A"})
        assert created["counts"]["created"] == 1
    finally:
        service.close()


def test_a_service_without_outbound_says_so(kb: Knowledge) -> None:
    service = Knowledge(kb.service.settings.database_url, outbound=False)
    try:
        response = key_holder(service)("POST", "/v1/staff/import", json={"doi": "10.1234/a"})
        assert problem(response, 422)["errors"][0]["pointer"] == "/doi"
    finally:
        service.close()
