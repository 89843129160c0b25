"""When somebody takes a former slug of another: what refers to the other is rewritten first, as a change of its own."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from app.catalogue.registry import BY_NAME
from app.catalogue.revisions import RevisionRow
from app.kit.values.partial_dates import PartialDate
from app.staff.editing.slug_reuse import RenamedSubject, rename_references
from app.staff.editing.writer import Change
from tests.api_keys import ApiKeyClient
from tests.corpus import Corpus
from tests.factories import EDITOR, change, make_entry, make_person, make_publication, make_term, save
from tests.staff.editing import ONE, make, patch

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


def test_who_takes_an_own_slug_back_rewrites_nothing(kb: Corpus) -> None:
    with kb.write() as session:
        make_person(session, slug="ada")
        make_publication(session, slug="one", **BY_ADA)
        for slug in ("ada-example", "ada"):
            change(session, PERSON, "ada" if slug != "ada" else "ada-example", slug=slug)
    assert [action for _, action, *_ in revisions(kb, "one")] == ["publish"]
    assert kb.client.json("/v1/publications/one")["contributors"][0]["slug"] == "ada"


def test_a_term_of_another_vocabulary_takes_no_name(kb: Corpus) -> None:
    with kb.write() as session:
        make_term(session, "stage", slug="craft")
        make_publication(session, slug="one", terms={"format": ["article"], "stage": ["craft"]})
        change(session, BY_NAME["term"], "craft", scheme="stage", slug="crafts")
        make_term(session, "topic", slug="craft")
    assert [action for _, action, *_ in revisions(kb, "one")] == ["publish"]


def restore(editor: ApiKeyClient, path: str, status: int = 200) -> Any:
    """The first version, restored."""
    version = editor.request_json("GET", f"/v1/staff/{path}")["version"]
    return editor.request_json("POST", f"/v1/staff/{path}/revisions/1/restore", status, json={"version": version})


def test_an_old_version_refers_to_organisations_and_to_listed_entries_as_they_are_called_now(
    kb: Corpus, editor: ApiKeyClient
) -> None:
    uni = make(editor, "organisations", slug="uni", name="The first")
    listed = make(editor, slug="listed", title="The first")
    ada = make(editor, "people", slug="ada", name="Ada", affiliations=[{"organisation": "uni"}])
    ours = make(
        editor,
        "collections",
        title="Ours",
        sections=[{"heading": "One", "entries": [{"entry": "publications/listed"}]}],
    )
    patch(editor, ada, affiliations=[])
    patch(editor, ours, sections=[])
    patch(editor, uni, slug="first-uni")
    patch(editor, listed, slug="first-listed")
    make(editor, "organisations", slug="uni", name="The second")
    make(editor, slug="listed", title="The second")
    assert [each["organisation"] for each in restore(editor, "people/ada")["data"]["affiliations"]] == ["first-uni"]
    [section] = restore(editor, "collections/ours")["data"]["sections"]
    assert section["entries"] == [{"entry": "publications/first-listed", "line": None}]


def test_an_old_version_that_names_somebody_who_is_gone_is_refused_at_that_place(
    kb: Corpus, editor: ApiKeyClient
) -> None:
    make(editor, "people", slug="ada", name="Ada")
    one = make(editor, **ONE, **BY_ADA)
    patch(editor, one, contributors=[])
    editor.request_json("DELETE", "/v1/staff/people/ada", 204, headers={"If-Match": '"1"'})
    [error] = restore(editor, "publications/one", 422)["errors"]
    assert (error["pointer"], error["code"]) == ("/contributors/0/agent", "unknown-reference")


def test_an_old_version_refers_to_terms_as_they_are_called_now(kb: Corpus, editor: ApiKeyClient) -> None:
    terms = "vocabularies/stage/terms"
    craft = make(editor, terms, scheme="stage", slug="craft", label="The first")
    make(editor, "vocabularies/topic/terms", scheme="topic", slug="craft", label="Elsewhere")
    knots = make(editor, terms, scheme="stage", slug="knots", label="Knots", broader="craft", related=["craft"])
    elements = [{"type": "stage", "title": "One", "term": "stages/craft"}]
    framework = make(editor, "frameworks", title="Ours", elements=elements)
    one = make(editor, **ONE | {"terms": {"format": ["article"], "stage": ["craft"]}})
    patch(editor, knots, broader=None, related=[])
    patch(editor, framework, elements=[])
    patch(editor, one, terms={"stage": None})
    patch(editor, craft, slug="crafts")
    make(editor, terms, scheme="stage", slug="craft", label="Boats")
    assert restore(editor, "frameworks/ours")["data"]["elements"][0]["term"] == "stages/crafts"
    assert restore(editor, "publications/one")["data"]["terms"]["stage"] == ["crafts"]
    data = restore(editor, f"{terms}/knots")["data"]
    assert (data["broader"], data["related"]) == ("crafts", ["crafts"])


def test_only_what_refers_by_slug_alone_is_read_as_such() -> None:
    renamed = RenamedSubject(PERSON, PERSON.row(slug="ada-example"), "people", "ada")
    data = {"agent": "people/ada", "organisation": "ada", "broader": "ada", "title": "ada", "topic": ["ada"]}
    assert rename_references(data, [renamed]) == {**data, "agent": "people/ada-example"}
