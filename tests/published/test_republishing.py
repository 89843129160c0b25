"""What shows something that changed is published again with it; agents are there while something names them."""

from typing import Any

from sqlalchemy import update

from app.catalogue.registry import BY_NAME
from app.documents.store import DocumentRow
from app.kit.system.progress import progress_told_to
from app.staff.maintenance.rebuilding import rebuild
from tests.corpus import Corpus
from tests.factories import (
    NOW,
    change,
    make_framework,
    make_organisation,
    make_person,
    make_publication,
    make_term,
    withdraw,
)

PUBLICATION, PERSON, ORGANISATION, TERM = (BY_NAME[name] for name in ("publication", "person", "organisation", "term"))


def credit(*agents: str) -> list[dict[str, str]]:
    return [{"agent": agent, "role": "author"} for agent in agents]


def test_a_renamed_term_is_renamed_wherever_it_is_shown(kb: Corpus) -> None:
    element = {"slug": "e", "type": "stage", "title": "E", "term": "topics/consent"}
    with kb.write() as session:
        make_publication(session, slug="one", terms={"format": ["book"], "topic": ["consent"]})
        make_framework(session, slug="two", elements=[element])
    with kb.write() as session:
        change(session, TERM, "consent", scheme="topic", slug="agreement", label="Agreement")
    url = "http://127.0.0.1:8000/v1/topics/agreement"
    expected = {"id": kb.client.json(url)["id"], "slug": "agreement", "label": "Agreement", "url": url}
    assert kb.client.json("/v1/publications/one")["terms"]["topic"] == [expected]
    assert kb.client.json("/v1/frameworks/two")["elements"][0]["term"] == expected
    assert kb.client.json("/v1/topics/capacity")["broader"] == expected
    assert kb.client.slugs("/v1/entries?q=agreement") == ["one"]
    assert kb.client.slugs("/v1/entries?topic=ethics") == ["one"]
    assert kb.client.json("/v1/publications/one")["version"] == 1


def test_a_renamed_person_is_renamed_wherever_they_are_named(kb: Corpus) -> None:
    with kb.write() as session:
        make_person(session, slug="ada", name="Ada Ark", family="Ark", given="Ada")
        make_publication(session, slug="one", contributors=credit("people/ada"))
    with kb.write() as session:
        change(session, PERSON, "ada", slug="ada-birch", name="Ada Birch", family="Birch")
    (contributor,) = kb.client.json("/v1/publications/one")["contributors"]
    assert (contributor["slug"], contributor["label"], contributor["family"]) == ("ada-birch", "Ada Birch", "Birch")
    assert contributor["url"] == "http://127.0.0.1:8000/v1/people/ada-birch"
    assert kb.client.get("/v1/people/ada").status_code == 301
    assert "Birch, Ada" in kb.client.get("/v1/publications/one.ris").text
    assert kb.client.slugs("/v1/publications?author=ada-birch") == ["one"]


def test_a_renamed_organisation_is_renamed_as_funder_and_as_home(kb: Corpus) -> None:
    with kb.write() as session:
        make_organisation(session, slug="north", name="North")
        make_person(session, slug="ada", affiliations=[{"organisation": "north"}])
        award = {"award_number": "N/1", "award_title": "Study", "award_url": "https://example.org/n1"}
        funding = [{"funder": "organisations/north", **award}, {"funder": "organisations/north"}]
        make_publication(session, slug="one", contributors=credit("people/ada"), funding=funding)
    with kb.write() as session:
        change(session, ORGANISATION, "north", name="Northern")
    first, second = kb.client.json("/v1/publications/one")["funding"]
    assert first["funder"]["label"] == second["funder"]["label"] == "Northern"
    assert {name: first[name] for name in award} == award
    assert {second[name] for name in award} == {None}
    assert kb.client.json("/v1/people/ada")["affiliations"][0]["organisation"]["label"] == "Northern"


def test_a_chapter_follows_all_that_a_citation_says_of_its_book(kb: Corpus) -> None:
    editors = [{"agent": "people/ada", "role": "editor"}, {"agent": "organisations/press", "role": "publisher"}]
    with kb.write() as session:
        make_person(session, slug="ada", name="Ada Ark", family="Ark", given="Ada")
        make_organisation(session, slug="press", name="Press")
        make_term(session, "format", slug="book-chapter")
        make_publication(session, slug="book", terms={"format": ["book"]}, as_draft=True)
        part = [{"type": "IsPartOf", "target": "publications/book"}]
        make_publication(session, slug="chapter", terms={"format": ["book-chapter"]}, relations=part, issued=None)
    assert cited_book(kb) == {}
    with kb.write() as session:
        identifiers = [{"scheme": "isbn", "value": "978-1-4473-6725-3"}]
        own: dict[str, Any] = {"title": "Book", "issued": "2021", "edition": "2", "terms": {"format": ["book"]}}
        change(session, PUBLICATION, "book", contributors=editors, identifiers=identifiers, **own)
    known = {"container-title": "Book", "issued": {"date-parts": [[2021]]}, "edition": "2", "ISBN": "9781447367253"}
    assert cited_book(kb) == {**known, "editor": [{"family": "Ark", "given": "Ada"}], "publisher": "Press"}
    with kb.write() as session:
        change(session, PERSON, "ada", slug="ada-birch", name="Ada Birch", family="Birch")
        change(session, ORGANISATION, "press", name="The Press")
    assert cited_book(kb) == {**known, "editor": [{"family": "Birch", "given": "Ada"}], "publisher": "The Press"}
    assert kb.client.slugs("/v1/publications?contributor=ada-birch") == ["book"]
    with kb.write() as session:
        change(session, PUBLICATION, "book", contributors=[], identifiers=[], edition=None, title="The book")
    assert cited_book(kb) == {"container-title": "The book", "issued": {"date-parts": [[2021]]}}
    with kb.write() as session:
        assert rebuild(session, now=NOW) == 0
        withdraw(session, PUBLICATION, "book")
    assert cited_book(kb) == {}


