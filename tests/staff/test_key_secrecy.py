"""Neither the log nor the database gives a key away."""

import contextlib
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from app.http.logging.access_log import AccessLog
from app.http.logging.json_logging import configure_logging
from app.staff.api import keys_router
from app.staff.auth.context import StaffContext
from tests.api_keys import ApiKeyClient, api_key_client
from tests.client import problem
from tests.corpus import Corpus
from tests.database_contents import all_rows


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that is logged, from the least level on."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging("debug", stream)
    monkeypatch.setattr(logging.getLogger("httpx"), "disabled", True)  # the client of this test
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def logs() -> list[AccessLog]:
    """Those that were opened, to be flushed."""
    return []


@pytest.fixture
def logging_kb(
    database: str, log: io.StringIO, logs: list[AccessLog], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Corpus]:
    """A knowledge base that writes its access log into the same stream."""

    class Remembered(AccessLog):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            logs.append(self)

    monkeypatch.setattr("app.ops.request_observers.AccessLog", Remembered)
    with contextlib.redirect_stdout(log), contextlib.closing(Corpus(database, access_log=True)) as found:
        yield found


def contents(kb: Corpus) -> str:
    """Every value of every row of every table, as text."""
    with kb.read() as session:
        return "\n".join(row for rows in all_rows(session.connection()).values() for row in rows)


def secrets_of(*texts: str) -> set[str]:
    """The whole keys, their secrets with and without checksum."""
    ends = {text.rpartition("_")[2] for text in texts}
    return {*texts, *ends, *(end[:-6] for end in ends)}


def test_a_key_that_was_pasted_into_a_text_is_not_stored(kb: Corpus) -> None:
    ann = api_key_client(kb)
    body = {"name": f"Mine: {ann.text}", "scopes": ["entries:read"], "expires_in_days": 10}
    refused = problem(ann("POST", "/v1/staff/keys", json=body), 422)
    assert refused["errors"][0]["code"] == "holds-a-key"


def test_nor_is_one_in_any_other_place_or_encoding(kb: Corpus) -> None:
    ann = api_key_client(kb)
    path, made = "/v1/staff/publications", {"slug": "one", "title": "One"}
    escaped = json.dumps({**made, "summary": ann.text}).replace("kb_", "\\u006bb_").encode()
    ris = f"TY  - JOUR\nTI  - One\nU1  - {ann.text}\nER  - \n".encode("utf-16")
    for answer in (
        ann("POST", path, json=made, headers={"Idempotency-Key": ann.text}),
        ann("POST", f"{path}?note={ann.text.replace('_', '%5F')}", json=made),
        ann("POST", path, content=escaped, headers={"Content-Type": "application/json"}),
        ann("POST", "/v1/staff/import?create=true", content=ris, headers={"Content-Type": "text/plain"}),
    ):
        assert problem(answer, 422)["errors"][0]["code"] == "holds-a-key"
        assert ann.text not in answer.text
    assert ann.text not in contents(kb)


def test_nothing_gives_a_key_away(
    logging_kb: Corpus,
    log: io.StringIO,
    logs: list[AccessLog],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ann: ApiKeyClient = api_key_client(logging_kb)
    body = {"name": "Jo Bloggs", "scopes": ["entries:read"], "expires_in_days": 10}
    made = ann.request_json("POST", "/v1/staff/keys", 201, json=body, headers={"Idempotency-Key": "once"})
    rotated = ann.request_json("POST", "/v1/staff/keys/me/rotate", 201, headers={"Idempotency-Key": "twice"})
    texts = [
        ann("POST", "/v1/staff/keys", json=body, headers={"Idempotency-Key": "once"}),
        ann("GET", f"/v1/staff?access_token={ann.text}"),
        ann("GET", f"/v1/staff/keys/{ann.text}"),
        ann("GET", f"/v1/staff/publications/{ann.text}"),
        ann("GET", f"/v1/publications/{ann.text}"),
        ann("POST", "/v1/staff/keys", json={**body, "name": ann.text}),
        ann("POST", "/v1/staff/keys", json={**body, "scopes": [ann.text]}),
        ann("POST", "/v1/staff/keys", json={**body, ann.text[:20]: ann.text}),
        ann.client.get("/v1/staff", authorization=f"Bearer {ann.text}x"),
    ]

    def broken(*_: object) -> None:
        raise RuntimeError("something else went wrong")

    monkeypatch.setattr(keys_router, "new_key_response", broken)
    texts.append(ann("POST", "/v1/staff/keys", json={**body, "name": "Another"}))
    assert texts[-1].status_code == 500
    for each in logs:
        each.flush()
    logging_kb.service.services[StaffContext].close()
    found = secrets_of(ann.text, made["key"], rotated["key"])
    written = {"database": contents(logging_kb), "answers": "".join(each.text for each in texts)}
    assert "/v1/staff/keys" in log.getvalue()
    written |= {"log": log.getvalue(), "streams": "".join(capsys.readouterr())}
    assert {where: secret for where, text in written.items() for secret in found if secret in text} == {}
    assert ann.id in written["database"]
