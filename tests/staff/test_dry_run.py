"""`dry_run`: everything is checked and answered as it would be, and nothing is changed."""

import pytest
from sqlalchemy import MetaData, func, select

from tests.api_keys import ApiKeyClient
from tests.client import problem
from tests.frozen_clock import FrozenCorpus

READER = {"name": "Jo Bloggs", "scopes": ["entries:read"], "expires_in_days": 10}


def rows(held: FrozenCorpus) -> dict[str, int]:
    """How many there are of each table."""
    with held.read() as session:
        there = MetaData()
        there.reflect(session.connection())
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in there.sorted_tables
        }


def test_the_answer_is_as_it_would_be_and_nothing_is_kept(held: FrozenCorpus, ann: ApiKeyClient) -> None:
    before = rows(held)
    tried = ann.request_json("POST", "/v1/staff/keys?dry_run=true", 201, json=READER, headers={"Idempotency-Key": "a"})
    assert rows(held) == before
    made = ann.request_json("POST", "/v1/staff/keys", 201, json=READER, headers={"Idempotency-Key": "a"})
    own = {"id", "links", "key", "note"}
    assert {name: tried[name] for name in made if name not in own} == {
        name: made[name] for name in made if name not in own
    }
    assert tried["dry_run"] is True
    assert tried["key"] is None
    assert "dry_run" not in made


def test_a_dry_removal_removes_nothing(held: FrozenCorpus, ann: ApiKeyClient) -> None:
    assert ann.request_json("DELETE", "/v1/staff/keys/me?dry_run=true")["state"] == "revoked"
    assert ann.request_json("GET", "/v1/staff/keys/me")["state"] == "live"


def test_what_would_be_refused_is_refused(ann: ApiKeyClient) -> None:
    problem(ann("POST", "/v1/staff/keys?dry_run=true", json={**READER, "scopes": []}), 422)
    ann.request_json("POST", "/v1/staff/keys?dry_run=false", 201, json=READER)
    problem(ann("POST", "/v1/staff/keys?dry_run=true", json=READER), 409)


@pytest.mark.parametrize("query", ["dry_run=yes", "dry_run=", "dry_run=true&dry_run=true", "dryrun=true"])
def test_a_misspelt_wish_changes_nothing(held: FrozenCorpus, ann: ApiKeyClient, query: str) -> None:
    before = rows(held)
    refused = problem(ann("POST", f"/v1/staff/keys?{query}", json=READER), 400)
    assert refused["errors"][0]["parameter"] in ("dry_run", "dryrun")
    assert rows(held) == before


def test_reading_has_no_dry_run(ann: ApiKeyClient) -> None:
    problem(ann("GET", "/v1/staff?dry_run=true"), 400)
