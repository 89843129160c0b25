"""A new name is shown wherever the old one was, and an organisation is public while something published names it."""

import pytest

from app.catalogue.registry import BY_NAME
from app.staff.editing import writer
from app.staff.queries.subjects import load
from app.staff.workflow.merging import merge
from tests.corpus import Corpus
from tests.factories import (
    EDITOR,
    NOW,
    change,
    make_organisation,
    make_person,
    make_publication,
    make_term,
    reinstate,
    withdraw,
)

PUBLICATION, ORGANISATION, PERSON, TERM = (BY_NAME[name] for name in ("publication", "organisation", "person", "term"))
FUNDED = [{"funder": "organisations/trust"}]


def status(kb: Corpus, path: str) -> int:
    return kb.client.get(f"/v1/{path}").status_code


def test_a_funder_is_public_while_something_published_names_it(kb: Corpus) -> None:
    with kb.write() as session:
        make_organisation(session, slug="trust")
        make_publication(session, slug="draft", as_draft=True, funding=FUNDED)
        make_publication(session, slug="unfunded")
    assert status(kb, "organisations/trust") == 404
    with kb.write() as session:
        make_publication(session, slug="funded", funding=FUNDED)
    assert status(kb, "organisations/trust") == 200
    with kb.write() as session:
        withdraw(session, PUBLICATION, "funded")
    assert status(kb, "organisations/trust") == 410
    with kb.write() as session:
        reinstate(session, PUBLICATION, "funded")
    assert status(kb, "organisations/trust") == 200


def test_a_funder_stays_public_while_another_entry_names_it(kb: Corpus) -> None:
    with kb.write() as session:
        make_organisation(session, slug="trust")
        make_organisation(session, slug="other")
        make_publication(session, slug="one", funding=FUNDED)
        make_publication(session, slug="two", funding=FUNDED)
    with kb.write() as session:
        change(session, PUBLICATION, "one", funding=[{"funder": "organisations/other"}])
    assert (status(kb, "organisations/trust"), status(kb, "organisations/other")) == (200, 200)
    with kb.write() as session:
        change(session, PUBLICATION, "two", funding=[])
    assert (status(kb, "organisations/trust"), status(kb, "organisations/other")) == (410, 200)


@pytest.mark.parametrize(("at", "type", "target"), [("chapter", "IsPartOf", "book"), ("book", "HasPart", "chapter")])
def test_a_part_shows_the_new_name_of_who_made_the_whole(kb: Corpus, at: str, type: str, target: str) -> None:
    """At whichever end the relation is stated."""
    with kb.write() as session:
        make_person(session, slug="ada", name="Ada Former")
        make_term(session, "format", slug="book-chapter")
        make_publication(
            session, slug="book", terms={"format": ["book"]}, contributors=[{"agent": "people/ada", "role": "editor"}]
        )
        make_publication(session, slug="chapter", terms={"format": ["book-chapter"]})
        relation = {"type": type, "target": f"publications/{target}"}
        change(session, PUBLICATION, at, relations=[relation])
    assert "Former" in kb.client.get("/v1/publications/chapter.csl").text
    with kb.write() as session:
        change(session, PERSON, "ada", name="Ada Latter")
    shown = kb.client.get("/v1/publications/chapter.csl").text
    assert ("Former" in shown, "Latter" in shown) == (False, True)


def test_a_term_that_another_calls_related_is_shown_there_by_its_new_name(kb: Corpus) -> None:
    with kb.write() as session:
        make_term(session, slug="schools", label="Schools")
        make_term(session, slug="peers", label="Peers", related=["schools"])
    with kb.write() as session:
        change(session, TERM, "schools", scheme="topic", label="Schools and colleges")
    assert [each["label"] for each in kb.client.json("/v1/topics/peers")["related"]] == ["Schools and colleges"]


def test_the_address_of_a_merged_person_leads_to_where_the_other_is_now(kb: Corpus) -> None:
    with kb.write() as session:
        make_person(session, slug="ada", name="Ada Example")
        make_person(session, slug="ada-again", name="Ada Example")
        make_person(session, slug="unknown", name="Never Public")
        for slug in ("ada", "ada-again"):
            make_publication(session, contributors=[{"agent": f"people/{slug}", "role": "author"}])
    for slug in ("ada-again", "unknown"):
        with kb.write() as session:
            writer.acquire_write_lock(session, 0)
            merged, target = (load(session, PERSON, each) for each in (slug, "ada"))
            merge(session, merged, target, by=EDITOR, now=NOW)
    with kb.write() as session:
        change(session, PERSON, "ada", slug="ada-example")
    moved = kb.client.get("/v1/people/ada-again")
    assert (moved.status_code, moved.headers["location"]) == (301, "http://127.0.0.1:8000/v1/people/ada-example")
    assert status(kb, "people/unknown") == 404


def test_a_name_that_readers_never_saw_leads_nowhere_after_a_merger(kb: Corpus) -> None:
    with kb.write() as session:
        make_person(session, slug="ada")
        make_person(session, slug="bob")
        make_publication(session, slug="one", contributors=[{"agent": "people/ada", "role": "author"}])
        make_publication(session, contributors=[{"agent": "people/bob", "role": "author"}])
    with kb.write() as session:
        withdraw(session, PUBLICATION, "one")
    with kb.write() as session:
        change(session, PERSON, "ada", slug="ada-example")
    with kb.write() as session:
        writer.acquire_write_lock(session, 0)
        merge(session, *(load(session, PERSON, slug) for slug in ("ada-example", "bob")), by=EDITOR, now=NOW)
    assert (status(kb, "people/ada"), status(kb, "people/ada-example")) == (410, 404)
