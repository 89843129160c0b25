"""Keys of partners: for reading alone, with a contact, with limits of their own, and their use is counted."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.kit.tokens import parse_token
from app.staff.auth.context import StaffContext
from app.staff.auth.key_use import KEPT, KeyUseRow, add_use
from app.staff.auth.keys import PREFIX
from tests.api_keys import ApiKeyClient, api_key_client
from tests.client import problem
from tests.corpus import Corpus
from tests.waiting import wait_until

PARTNER = {"name": "A library", "scopes": ["public:read"], "expires_in_days": 365, "contact": "it@example.org"}


@pytest.fixture(scope="module")
def service(databases: Any, seeded_database: str) -> Iterator[Corpus]:
    with databases.copied(seeded_database) as url, closing(Corpus(url)) as found:
        yield found


@pytest.fixture(scope="module")
def manager(service: Corpus) -> ApiKeyClient:
    return api_key_client(service, name="A manager")


@pytest.fixture(scope="module")
def partner(service: Corpus, manager: ApiKeyClient) -> ApiKeyClient:
    made = manager.request_json("POST", "/v1/staff/keys", 201, json=PARTNER)
    return ApiKeyClient(service.client, made["name"], made["id"], made["key"])


def used(service: Corpus, manager: ApiKeyClient, key_id: str, at_least: int = 0) -> list[dict[str, Any]]:
    """Once what was asked until now is written."""

    def use() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = manager.request_json("GET", f"/v1/staff/keys/{key_id}")["use"]
        return found

    service.service.access_log.flush()
    service.service.services[StaffContext].use.flush()
    wait_until(lambda: sum(each["requests"] for each in use()) >= at_least)
    return use()


@pytest.mark.parametrize(("contact", "code"), [(None, "missing"), ("nobody", "invalid-value")])
def test_a_key_for_reading_needs_a_contact(manager: ApiKeyClient, contact: str | None, code: str) -> None:
    wanted = {**PARTNER, "name": "Another library", "contact": contact}
    (error,) = problem(manager("POST", "/v1/staff/keys", json=wanted), 422)["errors"]
    assert (error["pointer"], error["code"]) == ("/contact", code)


def test_it_opens_nothing_but_itself(partner: ApiKeyClient) -> None:
    assert partner.request_json("GET", "/v1/staff")["scopes"][0]["scope"] == "public:read"
    own = partner.request_json("GET", "/v1/staff/keys/me")
    assert (own["contact"], own["use"]) == ("it@example.org", [])
    for path in ("/v1/staff/publications", "/v1/staff/keys", "/v1/staff/audit", "/v1/staff/imports"):
        problem(partner("GET", path), 403)


def test_its_successor_has_the_same_contact(manager: ApiKeyClient) -> None:
    made = manager.request_json("POST", "/v1/staff/keys", 201, json={**PARTNER, "name": "A third library"})
    assert manager.request_json("POST", f"/v1/staff/keys/{made['id']}/rotate", 201)["contact"] == "it@example.org"


def test_nothing_that_is_answered_depends_on_it(service: Corpus, partner: ApiKeyClient) -> None:
    for path in ("/v1/publications?per_page=2", "/v1/frameworks", "/v1/changes?since=0"):
        plain, keyed = service.client.get(path), partner("GET", path)
        assert (keyed.content, keyed.headers["etag"]) == (plain.content, plain.headers["etag"])
        assert "ratelimit" not in keyed.headers
        assert partner("GET", path, headers={"If-None-Match": plain.headers["etag"]}).status_code == 304


def test_a_rate_limited_client_is_shown_the_limit_of_its_pool(service: Corpus, partner: ApiKeyClient) -> None:
    path = f"/v1/changes?since={service.client.json('/v1/changes?since=0&per_page=500')['meta']['next']}&wait=1"
    polite = {"User-Agent": "harvester (mailto:you@example.org)"}
    answers = [
        service.client.request("GET", path),
        service.client.request("GET", path, headers=polite),
        partner("GET", path),
    ]
    assert [each.headers["ratelimit-policy"] for each in answers] == [
        f'"waits";q={limit};qu="concurrent-requests"' for limit in (5, 10, 20)
    ]
    assert [each.headers["ratelimit"] for each in answers] == [f'"waits";r={left}' for left in (4, 9, 19)]


def test_use_is_counted_by_key_and_day(service: Corpus, manager: ApiKeyClient) -> None:
    made = manager.request_json("POST", "/v1/staff/keys", 201, json={**PARTNER, "name": "A fourth library"})
    library = ApiKeyClient(service.client, made["name"], made["id"], made["key"])
    for _ in range(3):  # the second and third are known answers
        assert library("GET", "/v1/events").status_code == 200
    library("GET", "/v1/events/nothing")
    library("GET", "/v1/staff")
    forged = library.text[:20] + library.text[20:].swapcase()
    service.client.get("/v1/events", authorization=f"Bearer {forged}")
    service.client.get("/v1/events", authorization="Basic abc")
    assert used(service, manager, library.id, 4) == [{"day": datetime.now(UTC).date().isoformat(), "requests": 4}]
    library("GET", "/v1/events")
    assert sum(each["requests"] for each in used(service, manager, library.id, 5)) == 5


def test_keys_of_staff_are_not_counted(service: Corpus, manager: ApiKeyClient, partner: ApiKeyClient) -> None:
    editor = api_key_client(service, "entries:read")
    editor("GET", "/v1/events")
    before = sum(each["requests"] for each in used(service, manager, partner.id))
    partner("GET", "/v1/events")
    used(service, manager, partner.id, before + 1)
    assert manager.request_json("GET", f"/v1/staff/keys/{editor.id}")["use"] == []


def test_what_is_counted_is_kept_for_a_year_and_a_little(service: Corpus, partner: ApiKeyClient) -> None:
    token = parse_token(PREFIX, partner.text)
    assert token is not None
    today = date(2030, 1, 1)
    for day in (today - KEPT - timedelta(days=1), today - KEPT, today, today):
        with service.write() as session:
            add_use(session, {(token, day): 2})
    with service.read() as session:
        assert session.get(KeyUseRow, (partner.id, today - KEPT - timedelta(days=1))) is None
        assert session.get_one(KeyUseRow, (partner.id, today - KEPT)).requests == 2
        assert session.get_one(KeyUseRow, (partner.id, today)).requests == 4
