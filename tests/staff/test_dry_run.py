"""`dry_run`: everything is checked and answered as it would be, and nothing is changed."""

from typing import Any

import pytest
from sqlalchemy import MetaData, func, select

from app.staff.workflow.publishing_effects import IN_NO_MAIL, NEW, NOTHING_WAITS, TOLD_ONCE
from tests.api_keys import ApiKeyClient
from tests.client import BASE, problem
from tests.corpus import Corpus
from tests.frozen_clock import FrozenCorpus
from tests.staff.editing import ONE, make, patch, public, step

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


def test_a_dry_publishing_says_what_it_will_do_to_readers(kb: Corpus, editor: ApiKeyClient) -> None:
    def check(subject: Any) -> Any:
        found = step(editor, subject, "publish?dry_run=true")["effects"]
        assert found.pop() == f"Its address: {BASE}/v1/publications/one"
        return found

    draft = make(editor, **ONE)
    assert check(draft) == [NEW, IN_NO_MAIL]
    assert kb.client.get("/v1/publications/one").status_code == 404
    live = step(editor, draft, "publish")
    assert check(live) == [NOTHING_WAITS]
    changed = patch(editor, live, summary="Tried twice.", alternative_titles=["Twice"])
    assert check(changed) == ["Readers will at once see what changed: `alternative_titles`, `summary`.", TOLD_ONCE]
    assert public(kb)["summary"] == ""


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
