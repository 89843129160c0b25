"""What is done with keys, people's data and what is confidential is written down, and so is what was refused."""

import json
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from app.kit.tokens import new_token
from app.kit.values.email_addresses import parse_address
from app.mailing.subscriptions.signup import find_subscriber
from app.staff.auth.confidentiality_limit import MAX_COUNT
from app.staff.auth.context import KNOWN_AN_HOUR, REFUSALS_AN_HOUR, UNKNOWN_AN_HOUR, StaffContext
from tests.api_keys import ApiKeyClient, api_key_client
from tests.client import problem
from tests.corpus import Corpus
from tests.frozen_clock import FrozenCorpus
from tests.staff.confidential_site import WORD, hidden, place
from tests.staff.editing import make, step

READER = "reader@example.org"
TABLE = {"table": f"address\n{READER}\n", "basis": "On paper."}
WHOSE = {"address": READER}


def logged(holder: ApiKeyClient, **parameters: Any) -> list[tuple[str, str, str]]:
    """Kind, action and what it was about, oldest first."""
    found = holder.request_json("GET", "/v1/staff/audit", params={"log": "security", "per_page": 100, **parameters})[
        "results"
    ]
    return [(each["kind"], each["action"], each["slug"]) for each in reversed(found)]


def test_the_life_of_a_key(held: FrozenCorpus, ann: ApiKeyClient) -> None:
    wish = {"name": "Jo", "scopes": ["entries:read"], "expires_in_days": 5}
    made = ann.request_json("POST", "/v1/staff/keys", 201, json=wish)["id"]
    other = ann.request_json("POST", f"/v1/staff/keys/{made}/rotate", 201)["id"]
    ann.request_json("DELETE", f"/v1/staff/keys/{made}")
    assert logged(ann) == [
        ("key", "create", ann.id),
        ("key", "create", made),
        ("key", "rotate", made),
        ("key", "revoke", made),
        ("key", "revoke", other),
    ]
    (first, *_) = ann.request_json("GET", "/v1/staff/audit?log=security&action=rotate")["results"]
    assert (first["actor"], first["key"], first["at"]) == ("Ann", ann.id, "2026-03-01T09:00:00Z")
    assert first["note"] == f"to {other}; until 2026-03-06T09:00:00Z"
    assert len(logged(ann, key=made)) == 3


def test_what_is_done_with_subscribers(kb: Corpus) -> None:
    """Never with their address; what is only shown is written down as well. A dry run shows nothing."""
    ann = api_key_client(kb)
    ann.request_json("POST", "/v1/staff/subscribers/import", json=TABLE)
    with kb.read() as session:
        row = find_subscriber(session, parse_address(READER).unique_key)
        assert row is not None
        number = str(row.id)
    ann.request_json("GET", "/v1/staff/subscribers")
    ann.request_json("POST", "/v1/staff/subscribers/export", json=WHOSE)
    assert ann.request_json("POST", "/v1/staff/subscribers/export?dry_run=true", json=WHOSE)["held"] is None
    ann.request_json("POST", "/v1/staff/suppressions", 201, json=WHOSE)
    ann.request_json("POST", "/v1/staff/suppressions/lift", json=WHOSE)
    ann.request_json("POST", "/v1/staff/subscribers/erase?dry_run=true", json=WHOSE)
    ann.request_json("POST", "/v1/staff/subscribers/erase", json=WHOSE)
    assert logged(ann)[1:] == [
        ("subscriber", "import", ""),
        ("subscriber", "list", ""),
        ("subscriber", "export", number),
        ("suppression", "suppress", number),
        ("suppression", "lift", number),
        ("subscriber", "erase", number),
    ]
    assert "example.org" not in str(ann.request_json("GET", "/v1/staff/audit"))


