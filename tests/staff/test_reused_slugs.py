"""When somebody takes a former slug of another: what refers to the other is rewritten first, as a change of its own."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from app.catalogue.registry import BY_NAME
from app.catalogue.revisions import RevisionRow
from app.kit.values.partial_dates import PartialDate
from app.staff.editing.writer import Change
from tests.corpus import Corpus
from tests.factories import EDITOR, change, make_entry, make_person, make_publication, save

PERSON, PUBLICATION = BY_NAME["person"], BY_NAME["publication"]
BY_ADA: dict[str, Any] = {"contributors": [{"agent": "people/ada", "role": "author"}]}


def revisions(kb: Corpus, slug: str) -> list[tuple[int, str, str, str | None, list[str]]]:
    """Versions, actions, actors, notes and fields of what has this slug, the newest last."""
    with kb.read() as session:
        rows = session.scalars(select(RevisionRow).where(RevisionRow.slug == slug).order_by(RevisionRow.number))
        return [(row.version, row.action, row.actor, row.note, row.fields) for row in rows]


def test_the_history_says_why_a_reference_was_rewritten(kb: Corpus) -> None:
    with kb.write() as session:
        make_person(session, slug="ada")
        make_publication(session, slug="one", as_draft=True, **BY_ADA)
        change(session, PERSON, "ada", slug="ada-example")
    with kb.write() as session:
        make_person(session, slug="ada")
    assert revisions(kb, "one")[1:] == [(2, "rename", EDITOR, "ada is ada-example now.", ["contributors"])]
    with kb.read() as session:
        numbers = list(session.scalars(select(RevisionRow.number).order_by(RevisionRow.number)))
    assert numbers == list(range(1, len(numbers) + 1))


def test_what_was_accepted_once_is_rewritten_though_it_would_be_refused_by_now(
    kb: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kb.write() as session:
        make_person(session, slug="ada")
        monkeypatch.setattr(PartialDate, "end", property(lambda _: date.max))  # as before there was the rule
        make_entry(session, BY_NAME["event"], slug="backwards", start="2024", end="2023", **BY_ADA)
        monkeypatch.undo()
        change(session, PERSON, "ada", slug="ada-example")
        make_person(session, slug="ada", name="Ada Other")
    assert kb.client.json("/v1/events/backwards")["contributors"][0]["slug"] == "ada-example"


def test_what_is_changed_together_with_it_refers_to_whom_its_own_input_says(kb: Corpus) -> None:
    with kb.write() as session:
        make_person(session, slug="ada")
        row = make_publication(session, slug="one", **BY_ADA)
        change(session, PERSON, "ada", slug="ada-example")
        data = PUBLICATION.input.model_validate(
            {"slug": "one", "title": "By the new one", "terms": {"format": ["article"]}, **BY_ADA}
        )
        other = PERSON.input.model_validate({"slug": "ada", "name": "Ada Other"})
        save(session, Change(PERSON, other), Change(PUBLICATION, data, row))
    assert kb.client.json("/v1/publications/one")["contributors"][0]["label"] == "Ada Other"
    assert [action for _, action, *_ in revisions(kb, "one")] == ["publish", "update"]
