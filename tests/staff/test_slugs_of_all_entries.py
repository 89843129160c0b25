"""All entries are at one address together, so a slug belongs to one of them, whatever its kind."""

from typing import Any

import pytest
from sqlalchemy import inspect

from app.catalogue.registry import BY_NAME
from app.kit.errors import Conflict
from app.staff.editing.writer import Change
from tests.api_keys import ApiKeyClient
from tests.corpus import Corpus
from tests.factories import change, make_framework, make_publication, make_term, save

TERMS = {"format": ["article"]}


def refused(answer: Any) -> tuple[int, str, str, str]:
    body = answer.json()
    (error,) = body["errors"]
    return answer.status_code, error["code"], error["pointer"], body["other"]


def test_a_slug_that_an_entry_of_another_kind_has_is_refused(kb: Corpus, editor: ApiKeyClient) -> None:
    with kb.write() as session:
        make_framework(session, slug="three-lenses", title="A framework")
    created = editor("POST", "/v1/staff/publications", json={"slug": "three-lenses", "title": "A book", "terms": TERMS})
    assert refused(created) == (409, "slug-taken", "/slug", "/v1/staff/frameworks/three-lenses")
    assert kb.client.json("/v1/entries/three-lenses")["kind"] == "framework"


def test_so_is_renaming_to_it(kb: Corpus, editor: ApiKeyClient) -> None:
    with kb.write() as session:
        make_framework(session, slug="three-lenses")
        make_publication(session, slug="a-book", as_draft=True)
    renamed = editor("PATCH", "/v1/staff/publications/a-book", json={"slug": "three-lenses", "version": 1})
    assert refused(renamed) == (409, "slug-taken", "/slug", "/v1/staff/frameworks/three-lenses")


def test_so_are_two_alike_in_one_batch_and_a_slug_is_free_that_one_of_it_gives_up(kb: Corpus) -> None:
    def named(kind: str, slug: str) -> Change:
        data = {"slug": slug, "title": slug, "terms": TERMS}
        return Change(BY_NAME[kind], BY_NAME[kind].input.model_validate(data))

    with pytest.raises(Conflict) as refusal, kb.write() as session:
        save(session, named("event", "alike"), named("site", "alike"))
    assert [(each.code, each.pointer) for each in refusal.value.errors] == [("slug-taken", "/1/slug")]
    with kb.write() as session:
        row = make_framework(session, slug="given-up")
        given = named("framework", "taken-instead")
        given.row = row
        save(session, given, named("publication", "given-up"))
    assert kb.client.json("/v1/entries/given-up")["kind"] == "publication"
    assert kb.client.json("/v1/entries/taken-instead")["kind"] == "framework"


def test_the_database_holds_to_it_as_well(kb: Corpus) -> None:
    constraints = inspect(kb.service.sessions.engine).get_unique_constraints("entry")
    assert sorted(each["column_names"] for each in constraints) == [["slug"], ["uuid"]]


def test_what_has_a_slug_now_comes_before_what_had_it(kb: Corpus) -> None:
    """A redirect of another kind stays at its own address."""
    with kb.write() as session:
        make_publication(session, slug="wanted", title="A book")
        change(session, BY_NAME["publication"], "wanted", slug="renamed")
    assert kb.client.get("/v1/entries/wanted").headers["location"].endswith("/v1/publications/renamed")
    with kb.write() as session:
        make_framework(session, slug="wanted", title="A framework")
    assert kb.client.json("/v1/entries/wanted")["kind"] == "framework"
    assert kb.client.get("/v1/publications/wanted").headers["location"].endswith("/v1/publications/renamed")


def test_former_addresses_of_one_name_lead_on_in_each_collection(kb: Corpus) -> None:
    def leads(path: str) -> str:
        return kb.client.get(f"/v1/{path}").headers["location"].partition("/v1/")[2]

    publication, framework = BY_NAME["publication"], BY_NAME["framework"]
    with kb.write() as session:
        for slug in ("wanted", "other"):
            make_publication(session, slug=slug)
            change(session, publication, slug, slug=f"{slug}-{slug}")
        make_framework(session, slug="wanted")
        for before, after in (("wanted", "moved"), ("moved", "wanted"), ("wanted", "moved")):
            change(session, framework, before, slug=after)
    assert leads("publications/wanted") == "publications/wanted-wanted"
    assert leads("publications/other") == "publications/other-other"
    assert leads("frameworks/wanted") == "frameworks/moved"
    assert kb.client.json("/v1/frameworks/moved")["slug"] == "moved"


def test_former_names_of_terms_lead_on_in_each_vocabulary(kb: Corpus) -> None:
    with kb.write() as session:
        for scheme, before, after in (
            ("topic", "craft", "crafts"),
            ("topic", "knots", "knot"),
            ("stage", "craft", "trade"),
        ):
            make_term(session, scheme, slug=before)
            change(session, BY_NAME["term"], before, scheme=scheme, slug=after)
        make_publication(session, slug="one", terms=TERMS | {"topic": ["craft", "knots"], "stage": ["craft"]})
    shown = kb.client.json("/v1/publications/one")["terms"]
    found = {scheme: [each["slug"] for each in shown[scheme]] for scheme in ("topic", "stage")}
    assert found == {"topic": ["crafts", "knot"], "stage": ["trade"]}


def test_an_import_names_nothing_as_another_entry_is_or_was_called(kb: Corpus, editor: ApiKeyClient) -> None:
    with kb.write() as session:
        make_framework(session, slug="three-lenses")
        make_framework(session, slug="lens")
        change(session, BY_NAME["framework"], "lens", slug="other")
    for title, slug in (("Three lenses", "three-lenses-2024"), ("Lens", "lens-2024")):
        ris = f"TY  - BOOK\nTI  - {title}\nPY  - 2024\nER  - \n"
        done = editor("POST", "/v1/staff/import", content=ris, headers={"Content-Type": "text/plain"})
        assert slug in done.text
