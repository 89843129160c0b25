"""Imports keep to the rule as everybody does, and what goes wrong tells nothing either."""

import logging

import pytest
from sqlalchemy import select, text

from app.intake.runs.models import ImportRecordRow
from tests.api_keys import ApiKeyClient
from tests.corpus import Corpus
from tests.factories import make_entry
from tests.intake.import_files import DRAFTS, PUBLISHED, imported, ris
from tests.staff.confidential_site import KIND, NAME, WORD, address, hidden

TELLING = ris("About Place A and others", more=f"AB  - Among {WORD}s.\n")
FINE = ris("About Place A only", more="AB  - Among others.\n")
ELSEWHERE = ris("Quite another matter", more=f"AB  - Among {WORD}s.\n")


def reasons(kb: Corpus) -> list[str]:
    with kb.read() as session:
        rows = session.scalars(select(ImportRecordRow).order_by(ImportRecordRow.import_id, ImportRecordRow.number))
        return [reason for row in rows for reason in row.shown["reasons"]]


def test_a_record_with_a_confidential_word_is_refused_and_the_others_are_imported(
    kb: Corpus, editor: ApiKeyClient
) -> None:
    hidden(kb, editor)
    done = imported(kb, "ris", FINE + TELLING + ELSEWHERE, PUBLISHED)
    assert [outcome for outcome, _ in done] == ["created", "refused", "created"]
    [reason] = reasons(kb)
    assert "/summary" in reason
    assert "confidential" in reason
    assert WORD not in reason
    assert kb.client.json("/v1/publications?per_page=1")["meta"]["count"] == 2
    assert WORD not in kb.client.get("/v1/publications/about-place-a-only").text


def test_a_draft_of_it_may_be_made_and_not_published(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    assert imported(kb, "ris", TELLING, DRAFTS) == [("created", "about-place-a-and-others")]
    path = "/v1/staff/publications/about-place-a-and-others"
    version = editor.request_json("GET", path)["version"]
    answer = editor("POST", f"{path}/publish", json={"version": version})
    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, ["/summary"])
    assert WORD not in answer.text


def test_the_endpoint_makes_drafts_and_repeats_no_word_of_what_is_kept(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    answer = editor("POST", "/v1/staff/import?create=true", json={"format": "ris", "text": FINE})
    assert answer.status_code == 201
    assert NAME not in answer.text
    assert WORD not in answer.text


@pytest.fixture
def broken(kb: Corpus, editor: ApiKeyClient) -> Corpus:
    """A database that fails exactly where something confidential is written."""
    hidden(kb, editor)
    with kb.write() as session:
        session.execute(text("ALTER TABLE confidential RENAME TO elsewhere"))
    return kb


def test_a_failure_of_the_database_is_logged_without_what_was_sent(
    broken: Corpus, editor: ApiKeyClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = editor("PATCH", address("place-a"), json={"name": NAME, "words": [WORD], "version": 1})
    assert answer.status_code >= 500
    seen = [answer.text, caplog.text, *capfd.readouterr(), *(str(vars(each)) for each in caplog.records)]
    for secret in (NAME, WORD):
        assert not [each for each in seen if secret in each]


def test_a_value_that_cannot_be_written_is_in_no_message(
    kb: Corpus, editor: ApiKeyClient, caplog: pytest.LogCaptureFixture
) -> None:
    """A constraint that fails quotes the row, as PostgreSQL does in its details."""
    hidden(kb, editor)
    with kb.write() as session:
        make_entry(session, KIND, slug="place-z", title="Place Z")
        session.execute(text("CREATE UNIQUE INDEX one_of_a_name ON confidential (name)"))
    with caplog.at_level(logging.DEBUG):
        answer = editor("PATCH", address("place-z"), json={"name": NAME, "version": 0})
    assert answer.status_code >= 400
    assert NAME not in answer.text + caplog.text + "".join(str(vars(each)) for each in caplog.records)
