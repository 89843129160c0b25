"""`/v1/staff/links`: what is broken, since when, and where it stands."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.catalogue.registry import ENTRY_KINDS
from app.ops.links.checker import record_outcome
from app.ops.links.models import LinkCheckRow, LinkState
from app.ops.links.survey import survey_links
from app.ops.links.visitor import VisitOutcome
from tests.api_keys import ApiKeyClient, api_key_client
from tests.client import BASE, problem
from tests.corpus import Corpus
from tests.factories import make_entry

KIND, OTHER = ENTRY_KINDS[:2]
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
FOUND = {
    "https://a.test/gone": VisitOutcome(LinkState.broken, 404, problem="The server responds with 404 (Not Found)."),
    "https://b.test/down": VisitOutcome(LinkState.unreachable, problem="There is no server with this name."),
    "https://b.test/fine": VisitOutcome(LinkState.ok, 200, "https://b.test/fine"),
}


@pytest.fixture
def staff(kb: Corpus) -> ApiKeyClient:
    """Two entries whose links were visited."""
    with kb.write() as session:
        links = [{"type": "view", "url": url} for url in FOUND]
        make_entry(session, KIND, slug="one", title="One", resources=links)
        make_entry(session, OTHER, slug="two", title="Two", resources=links[:1])
    survey_links(kb.service.sessions, NOW)
    with kb.write() as session:
        for row in session.scalars(select(LinkCheckRow)):
            record_outcome(session, row.id, FOUND[row.url], NOW)
    return api_key_client(kb, "links:read")


def urls(staff: ApiKeyClient, query: str = "") -> list[str]:
    return [each["url"] for each in staff.request_json("GET", f"/v1/staff/links{query}")["results"]]


def test_broken_links_are_shown_with_the_places_they_stand_in(staff: ApiKeyClient) -> None:
    page = staff.request_json("GET", "/v1/staff/links")
    assert page["meta"] == {"count": 2, "page": 1, "per_page": 25}
    assert page["results"][0] == {
        "url": "https://a.test/gone",
        "host": "a.test",
        "state": "broken",
        "status": 404,
        "final_url": None,
        "redirects": [],
        "problem": "The server responds with 404 (Not Found).",
        "checked_at": "2026-03-01T09:00:00Z",
        "failing_since": "2026-03-01T09:00:00Z",
        "failures": 1,
        "uses": [
            {
                "kind": kind.name,
                "slug": slug,
                "title": slug.capitalize(),
                "pointer": "/resources/0/url",
                "url": f"{BASE}/v1/{kind.collection}/{slug}",
                "archived_url": None,
            }
            for kind, slug in ((KIND, "one"), (OTHER, "two"))
        ],
    }


def test_a_broken_link_is_reported_with_its_copy_in_an_archive(kb: Corpus) -> None:
    """Of the entry that knows one; the copy is visited, too."""
    gone, copy = "https://a.test/gone", "https://archive.test/2023/gone"
    with kb.write() as session:
        link = {"type": "view", "url": gone}
        make_entry(session, KIND, slug="one", title="One", resources=[link | {"archived_url": copy}])
        make_entry(session, OTHER, slug="two", title="Two", resources=[link])
    survey_links(kb.service.sessions, NOW)
    with kb.write() as session:
        for row in session.scalars(select(LinkCheckRow).where(LinkCheckRow.url == gone)):
            record_outcome(session, row.id, FOUND[gone], NOW)
    staff = api_key_client(kb, "links:read")
    [broken] = staff.request_json("GET", "/v1/staff/links")["results"]
    assert [(use["slug"], use["archived_url"]) for use in broken["uses"]] == [("one", copy), ("two", None)]
    [unvisited] = staff.request_json("GET", "/v1/staff/links?state=unchecked")["results"]
    assert [unvisited["url"], unvisited["uses"][0]["pointer"]] == [copy, "/resources/0/archived_url"]


def test_they_are_found_by_state_host_and_entry(staff: ApiKeyClient) -> None:
    assert urls(staff, "?state=ok") == ["https://b.test/fine"]
    assert urls(staff, "?state=moved") == []
    assert urls(staff, "?host=B.test") == ["https://b.test/down"]
    assert urls(staff, f"?entry={OTHER.collection}/two") == ["https://a.test/gone"]
    assert urls(staff, "?entry=nothing/two") == []


def test_pages_lead_to_each_other(staff: ApiKeyClient) -> None:
    first = staff.request_json("GET", "/v1/staff/links?per_page=1")
    second = staff.request_json("GET", first["links"]["next"])
    assert [first["results"][0]["url"], second["results"][0]["url"]] == [*FOUND][:2]
    assert second["links"]["next"] is None
    problem(staff("GET", "/v1/staff/links?per_page=0"), 400)
    problem(staff("GET", "/v1/staff/links?state=nothing"), 400)


def test_only_who_may_see_them_sees_them(kb: Corpus, staff: ApiKeyClient) -> None:
    assert staff.request_json("GET", "/v1/staff")["awaiting"]["broken_links"] == 2
    other = api_key_client(kb, "entries:read")
    assert "broken_links" not in other.request_json("GET", "/v1/staff")["awaiting"]
    problem(other("GET", "/v1/staff/links"), 403)
    problem(kb.client.get("/v1/staff/links"), 401)
