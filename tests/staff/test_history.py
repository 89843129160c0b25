"""Who did what, when and why, field by field; nothing of it can be altered, and any of it can be brought back."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from app.catalogue.revisions import RevisionRow
from app.kit.errors import Conflict, Invalid, NotFound
from app.staff.maintenance.redacting import RedactionRow, redact
from tests.api_keys import ApiKeyClient
from tests.client import problem
from tests.corpus import Corpus
from tests.factories import NOW
from tests.staff.editing import ONE, PUBLICATIONS, make, patch, public, published, step

APPENDED = ("revision", "redaction")


def history(editor: ApiKeyClient, slug: str = "one", **parameters: Any) -> list[Any]:
    found: list[Any] = editor.request_json("GET", f"{PUBLICATIONS}/{slug}/revisions", params=parameters)["results"]
    return found


def summaries(revisions: list[Any]) -> list[tuple[int, str, str, str | None, list[str]]]:
    return [
        (each["version"], each["action"], each["actor"], each["note"], sorted(each["changes"])) for each in revisions
    ]


def test_the_history_records_who_did_what_and_why(kb: Corpus, editor: ApiKeyClient) -> None:
    draft = patch(editor, make(editor, **ONE), sources=["A letter", "A visit"], note="Asked them.")
    copy = patch(editor, step(editor, draft, "publish"), sources=["A visit", "A call"], title="Better words")
    step(editor, patch(editor, copy, summary="More."), "publish", note="Agreed.")
    revisions = history(editor)
    created = sorted(name for name, value in draft["data"].items() if value is not None)
    assert summaries(revisions) == [
        (6, "publish", editor.name, "Agreed.", ["sources", "summary", "title"]),
        (5, "edit", editor.name, None, ["summary"]),
        (4, "edit", editor.name, None, ["sources", "title"]),
        (3, "publish", editor.name, None, []),
        (2, "edit", editor.name, "Asked them.", ["sources"]),
        (1, "create", editor.name, None, created),
    ]
    assert revisions[0]["changes"]["title"] == {"old": "First words", "new": "Better words"}
    assert revisions[2]["changes"]["sources"] == {
        "old": ["A letter", "A visit"],
        "new": ["A visit", "A call"],
        "added": ["A call"],
        "removed": ["A letter"],
        "reordered": False,
    }
    assert [each["pending"] for each in revisions] == [False, True, True, False, False, False]
    assert [each["version"] for each in history(editor, per_page=2, page=2)] == [4, 3]
    one = editor.request_json("GET", f"{PUBLICATIONS}/one/revisions/2")
    assert one["data"] == draft["data"]
    assert one["changes"] == revisions[4]["changes"]
    assert problem(editor("GET", f"{PUBLICATIONS}/one/revisions/9"), 404)


def test_any_version_is_restored_as_a_new_one(kb: Corpus, editor: ApiKeyClient) -> None:
    live = step(editor, patch(editor, published(editor), title="Worse words", summary="Worse."), "publish")
    back = step(editor, live, "revisions/1/restore")
    assert (back["version"], back["state"], back["data"]["title"]) == (live["version"] + 1, "draft", "First words")
    assert back["note"] == "As in version 1."
    assert public(kb)["title"] == "Worse words"
    step(editor, back, "publish")
    assert (public(kb)["title"], public(kb)["summary"]) == ("First words", "")
    assert [each["action"] for each in history(editor)][:2] == ["publish", "restore"]


def test_a_draft_and_a_person_are_restored_at_once(editor: ApiKeyClient) -> None:
    draft = patch(editor, make(editor, **ONE), title="Worse words")
    assert step(editor, draft, "revisions/1/restore")["data"]["title"] == "First words"
    ada = patch(editor, make(editor, "people", slug="ada", name="Ada Example"), name="A. E.")
    assert step(editor, ada, "revisions/1/restore", note="As she signs.")["data"]["name"] == "Ada Example"


# --- the audit log


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"kind": "publication"}, ["publish two", "create two", "edit one", "publish one", "create one"]),
        ({"slug": "one"}, ["edit one", "publish one", "create one"]),
        ({"kind": "publication", "action": "publish"}, ["publish two", "publish one"]),
        ({"actor": "nobody"}, []),
        ({"kind": "publication", "since": "2100-01-01T00:00:00Z"}, []),
        ({"kind": "publication", "until": "2000-01-01T00:00:00Z"}, []),
    ],
)
def test_the_audit_log_is_asked(editor: ApiKeyClient, parameters: dict[str, str], found: list[str]) -> None:
    patch(editor, published(editor), title="Better words")
    published(editor, slug="two")
    page = editor.request_json("GET", "/v1/staff/audit", params=parameters)
    assert [f"{each['action']} {each['slug']}" for each in page["results"]] == found


def test_the_audit_log_is_walked_by_its_cursor(editor: ApiKeyClient) -> None:
    published(editor)
    published(editor, slug="two")
    whole = editor.request_json("GET", "/v1/staff/audit", params={"per_page": 100})["results"]
    walked: list[Any] = []
    following: str | None = "/v1/staff/audit?per_page=3"
    while following:
        page = editor.request_json("GET", following)
        walked += page["results"]
        following = page["links"]["next"]
    assert walked == whole
    cursor = editor.request_json("GET", "/v1/staff/audit", params={"per_page": 3})["meta"]["next_cursor"]
    for wrong in ({"cursor": cursor, "kind": "term"}, {"cursor": "x"}, {"cursor": "é"}):
        refusal = problem(editor("GET", "/v1/staff/audit", params=wrong), 400)
        assert refusal["errors"][0]["parameter"] == "cursor"


def test_what_was_deleted_stays_in_the_audit_log(editor: ApiKeyClient) -> None:
    make(editor, **ONE)
    editor.request_json("DELETE", f"{PUBLICATIONS}/one?note=Twice", 204, headers={"If-Match": '"1"'})
    found = editor.request_json("GET", "/v1/staff/audit", params={"slug": "one"})["results"]
    assert [(each["action"], each["note"], each["links"]["self"]) for each in found] == [
        ("delete", "Twice", None),
        ("create", None, None),
    ]


# --- the database itself refuses


REPLACED = {
    "revision": "INSERT OR REPLACE INTO revision (number, at, actor, action, kind, source, slug, version, fields) "
    "SELECT number, at, 'me', action, kind, source, slug, version, fields FROM revision",
    "redaction": "INSERT OR REPLACE INTO redaction (id, number, field, reason, actor, at, sha256) "
    "SELECT id + 9, number, field, reason, 'me', at, sha256 FROM redaction",
}


@pytest.mark.parametrize("table", APPENDED)
@pytest.mark.parametrize(
    "statement", ["UPDATE {0} SET actor = 'me'", "DELETE FROM {0}", "DELETE FROM {0} WHERE actor <> ''", "other"]
)
def test_nothing_written_is_altered(kb: Corpus, editor: ApiKeyClient, table: str, statement: str) -> None:
    redact_title(kb, editor)
    if statement == "other":
        sqlite = kb.service.sessions.engine.dialect.name == "sqlite"
        statement = REPLACED[table] if sqlite else f"TRUNCATE {table}"
    with pytest.raises(DatabaseError, match="append-only"), kb.write() as session:
        session.execute(text(statement.format(table)))


@pytest.mark.parametrize("change", ["actor = 'me'", "data = '{}'", "note = 'x'", "fields = '[]'", "version = 99"])
def test_the_door_lets_nothing_else_through(kb: Corpus, editor: ApiKeyClient, change: str) -> None:
    """Not even where something was redacted: only the field that was named may go."""
    number = redact_title(kb, editor)
    with pytest.raises(DatabaseError, match="append-only"), kb.write() as session:
        session.execute(text(f"UPDATE revision SET {change} WHERE number = {number}"))


# --- kb redact


def redact_title(kb: Corpus, editor: ApiKeyClient) -> int:
    """A title that should never have been written, corrected and taken out; returns its revision."""
    step(editor, patch(editor, published(editor, title="Secret name"), title="Plain"), "publish")
    number: int = history(editor)[-1]["number"]
    with kb.write() as session:
        assert redact(session, number, "title", reason="A name.", by="cli", now=NOW) == [number + 1]
        redact(session, number + 1, "title", reason="A name.", by="cli", now=NOW)
    return number


def test_a_field_is_taken_out_of_the_history_and_nothing_else(kb: Corpus, editor: ApiKeyClient) -> None:
    number = redact_title(kb, editor)
    first = editor.request_json("GET", f"{PUBLICATIONS}/one/revisions/1")
    assert first["redacted"] == {"title": "A name."}
    assert "title" not in first["data"]
    assert first["data"]["slug"] == "one"
    assert "Secret name" not in editor("GET", f"{PUBLICATIONS}/one/revisions").text
    with kb.read() as session:
        row = session.get(RedactionRow, 1)
        assert row is not None
        assert (row.number, row.field, row.actor, len(row.sha256)) == (number, "title", "cli", 64)
        assert "Secret" not in str([each.data for each in session.query(RevisionRow)])
    refused = problem(editor("POST", f"{PUBLICATIONS}/one/revisions/1/restore", json={"version": 4}), 422)
    assert [each["pointer"] for each in refused["errors"]] == ["/title"]


def test_the_audit_log_records_who_removed_what_and_why(kb: Corpus, editor: ApiKeyClient) -> None:
    number = redact_title(kb, editor)
    logged = editor.request_json("GET", "/v1/staff/audit?action=redact&slug=one")["results"]
    assert [(each["actor"], each["kind"], each["fields"], each["note"]) for each in logged] == [
        ("cli", "revision", ["title"], "A name.")
    ] * 2
    assert "Secret" not in str(logged)
    assert [each["number"] for each in logged] == sorted((each["number"] for each in logged), reverse=True)
    assert number < logged[-1]["number"]
    patch(editor, editor.request_json("GET", f"{PUBLICATIONS}/one"), title="Plainer")


def test_a_note_is_taken_out_too(kb: Corpus, editor: ApiKeyClient) -> None:
    patch(editor, make(editor, **ONE), title="Plain", note="Mrs Smith said so.")
    number = history(editor)[0]["number"]
    with kb.write() as session:
        redact(session, number, "note", reason="A name.", by="cli", now=NOW)
    first = history(editor)[0]
    assert (first["note"], first["redacted"], first["changes"]["title"]["new"]) == (None, {"note": "A name."}, "Plain")


def test_what_is_still_said_is_corrected_first(kb: Corpus, editor: ApiKeyClient) -> None:
    published(editor)
    number = history(editor)[0]["number"]
    with pytest.raises(Conflict, match="change it"), kb.write() as session:
        redact(session, number, "title", reason="A name.", by="cli", now=NOW)
    for field, error in (("colour", Invalid), ("slug", Invalid), ("note", Invalid)):
        with pytest.raises(error), kb.write() as session:
            redact(session, number, field, reason="A name.", by="cli", now=NOW)
    with pytest.raises(NotFound), kb.write() as session:
        redact(session, 9999, "title", reason="A name.", by="cli", now=NOW)


@pytest.mark.parametrize("number", [2**31, 2**70])
def test_a_version_that_no_database_could_have_is_refused(kb: Corpus, editor: ApiKeyClient, number: int) -> None:
    make(editor, **ONE)
    for method, path, body in (("GET", "", None), ("POST", "/restore", {"version": 1})):
        response = editor(method, f"{PUBLICATIONS}/one/revisions/{number}{path}", json=body)
        (error,) = problem(response, 400)["errors"]
        assert error["parameter"] == "version"
