"""Keys: made once, shown once, within their maker's scopes, rotated with an overlap, revoked by their holder."""

from datetime import timedelta
from hashlib import sha256

import pytest

from app.kit.errors import Unauthenticated
from app.staff.auth.actors import Actor
from app.staff.auth.context import StaffContext
from app.staff.auth.keys import KeyRow, make_key, rotate
from app.staff.scopes import SCOPES
from tests.api_keys import ApiKeyClient, api_key_client
from tests.client import BASE, problem
from tests.corpus import Corpus
from tests.frozen_clock import START, FrozenCorpus

READER = {"name": "Jo Bloggs", "scopes": ["entries:read"], "expires_in_days": 10}


def with_key(kb: Corpus, made: dict[str, str]) -> ApiKeyClient:
    return ApiKeyClient(kb.client, made["name"], made["id"], made["key"])


def test_who_am_i(held: FrozenCorpus) -> None:
    ann = held.api_key("imports:write", "keys:manage")
    assert ann.request_json("GET", "/v1/staff") == {
        "name": "Ann",
        "key": ann.id,
        "expires_at": "2026-03-31T09:00:00Z",
        "scopes": [{"scope": each, "allows": SCOPES[each]} for each in ("imports:write", "keys:manage")],
        "awaiting": {},
        "mine": [],
        "scheduled": [],
        "updates": [],
        "recent": [],
        "links": {
            "self": f"{BASE}/v1/staff",
            "key": f"{BASE}/v1/staff/keys/me",
            "documentation": f"{BASE}/docs/staff",
        },
    }


def test_what_awaits_me_depends_on_what_i_may_see(held: FrozenCorpus) -> None:
    reader = held.api_key("entries:read")
    assert reader.request_json("GET", "/v1/staff")["awaiting"] == {
        "draft": 0,
        "in_review": 0,
        "scheduled": 0,
        "conflict": 0,
    }


def test_a_key_is_shown_by_the_answer_that_makes_it_and_by_no_other(held: FrozenCorpus) -> None:
    ann = held.api_key()
    made = ann.request_json("POST", "/v1/staff/keys", 201, json=READER)
    assert made["key"].startswith(f"kb_{made['id']}_")
    assert {name: made[name] for name in ("name", "scopes", "state", "created_by", "expires_at")} == {
        "name": "Jo Bloggs",
        "scopes": ["entries:read"],
        "state": "live",
        "created_by": "Ann",
        "expires_at": "2026-03-11T09:00:00Z",
    }
    assert "key" not in ann.request_json("GET", f"/v1/staff/keys/{made['id']}")
    assert with_key(held, made).request_json("GET", "/v1/staff")["name"] == "Jo Bloggs"


def test_the_database_has_the_hash_of_the_secret(held: FrozenCorpus) -> None:
    ann = held.api_key()
    secret = ann.text.split("_")[2][:-6]
    assert held.row(ann.id).digest == sha256(secret.encode()).hexdigest()


def test_keys_are_listed_newest_first_and_by_state(held: FrozenCorpus) -> None:
    ann = held.api_key()
    held.now += timedelta(seconds=1)
    made = ann.request_json("POST", "/v1/staff/keys", 201, json=READER)
    ann.request_json("DELETE", f"/v1/staff/keys/{made['id']}")
    listed = ann.request_json("GET", "/v1/staff/keys")
    assert [(each["id"], each["state"]) for each in listed["results"]] == [(made["id"], "revoked"), (ann.id, "live")]
    assert listed["meta"] == {"count": 2}
    live = ann.request_json("GET", "/v1/staff/keys?state=live")
    assert [each["id"] for each in live["results"]] == [ann.id]


def test_nobody_gives_away_more_than_they_have(held: FrozenCorpus) -> None:
    manager = held.api_key("keys:manage", "entries:read")
    refused = manager("POST", "/v1/staff/keys", json={**READER, "scopes": ["entries:read", "entries:publish"]})
    assert problem(refused, 403)["scope"] == "entries:publish"
    challenge = 'Bearer error="insufficient_scope", scope="entries:publish"'
    assert refused.headers["www-authenticate"] == challenge