def cited_book(kb: Corpus) -> dict[str, Any]:
    (item,) = kb.client.json("/v1/publications/chapter.csl")
    about_the_book = ("container-title", "issued", "edition", "editor", "publisher", "ISBN")
    return {name: item[name] for name in about_the_book if name in item}


def test_a_retitled_entry_is_retitled_in_both_ends_of_its_ties(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="book", title="Book")
        relations = [{"type": "IsPartOf", "target": "publications/book"}]
        make_publication(session, slug="chapter", title="Chapter", relations=relations)
    with kb.write() as session:
        change(session, PUBLICATION, "book", title="The book")
        change(session, PUBLICATION, "chapter", title="The chapter", slug="first-chapter")
    (part,) = kb.client.json("/v1/publications/book")["relations"]
    (whole,) = kb.client.json("/v1/publications/first-chapter")["relations"]
    assert (part["type"], part["label"], part["slug"]) == ("HasPart", "The chapter", "first-chapter")
    assert (whole["type"], whole["label"]) == ("IsPartOf", "The book")


def test_a_tie_that_is_taken_away_goes_from_both_ends(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="book")
        make_publication(session, slug="chapter", relations=[{"type": "IsPartOf", "target": "publications/book"}])
    with kb.write() as session:
        change(session, PUBLICATION, "chapter", relations=[])
    assert kb.client.json("/v1/publications/book")["relations"] == []
    assert kb.client.slugs("/v1/publications?relation__exists=true") == []


def test_an_agent_is_there_exactly_while_a_live_document_names_it(kb: Corpus) -> None:
    with kb.write() as session:
        make_organisation(session, slug="home")
        make_person(session, slug="ada", affiliations=[{"organisation": "home"}])
        make_publication(session, slug="one", contributors=credit("people/ada"))
        make_publication(session, slug="two", contributors=credit("people/ada"))
    for step, there in (("one", True), ("two", False)):
        with kb.write() as session:
            withdraw(session, PUBLICATION, step)
        for collection in ("people", "organisations"):
            assert bool(kb.client.slugs(f"/v1/{collection}")) == there
    kb.client.refused("/v1/organisations/home", 410)


def test_an_organisation_that_nobody_belongs_to_any_more_goes(kb: Corpus) -> None:
    with kb.write() as session:
        make_organisation(session, slug="old")
        make_organisation(session, slug="new")
        make_person(session, slug="ada", affiliations=[{"organisation": "old"}])
        make_publication(session, slug="one", contributors=credit("people/ada"))
    assert kb.client.slugs("/v1/organisations") == ["old"]
    with kb.write() as session:
        change(session, PERSON, "ada", affiliations=[{"organisation": "new"}])
    assert kb.client.slugs("/v1/organisations") == ["new"]


def test_work_on_what_is_not_public_flushes_nothing(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="one")
    head = kb.snapshot.revision
    with kb.write() as session:
        make_publication(session, slug="draft", as_draft=True)
        make_person(session, slug="nobody")
    assert kb.snapshot.revision == head
    assert kb.client.json("/v1")["revision"] == head.number


def test_a_rebuild_reports_how_far_it_is(kb: Corpus) -> None:
    with kb.write() as session:
        make_person(session, slug="ada")
        make_publication(session, slug="one", contributors=credit("people/ada"))
        make_publication(session, slug="two", as_draft=True)
    reports: list[tuple[str, int, int]] = []
    with progress_told_to(lambda *report: reports.append(report)), kb.write() as session:
        rebuild(session, now=NOW)
    assert reports == [("rendering entries", 2, 2), ("rendering people and organisations", 1, 1)]


def test_a_rebuild_counts_the_documents_that_differed_and_what_leads_to_them(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="one")
        make_publication(session, slug="two")
        make_publication(session, slug="former")
        change(session, PUBLICATION, "former", slug="three")
    damaged = DocumentRow.collection == "publications", DocumentRow.slug.in_(("one", "two", "former"))
    with kb.write() as session:
        session.execute(update(DocumentRow).where(*damaged).values(body='{"url":"/v1/publications/nowhere"}'))
        assert rebuild(session, now=NOW) == 3
    assert kb.client.slugs("/v1/publications?sort=slug") == ["one", "three", "two"]
    assert kb.client.get("/v1/publications/former").headers["location"].endswith("/v1/publications/three")
