"""Canaries: what is confidential is looked for in all that the service says, writes and keeps; one table has it."""

import contextlib
import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from app.http.logging.access_log import AccessLog
from app.staff.auth.context import StaffContext
from app.staff.workflow.confidential import ConfidentialIn
from app.staff.workflow.transitions import publish_due_entries
from tests.api_keys import ApiKeyClient, api_key_client
from tests.contract.public_responses import face
from tests.corpus import Corpus
from tests.database_contents import all_rows
from tests.factories import make_entry
from tests.staff.confidential_site import KIND, OTHERS, address, place
from tests.staff.editing import make, patch, step

CANARIES = ("zedmouth", "lampwright", "quillfeather", "oxbowcroft")
"""In the name, in the words, in the notes, and in what was refused."""
KEPT = {"name": "Zedmouth Harbour", "words": ["lampwright", "Zedmouth"], "notes": "Agreed with Quillfeather."}


@pytest.fixture
def logged_kb(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Corpus]:
    """A knowledge base whose access log is read at the end."""
    stream = io.StringIO()
    opened: list[AccessLog] = []

    class Remembered(AccessLog):
        def __init__(self, _: Any, *more: Any, **named: Any) -> None:
            super().__init__(stream, *more, **named)
            opened.append(self)

    monkeypatch.setattr("app.ops.request_observers.AccessLog", Remembered)
    with contextlib.closing(Corpus(database, access_log=True)) as found:
        yield found
    opened[0].flush()
    assert '"path":"/v1/staff/' in stream.getvalue()
    assert_silent("the access log", stream.getvalue())


def assert_silent(where: str, text: str) -> None:
    found = [canary for canary in CANARIES if canary in text.lower()]
    assert not found, f"{where}: {found}"


def rows(kb: Corpus) -> dict[str, str]:
    """Every table with all its rows, as text."""
    with kb.read() as session:
        return {name: "\n".join(rows) for name, rows in all_rows(session.connection()).items()}


def refusals(editor: ApiKeyClient, version: int) -> Iterator[str]:
    """Everything that can be wrong with a change, with canaries in it."""
    path = address("place-a")
    for sent in (
        {"content": b'{"name": "Oxbowcroft', "headers": {"Content-Type": "application/json"}},
        {"content": b'{"name": "Oxbowcroft"}', "headers": {"Content-Type": "text/plain"}},
        {"json": {"name": ["Oxbowcroft"], "version": version}},
        {"json": {"unknown": "Oxbowcroft", "version": version}},
        {"json": {"name": "Oxbowcroft", "version": "oxbowcroft"}},
        {"json": {"name": "Oxbowcroft\x00", "version": version}},
        {"json": {"words": ["Oxbowcroft"] * 501, "version": version}},
        {"json": {"name": "Oxbowcroft", "version": version + 1}},
        {"json": {"name": "Oxbowcroft"}},
        {"json": {"name": "Oxbowcroft", "version": version}, "headers": {"Authorization": "Bearer nobody"}},
    ):
        answer = editor("PATCH", path, **sent)
        assert answer.status_code >= 400, sent
        yield answer.text + str(answer.headers)


def work(kb: Corpus, editor: ApiKeyClient) -> Iterator[str]:
    """A life with secrets: everything that staff are answered."""
    headers = {"Idempotency-Key": "kept-once"}
    with kb.write() as session:
        make_entry(session, KIND, slug="place-a", title="Place A")
    kept = editor.request_json("PATCH", address("place-a"), json={**KEPT, "version": 0}, headers=headers)
    yield from refusals(editor, kept["version"])
    tie = {"relations": [{"type": "IsPartOf", "target": place("place-a")}], "terms": {"format": ["article"]}}
    live = make(editor, str(OTHERS[0].collection), slug="about-a", title="About A", **tie)
    live = step(editor, live, "publish")
    planned = step(editor, patch(editor, live, summary="Changed."), "schedule", publish_at="2099-01-01T00:00:00Z")
    publish_due_entries(
        kb.service.sessions, kb.service.services[StaffContext].clock().replace(year=2099, month=2, day=1)
    )
    mine = editor.request_json("GET", f"/v1/staff/{place('place-a')}")
    telling = editor("POST", f"/v1/staff/{place('place-a')}/publish", json={"version": mine["version"]})
    yield json.dumps([live, planned, mine]) + telling.text
    for url in staff_addresses(mine, planned):
        answer = editor("GET", url)
        assert answer.status_code == 200, f"{url}: {answer.text}"
        yield answer.text


def staff_addresses(*subjects: Any) -> Iterator[str]:
    yield from ("/v1/staff", "/v1/staff/audit", "/v1/staff/links", "/v1/staff/keys")
    yield from (f"/v1/staff/{kind.collection}" for kind in (KIND, OTHERS[0]))
    for subject in subjects:
        here = subject["links"]["self"].removeprefix("http://127.0.0.1:8000")
        yield from (here, f"{here}/changes", f"{here}/revisions", f"{here}/revisions/1")


def test_nothing_but_its_own_table_holds_what_is_confidential(
    logged_kb: Corpus, caplog: pytest.LogCaptureFixture
) -> None:
    editor = api_key_client(logged_kb)
    with caplog.at_level(logging.DEBUG):
        for answer in work(logged_kb, editor):
            assert_silent("an answer to staff", answer)
        for url, (_, body) in face(logged_kb.client).items():
            assert_silent(url, body)
    assert_silent("the log", "".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records))
    held = rows(logged_kb)
    own = held.pop("confidential").lower()
    assert all(canary in own for canary in CANARIES[:3])
    assert CANARIES[3] not in own
    for name, content in held.items():
        assert_silent(f"the table {name}", content)


def test_the_description_names_the_fields_and_no_value(logged_kb: Corpus) -> None:
    """So that the canaries are looked for where they would be."""
    editor = api_key_client(logged_kb)
    list(work(logged_kb, editor))
    description = logged_kb.client.get("/openapi.json").text
    assert all(name in description for name in ConfidentialIn.model_fields)
    assert_silent("the description", description)
    assert sys.getsizeof(description) > 100_000
