"""A POST that is sent twice is done once, whatever happens in between."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from app.staff.api import keys_router
from app.staff.auth.idempotency import LEASE, RETENTION, IdempotentAnswerRow, delete_expired_responses
from app.staff.auth.keys import KeyRow
from tests.api_keys import ApiKeyClient
from tests.client import BASE, problem
from tests.frozen_clock import FrozenCorpus

READER = {"name": "Jo Bloggs", "scopes": ["entries:read"], "expires_in_days": 10}
NAME = "5f0c9a4e-1d3b-4c58-9d0e-6f1f2ab7c0d4"


def make(holder: ApiKeyClient, **change: Any) -> httpx.Response:
    return holder("POST", "/v1/staff/keys", json={**READER, **change}, headers={"Idempotency-Key": NAME})


def count(held: FrozenCorpus, of: Any) -> int:
    with held.read() as session:
        return session.scalar(select(func.count()).select_from(of)) or 0


def test_the_same_request_is_answered_the_same_and_done_once(held: FrozenCorpus, ann: ApiKeyClient) -> None:
    first, second = make(ann), make(ann)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["content-type"] == "application/json"
    assert count(held, KeyRow) == 2


def test_a_repeated_answer_does_not_show_the_key_and_says_so(ann: ApiKeyClient) -> None:
    first, second = make(ann).json(), make(ann).json()
    assert first["key"].startswith("kb_")
    assert (second["key"], second["note"]) == (None, keys_router.NOT_SHOWN_NOTE)
    assert {**first, "key": None, "note": keys_router.NOT_SHOWN_NOTE} == second


def test_another_body_with_the_same_name_is_refused(ann: ApiKeyClient) -> None:
    make(ann)
    refused = problem(make(ann, expires_in_days=11), 422)
    assert refused["errors"][0]["parameter"] == "Idempotency-Key"


def test_another_address_with_the_same_name_is_refused(ann: ApiKeyClient) -> None:
    make(ann)
    problem(ann("POST", "/v1/staff/keys/me/rotate", headers={"Idempotency-Key": NAME}), 422)


def test_without_a_name_each_request_is_one_of_its_own(ann: ApiKeyClient) -> None:
    ann.request_json("POST", "/v1/staff/keys", 201, json=READER)
    problem(ann("POST", "/v1/staff/keys", json=READER), 409)


def test_names_of_different_keys_do_not_meet(held: FrozenCorpus, ann: ApiKeyClient) -> None:
    first, second = make(ann), make(held.api_key(name="Max"), name="Somebody else")
    assert first.json()["id"] != second.json()["id"]


def test_what_was_refused_may_be_tried_again_with_the_same_name(held: FrozenCorpus, ann: ApiKeyClient) -> None:
    blocking = ann.request_json("POST", "/v1/staff/keys", 201, json=READER)
    problem(make(ann), 409)
    ann.request_json("DELETE", f"/v1/staff/keys/{blocking['id']}")
    assert make(ann).status_code == 201
    assert count(held, IdempotentAnswerRow) == 1


def test_an_answer_is_kept_for_a_day(held: FrozenCorpus, ann: ApiKeyClient) -> None:
    first = make(ann).json()
    held.now += RETENTION - timedelta(seconds=1)
    assert make(ann).json()["id"] == first["id"]
    held.now += timedelta(seconds=1)
    assert problem(make(ann), 409)["other"].endswith(first["id"])
    assert count(held, IdempotentAnswerRow) == 0


def test_old_answers_go_by_themselves(held: FrozenCorpus, ann: ApiKeyClient) -> None:
    make(ann)
    held.now += RETENTION
    delete_expired_responses(held.service.sessions, held.now)
    assert count(held, IdempotentAnswerRow) == 0


def test_while_the_work_is_going_on_the_same_request_is_refused(held: FrozenCorpus, ann: ApiKeyClient) -> None:
    abandoned(held, ann)
    assert problem(make(ann), 409)["detail"].startswith("The same request is still in progress")
    assert count(held, KeyRow) == 1


def test_what_a_crash_left_behind_ends_with_its_lease(held: FrozenCorpus, ann: ApiKeyClient) -> None:
    abandoned(held, ann)
    held.now += LEASE
    assert make(ann).status_code == 201


def abandoned(held: FrozenCorpus, ann: ApiKeyClient) -> None:
    """A claim on the request of `make`, whose process is no more: the answer is taken back, and what it made."""
    made = make(ann).json()
    with held.write() as session:
        (row,) = session.scalars(select(IdempotentAnswerRow))
        row.status = row.headers = row.body = None
        session.delete(session.get_one(KeyRow, made["id"]))


def test_who_lost_the_lease_changes_nothing(
    held: FrozenCorpus, ann: ApiKeyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work takes longer than its lease, and another process has taken it up meanwhile."""
    inside = keys_router.new_key_response

    def slow(work: Any, *rest: Any) -> Any:
        taken = {"token": "of another process"}
        work.session.execute(update(IdempotentAnswerRow).values(taken))
        return inside(work, *rest)

    monkeypatch.setattr(keys_router, "new_key_response", slow)
    problem(make(ann), 409)
    assert count(held, KeyRow) == 1


def test_a_broken_database_leaves_no_claim(
    held: FrozenCorpus, ann: ApiKeyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise OperationalError("statement", {}, Exception("gone"))

    with monkeypatch.context() as patched:
        patched.setattr(keys_router, "new_key_response", broken)
        refused = make(ann)
    problem(refused, 503)
    assert refused.headers["retry-after"] == "5"
    assert make(ann).status_code == 201


def test_of_many_at_once_one_is_done(held: FrozenCorpus, ann: ApiKeyClient) -> None:
    async def all_at_once() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=held.service)
        headers = {"Authorization": f"Bearer {ann.text}", "Idempotency-Key": NAME}
        async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers, timeout=60) as client:
            return await asyncio.gather(*(client.post("/v1/staff/keys", json=READER) for _ in range(20)))

    answers = asyncio.run(all_at_once())
    assert {each.status_code for each in answers} <= {201, 409}
    (made,) = {each.json()["id"] for each in answers if each.status_code == 201}
    shown = [each for each in answers if each.status_code == 201 and each.json()["key"]]
    assert len(shown) == 1
    assert count(held, KeyRow) == 2
    assert make(ann).json()["id"] == made


@pytest.mark.parametrize("name", ["", "with space", "ü", "x" * 201])
def test_a_name_is_short_and_printable(ann: ApiKeyClient, name: str) -> None:
    headers = [(b"Idempotency-Key", name.encode()), (b"Authorization", f"Bearer {ann.text}".encode())]
    refused = problem(ann.client.request("POST", "/v1/staff/keys", json=READER, headers=headers), 400)
    assert refused["errors"][0]["parameter"] == "Idempotency-Key"