def test_a_name_belongs_to_one_key_in_use(held: FrozenCorpus) -> None:
    ann = held.api_key()
    made = ann.request_json("POST", "/v1/staff/keys", 201, json=READER)
    refused = problem(ann("POST", "/v1/staff/keys", json=READER), 409)
    assert refused["other"] == f"/v1/staff/keys/{made['id']}"
    ann.request_json("DELETE", f"/v1/staff/keys/{made['id']}")
    ann.request_json("POST", "/v1/staff/keys", 201, json=READER)


@pytest.mark.parametrize("name", ["cli", "Seeder", "rebuild", "worker", "import"])
def test_no_key_has_the_name_of_a_part_of_the_service(held: FrozenCorpus, name: str) -> None:
    refused = problem(held.api_key()("POST", "/v1/staff/keys", json={**READER, "name": name}), 422)
    assert refused["errors"][0]["pointer"] == "/name"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "a\nb" * 40}, "/name"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["entries:write", "entries:wrte"]}, "/scopes/1"),
        ({"expires_in_days": 0}, "/expires_in_days"),
        ({"expires_in_days": 732}, "/expires_in_days"),
        ({"expires_in_days": "7"}, "/expires_in_days"),
        ({"forever": True}, "/forever"),
    ],
)
def test_what_is_wrong_with_a_new_key_is_pointed_at(
    held: FrozenCorpus, change: dict[str, object], pointer: str
) -> None:
    refused = problem(held.api_key()("POST", "/v1/staff/keys", json={**READER, **change}), 422)
    assert [fault["pointer"] for fault in refused["errors"]] == [pointer]


def test_a_misspelt_scope_is_guessed(held: FrozenCorpus) -> None:
    refused = problem(held.api_key()("POST", "/v1/staff/keys", json={**READER, "scopes": ["entries:wrte"]}), 422)
    (fault,) = refused["errors"]
    assert fault["suggestion"] == "entries:write"
    assert fault["allowed"] == [*SCOPES]


def test_a_rotated_key_works_on_for_the_overlap(held: FrozenCorpus) -> None:
    old = held.api_key("entries:read")
    made = old.request_json("POST", "/v1/staff/keys/me/rotate", 201)
    new = with_key(held, made)
    assert (made["name"], made["scopes"], made["expires_at"]) == ("Ann", ["entries:read"], "2026-03-31T09:00:00Z")
    known = old.request_json("GET", "/v1/staff/keys/me")
    assert known["expires_at"] == "2026-03-08T09:00:00Z"
    assert known["links"]["rotated_to"] == f"{BASE}/v1/staff/keys/{new.id}"
    held.now += timedelta(days=7) - timedelta(seconds=1)
    old.request_json("GET", "/v1/staff")
    held.now += timedelta(seconds=1)
    assert problem(old("GET", "/v1/staff"), 401)["detail"] == "This key has expired."
    new.request_json("GET", "/v1/staff")


def test_the_overlap_and_the_new_life_can_be_chosen(held: FrozenCorpus) -> None:
    old = held.api_key("entries:read")
    wish = {"overlap_days": 0, "expires_in_days": 20}
    made = old.request_json("POST", "/v1/staff/keys/me/rotate", 201, json=wish)
    assert made["expires_at"] == "2026-03-21T09:00:00Z"
    problem(old("GET", "/v1/staff"), 401)


def test_a_key_that_rotates_itself_ends_when_it_was_to_end(held: FrozenCorpus) -> None:
    """However often, and whatever it wishes for."""
    key = held.api_key("entries:read")
    for _ in range(5):
        held.now += timedelta(days=5)
        refused = problem(key("POST", "/v1/staff/keys/me/rotate", json={"expires_in_days": 731}), 403)
        assert (refused["scope"], "2026-03-31T09:00:00Z" in refused["detail"]) == ("keys:manage", True)
        made = key.request_json("POST", "/v1/staff/keys/me/rotate", 201)
        assert made["expires_at"] == "2026-03-31T09:00:00Z"
        key = with_key(held, made)