def test_who_reads_what_is_confidential(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    editor.request_json("GET", f"/v1/staff/{place('place-a')}/confidential")
    version = editor.request_json("GET", f"/v1/staff/{place('place-a')}/confidential")["version"]
    before = len(logged(editor, kind="confidential", action="read"))
    wish = {"version": version}
    dry = editor.request_json("PATCH", f"/v1/staff/{place('place-a')}/confidential?dry_run=true", json=wish)
    assert WORD not in str(dry)
    assert len(logged(editor, kind="confidential", action="read", slug="place-a")) == before
    assert WORD in str(editor.request_json("PATCH", f"/v1/staff/{place('place-a')}/confidential", json=wish))
    assert len(logged(editor, kind="confidential", action="read", slug="place-a")) == before + 1
    assert WORD not in str(editor.request_json("GET", "/v1/staff/audit"))


def test_one_list_in_the_order_of_what_happened(kb: Corpus, editor: ApiKeyClient) -> None:
    """Walked by its cursor, nothing is left out and nothing comes twice."""
    draft = make(editor, slug="one", title="One", terms={"format": ["article"]})
    editor.request_json("POST", "/v1/staff/keys/me/rotate", 201)
    step(editor, draft, "publish")
    whole = editor.request_json("GET", "/v1/staff/audit?per_page=100")["results"]
    assert [each["action"] for each in whole[:3]] == ["publish", "rotate", "create"]
    assert {each["log"] for each in whole} == {"catalogue", "security"}
    following: str | None = "/v1/staff/audit?per_page=1"
    walked = []
    while following:
        page = editor.request_json("GET", following.removeprefix("http://127.0.0.1:8000"))
        walked += page["results"]
        following = page["links"]["next"]
    assert walked == whole
    alone = [
        editor.request_json("GET", f"/v1/staff/audit?log={log}&per_page=100")["results"]
        for log in ("catalogue", "security")
    ]
    assert len(alone[0]) + len(alone[1]) == len(whole)


@pytest.mark.parametrize("statement", ["UPDATE security_event SET actor = 'x'", "DELETE FROM security_event"])
def test_nothing_of_it_can_be_altered(kb: Corpus, statement: str) -> None:
    api_key_client(kb)
    with pytest.raises(DatabaseError, match="append-only"), kb.write() as session:
        session.execute(text(statement))


# --- refusals


def test_keys_that_are_not_good_are_written_down_a_few_of_each(held: FrozenCorpus, ann: ApiKeyClient) -> None:
    """However many are tried: nobody can fill the log; and none that nobody tried."""
    reader = held.api_key("entries:read", name="Jo")
    ann.request_json("DELETE", f"/v1/staff/keys/{reader.id}")
    for _ in range(KNOWN_AN_HOUR + 3):
        problem(reader("GET", "/v1/staff"), 401)
    for _ in range(UNKNOWN_AN_HOUR + 3):
        held.client.get("/v1/staff", authorization=f"Bearer {new_token('kb').text}")
    held.client.get("/v1/staff")
    held.service.services[StaffContext].close()
    refused = logged_directly(held, kind="key", action="refuse")
    assert refused == [("unknown", reader.id, "revoked")] * KNOWN_AN_HOUR + [("unknown", "", None)] * UNKNOWN_AN_HOUR


def test_keys_that_are_tried_on_a_probe_are_written_down_too(held: FrozenCorpus) -> None:
    """It answers as ever, and nobody tries keys there unseen."""
    sent = f"Bearer {new_token('kb').text}"
    assert held.client.get("/health/ready", authorization=sent).json().keys() == {"status", "revision"}
    held.service.access_log.flush()  # what is counted of it comes before the end, too
    held.service.services[StaffContext].close()
    assert logged_directly(held, kind="key", action="refuse") == [("unknown", "", None)]


def test_scopes_that_a_key_does_not_have(held: FrozenCorpus) -> None:
    reader = held.api_key("entries:read")
    for _ in range(REFUSALS_AN_HOUR + 3):
        problem(reader("GET", "/v1/staff/audit"), 403)
    held.service.services[StaffContext].close()
    refused = logged_directly(held, kind="scope", action="refuse")
    assert refused == [("Ann", "audit:read", "read_audit")] * REFUSALS_AN_HOUR


def logged_directly(kb: Corpus, **of: str) -> list[tuple[str, str, str | None]]:
    statement = "SELECT actor, subject, note FROM security_event WHERE kind = :kind AND action = :action ORDER BY id"
    with kb.read() as session:
        return [(row[0], row[1], row[2]) for row in session.execute(text(statement), of)]


numbers = count(1)


def guess(holder: ApiKeyClient, word: str, *, dry: bool = True, publish_at: str | None = None) -> Any:
    """Whether it may be published, now or then, that the place has to do with this."""
    slug = f"guess-{next(numbers)}"
    tie = {"relations": [{"type": "IsPartOf", "target": place("place-a")}]}
    draft = make(holder, slug=slug, title="A guess", summary=word, terms={"format": ["article"]}, **tie)
    path = draft["links"]["self"].removeprefix("http://127.0.0.1:8000")
    query = "?dry_run=true" if dry else ""
    step, planned = ("publish", {}) if publish_at is None else ("schedule", {"publish_at": publish_at})
    return holder("POST", f"{path}/{step}{query}", json={"version": draft["version"], **planned})


WRITER = ("entries:read", "entries:write", "entries:publish")


def test_nobody_finds_a_word_by_halving(kb: Corpus, editor: ApiKeyClient, open_another: Callable[[], Corpus]) -> None:
    """Beyond the limit a text that says it and one that does not are answered alike: in dry runs, with another key of
    the same holder, and by another process. Who may read it goes on, and so do drafts."""
    hidden(kb, editor)
    writer = api_key_client(kb, *WRITER)
    for number in range(MAX_COUNT):
        assert guess(writer, f"{number} {WORD}").status_code == 422
        if number < MAX_COUNT - 1:
            assert guess(writer, f"{number} harmless").status_code == 200
    rotated = writer.request_json("POST", "/v1/staff/keys/me/rotate", 201)
    others = [writer, ApiKeyClient(kb.client, writer.name, rotated["id"], rotated["key"])]
    others.append(ApiKeyClient(open_another().client, writer.name, writer.id, writer.text))
    for holder in others:
        answers = [
            guess(holder, f"{holder.id} {word}", dry=dry) for word in (WORD, "harmless") for dry in (True, False)
        ]
        problems = {json.dumps({**problem(each, 429), "instance": ""}) for each in answers}
        assert len(problems) == 1
        assert {int(each.headers["retry-after"]) > 3600 for each in answers} == {True}
    assert guess(editor, f"of the editor {WORD}").status_code == 422
    assert guess(editor, "of the editor").status_code == 200
    assert guess(api_key_client(kb, *WRITER), "of somebody else").status_code == 200
    refusals = [each for each in logged_directly(kb, kind="confidential", action="refuse") if each[0] == writer.name]
    assert refusals[0] == (writer.name, "", "publish_entry")


def test_the_limit_ends_a_day_later(held: FrozenCorpus) -> None:
    boss = held.api_key(name="Boss")
    hidden(held, boss)
    writer = held.api_key(*WRITER, name="Jo")
    for number in range(MAX_COUNT):
        assert guess(writer, f"{number} {WORD}").status_code == 422
        held.now += timedelta(minutes=1)
    assert guess(writer, "harmless").status_code == 429
    held.now += timedelta(days=1) - timedelta(minutes=MAX_COUNT)
    assert guess(writer, "harmless too").status_code == 200
    assert guess(writer, f"again {WORD}").status_code == 422
    assert guess(writer, "harmless at last").status_code == 429


def test_planning_reveals_no_more_than_publishing(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    writer, later = api_key_client(kb, *WRITER), "2099-01-01T00:00:00Z"
    for number in range(MAX_COUNT):
        assert guess(writer, f"{number} harmless", publish_at=later).status_code == 200
        assert guess(writer, f"{number} {WORD}", publish_at=later).status_code == 422
    for word in (WORD, "harmless"):
        problem(guess(writer, f"at last {word}", publish_at=later), 429)


def test_a_batch_reveals_no_more_than_single_steps(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    writer = api_key_client(kb, *WRITER)
    tie = {"relations": [{"type": "IsPartOf", "target": place("place-a")}], "terms": {"format": ["article"]}}
    items = []
    for number in range(MAX_COUNT + 1):
        draft = make(writer, slug=f"b-{number}", title="One of many", summary=f"A {WORD}", **tie)
        items.append({"action": "publish", "slug": draft["slug"], "version": draft["version"]})
    problem(writer("POST", "/v1/staff/publications/batch", json={"items": items, "atomic": False}), 429)
    assert guess(writer, "harmless").status_code == 429


# --- the access log


def test_the_access_log_names_the_key_by_its_public_id(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = StringIO()
    monkeypatch.setattr("sys.stdout", written)
    with closing(Corpus(database, access_log=True)) as kb:
        holder = api_key_client(kb)
        holder.request_json("GET", "/v1/staff")
        kb.client.get("/v1")
        log = kb.service.asgi._log
        assert log is not None
        log.flush()
    first, second = (json.loads(line) for line in written.getvalue().splitlines())
    assert (first["key"], "key" in second) == (holder.id, False)
    assert holder.text.split("_")[2] not in written.getvalue()