def test_who_manages_keys_gives_a_longer_life(held: FrozenCorpus) -> None:
    manager, reader = held.api_key("keys:manage", "entries:read", name="Max"), held.api_key("entries:read")
    held.now += timedelta(days=10)
    made = manager.request_json("POST", f"/v1/staff/keys/{reader.id}/rotate", 201)
    assert (made["expires_at"], made["made_with"]) == ("2026-04-10T09:00:00Z", manager.id)
    own = manager.request_json("POST", "/v1/staff/keys/me/rotate", 201, json={"expires_in_days": 90})
    assert own["expires_at"] == "2026-06-09T09:00:00Z"


def test_an_overlap_makes_no_key_live_longer(held: FrozenCorpus) -> None:
    old = held.api_key("entries:read")
    held.now += timedelta(days=29)
    old.request_json("POST", "/v1/staff/keys/me/rotate", 201)
    assert old.request_json("GET", "/v1/staff")["expires_at"] == "2026-03-31T09:00:00Z"


def test_a_key_is_rotated_once(held: FrozenCorpus) -> None:
    old = held.api_key("entries:read")
    made = old.request_json("POST", "/v1/staff/keys/me/rotate", 201)
    assert problem(old("POST", "/v1/staff/keys/me/rotate"), 409)["other"] == f"/v1/staff/keys/{made['id']}"


def test_who_manages_keys_rotates_those_of_others_within_their_own_scopes(held: FrozenCorpus) -> None:
    manager = held.api_key("keys:manage", "entries:read", name="Max")
    reader, writer = held.api_key("entries:read"), held.api_key("entries:write", name="Eve")
    manager.request_json("POST", f"/v1/staff/keys/{reader.id}/rotate", 201)
    refused = problem(manager("POST", f"/v1/staff/keys/{writer.id}/rotate"), 403)
    assert refused["scope"] == "entries:write"


def test_an_ended_key_is_not_rotated(held: FrozenCorpus) -> None:
    manager, reader = held.api_key(name="Max"), held.api_key("entries:read")
    reader.request_json("DELETE", "/v1/staff/keys/me")
    problem(manager("POST", f"/v1/staff/keys/{reader.id}/rotate"), 409)


def test_the_holder_revokes_and_it_holds_at_once(held: FrozenCorpus) -> None:
    reader = held.api_key("entries:read")
    ended = reader.request_json("DELETE", "/v1/staff/keys/me")
    assert (ended["state"], ended["revoked_by"], ended["revoked_at"]) == ("revoked", "Ann", "2026-03-01T09:00:00Z")
    assert problem(reader("GET", "/v1/staff"), 401)["detail"] == "This key has been revoked."


def test_a_second_revocation_changes_nothing(held: FrozenCorpus) -> None:
    manager, reader = held.api_key(name="Max"), held.api_key("entries:read")
    reader.request_json("DELETE", "/v1/staff/keys/me")
    held.now += timedelta(days=1)
    assert manager.request_json("DELETE", f"/v1/staff/keys/{reader.id}")["revoked_by"] == "Ann"


def test_a_stolen_key_is_of_no_use_once_it_is_revoked(held: FrozenCorpus) -> None:
    """Nor is what the thief rotated it into, again and again; although its own overlap is long over."""
    manager, stolen = held.api_key(name="Max"), held.api_key("entries:read")
    chain = [stolen]
    for overlap in (30, 0, 7):
        wish = {"overlap_days": overlap}
        chain.append(with_key(held, chain[-1].request_json("POST", "/v1/staff/keys/me/rotate", 201, json=wish)))
    stolen.request_json("DELETE", "/v1/staff/keys/me?extent=key")
    chain[-1].request_json("GET", "/v1/staff")
    held.now += timedelta(days=8)
    ended = manager.request_json("DELETE", f"/v1/staff/keys/{stolen.id}")
    assert (ended["revoked_by"], ended["still_live"]) == ("Ann", [])
    assert {problem(each("GET", "/v1/staff"), 401)["detail"] for each in chain[2:]} == {"This key has been revoked."}
    assert {held.row(each.id).revoked_by for each in chain[1:]} == {"Max"}


def test_an_overlap_is_ended_early(held: FrozenCorpus) -> None:
    old = held.api_key("entries:read")
    new = with_key(held, old.request_json("POST", "/v1/staff/keys/me/rotate", 201))
    old.request_json("DELETE", "/v1/staff/keys/me?extent=key")
    problem(old("GET", "/v1/staff"), 401)
    new.request_json("GET", "/v1/staff")


def test_what_a_revoked_key_had_made_is_reported_and_ended_on_demand(held: FrozenCorpus) -> None:
    """A colleague's key does not end with that of the one who left; a thief's back door is in plain sight."""
    manager = held.api_key(name="Max")
    stolen = held.api_key("keys:manage", "entries:read")
    made = with_key(held, stolen.request_json("POST", "/v1/staff/keys", 201, json=READER))
    other = held.api_key("entries:read", name="Eve")
    taken = with_key(held, stolen.request_json("POST", f"/v1/staff/keys/{other.id}/rotate", 201))
    rotated = with_key(held, made.request_json("POST", "/v1/staff/keys/me/rotate", 201))
    ended = manager.request_json("DELETE", f"/v1/staff/keys/{stolen.id}")
    assert sorted(ended["still_live"]) == sorted([made.id, taken.id, rotated.id])
    rotated.request_json("GET", "/v1/staff")
    ended = manager.request_json("DELETE", f"/v1/staff/keys/{stolen.id}?extent=all")
    assert ended["still_live"] == []
    for each in (made, taken, rotated):
        problem(each("GET", "/v1/staff"), 401)
    other.request_json("GET", "/v1/staff")


def test_without_managing_keys_nobody_ends_those_of_others(held: FrozenCorpus) -> None:
    reader = held.api_key("entries:read")
    assert problem(reader("DELETE", "/v1/staff/keys/me?extent=all"), 403)["scope"] == "keys:manage"
    reader.request_json("GET", "/v1/staff")


def test_a_key_that_is_revoked_meanwhile_makes_no_other(held: FrozenCorpus) -> None:
    """Its request was let in before it was revoked."""
    ann, eve = held.api_key(), held.api_key("entries:read", name="Eve")
    row = held.row(ann.id)
    by = Actor(row.name, row.id, frozenset(row.scopes))
    ann.request_json("DELETE", "/v1/staff/keys/me")
    with pytest.raises(Unauthenticated), held.write() as session:
        make_key(session, name="Late", scopes=["entries:read"], days=1, by=by, now=held.now)
    with pytest.raises(Unauthenticated), held.write() as session:
        rotate(session, session.get_one(KeyRow, eve.id), days=None, overlap_days=0, by=by, now=held.now)


def test_other_peoples_keys_are_the_managers_business(held: FrozenCorpus) -> None:
    reader, other = held.api_key("entries:read"), held.api_key("entries:read", name="Eve")
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/rotate")):
        refused = problem(reader(method, f"/v1/staff/keys/{other.id}{path}"), 403)
        assert refused["scope"] == "keys:manage"
    other.request_json("GET", f"/v1/staff/keys/{other.id}")


def test_a_key_that_is_not_there(held: FrozenCorpus) -> None:
    problem(held.api_key()("GET", "/v1/staff/keys/nothing"), 404)


def test_a_lost_key_is_replaced_by_who_manages_keys(held: FrozenCorpus) -> None:
    manager, lost = held.api_key(name="Max"), held.api_key("entries:read")
    manager.request_json("DELETE", f"/v1/staff/keys/{lost.id}")
    manager.request_json("POST", "/v1/staff/keys", 201, json={**READER, "name": "Ann"})


def test_the_last_use_is_written_at_most_once_a_minute(held: FrozenCorpus) -> None:
    ann = held.api_key()
    for seconds in (0, 30, 29, 1, 59):
        held.now += timedelta(seconds=seconds)
        ann.request_json("GET", "/v1/staff")
    held.service.services[StaffContext].close()
    assert held.row(ann.id).last_used_at == START + timedelta(seconds=60)


def test_a_reader_does_not_wait_for_the_note_of_the_last_use(kb: Corpus) -> None:
    ann = api_key_client(kb)
    with kb.write() as session:
        session.get_one(KeyRow, ann.id, with_for_update=True)
        ann.request_json("GET", "/v1/staff")
    kb.service.services[StaffContext].close()
    with kb.read() as session:
        assert session.get_one(KeyRow, ann.id).last_used_at is not None
