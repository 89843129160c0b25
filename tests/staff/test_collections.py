"""Curated pages: sections that list entries in their order, or show what a query finds, whole in one answer."""

from typing import Any

import pytest

from app.catalogue.registry import BY_NAME
from tests.api_keys import ApiKeyClient, api_key_client
from tests.client import problem
from tests.corpus import Corpus
from tests.factories import change, make_entry, make_framework, make_person, make_publication, make_term, withdraw
from tests.staff.editing import make, patch, step

COLLECTION, PUBLICATION = BY_NAME["collection"], BY_NAME["publication"]
PATH = "/v1/collections/reading"
TERMS = {"format": ["article"]}


def listing(*slugs: str, line: str | None = None) -> dict[str, Any]:
    entries = [{"entry": f"publications/{slug}", "line": line} for slug in slugs]
    return {"slug": "first", "heading": "First", "text": "To *begin*.", "entries": entries}


def asking(query: str, **more: Any) -> dict[str, Any]:
    return {"slug": "found", "heading": "Found", "query": query, **more}


def entries(kb: Corpus, section: int = 0) -> list[str]:
    return [each["slug"] for each in kb.client.json(PATH)["sections"][section]["entries"]]


@pytest.fixture
def staff(kb: Corpus) -> ApiKeyClient:
    return api_key_client(kb)


def test_it_is_whole_in_one_answer(kb: Corpus) -> None:
    link = {"type": "full_text", "url": "https://example.org/b"}
    doi = {"scheme": "doi", "value": "10.1234/a"}
    with kb.write() as session:
        make_publication(session, slug="a", title="About A", identifiers=[doi])
        make_publication(session, slug="b", title="About B", resources=[link])
        make_entry(session, COLLECTION, slug="reading", introduction="**Start** here.", sections=[listing("b", "a")])
    shown = kb.client.json(PATH)
    assert shown["introduction"] == "**Start** here."
    (section,) = shown["sections"]
    assert (section["heading"], section["text"], section["query"]) == ("First", "To *begin*.", None)
    base = "http://127.0.0.1:8000/v1/publications"
    kind = {"kind": "publication", "line": None}
    assert [{name: each[name] for name in each if name != "id"} for each in section["entries"]] == [
        kind | {"slug": "b", "label": "About B", "url": f"{base}/b", "link": "https://example.org/b"},
        kind | {"slug": "a", "label": "About A", "url": f"{base}/a", "link": "https://doi.org/10.1234/a"},
    ]


def test_what_its_query_finds_is_found_when_it_is_read(kb: Corpus) -> None:
    with kb.write() as session:
        section = asking("entries?topic=ethics&sort=title", limit=2)
        make_entry(session, COLLECTION, slug="reading", sections=[section])
        for slug in ("c", "b", "a"):
            make_publication(session, slug=slug, title=slug, terms={**TERMS, "topic": ["ethics"]})
    (found,) = kb.client.json(PATH)["sections"]
    assert ([each["slug"] for each in found["entries"]], found["count"]) == (["a", "b"], 3)
    assert kb.client.slugs(found["query_url"]) == ["a", "b", "c"]
    with kb.write() as session:
        change(session, PUBLICATION, "a", title="z")
    assert entries(kb) == ["b", "c"]
    (listed,) = kb.client.json("/v1/collections")["results"]
    assert (listed["sections"][0]["entries"], listed["sections"][0]["count"]) == ([], None)


def test_a_query_follows_a_term_that_was_replaced(kb: Corpus) -> None:
    with kb.write() as session:
        make_term(session, "topic", slug="later")
        make_publication(session, slug="a", terms={**TERMS, "topic": ["trust"]})
        make_entry(session, COLLECTION, slug="reading", sections=[asking("publications?topic=trust")])
        change(session, BY_NAME["term"], "trust", scheme="topic", replaced_by="later")
    assert entries(kb) == ["a"]


def test_only_what_is_published_is_shown_under_its_present_name(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="a")
        draft = make_publication(session, slug="b", as_draft=True)
        make_entry(session, COLLECTION, slug="reading", sections=[listing("a", "b")])
        assert draft.status == "draft"
    assert entries(kb) == ["a"]
    with kb.write() as session:
        change(session, PUBLICATION, "b")
        change(session, PUBLICATION, "a", slug="renamed", title="Another title")
    assert entries(kb) == ["renamed", "b"]
    assert kb.client.json(PATH)["sections"][0]["entries"][0]["label"] == "Another title"
    with kb.write() as session:
        withdraw(session, PUBLICATION, "renamed")
    assert entries(kb) == ["b"]


def test_what_was_merged_is_shown_once_as_what_it_was_merged_into(kb: Corpus, staff: ApiKeyClient) -> None:
    with kb.write() as session:
        for slug in ("a", "b", "c"):
            make_publication(session, slug=slug)
        sections = [listing("c", "a", "b", line="Read it."), {**listing("a"), "slug": "second"}]
        make_entry(session, COLLECTION, slug="reading", sections=sections)
    subject = staff.request_json("GET", "/v1/staff/publications/a")
    step(staff, subject, "merge", into="b")
    assert (entries(kb, 0), entries(kb, 1)) == (["c", "b"], ["b"])
    data = staff.request_json("GET", "/v1/staff/collections/reading")["data"]
    assert data["sections"][1]["entries"] == [{"entry": "publications/b", "line": None}]


def test_collections_are_parts_of_each_other(kb: Corpus) -> None:
    with kb.write() as session:
        part: dict[str, Any] = {"relations": [{"type": "IsPartOf", "target": "collections/reading"}]}
        make_entry(session, COLLECTION, slug="reading")
        make_entry(session, COLLECTION, slug="part", title="A part", **part)
        make_framework(session, slug="no-collection", **part)
        make_entry(session, COLLECTION, slug="unseen", as_draft=True, **part)
    (child,) = kb.client.json(PATH)["children"]
    assert (child["label"], child["url"]) == ("A part", "http://127.0.0.1:8000/v1/collections/part")
    assert [each["slug"] for each in kb.client.json("/v1/collections/part")["parents"]] == ["reading"]


def test_staff_make_it_as_any_entry_and_a_working_copy_waits(kb: Corpus, staff: ApiKeyClient) -> None:
    with kb.write() as session:
        make_publication(session, slug="a")
    given = {"slug": "reading", "title": "Reading", "terms": TERMS, "sections": [listing("a")]}
    draft = make(staff, "collections", **given)
    assert kb.client.get(PATH).status_code == 404
    public = step(staff, draft, "publish")
    waiting = patch(staff, public, sections=[{**listing(), "heading": "Later"}])
    assert kb.client.json(PATH)["sections"][0]["heading"] == "First"
    step(staff, waiting, "publish")
    assert (kb.client.json(PATH)["sections"][0]["heading"], entries(kb)) == ("Later", [])
    history = staff.request_json("GET", "/v1/staff/collections/reading/revisions")["results"]
    assert history[0]["action"] == "publish"


@pytest.mark.parametrize(
    ("section", "pointer", "code", "suggestion"),
    [
        (asking("publications?topic=trusst"), "/sections/0/query", "unknown-term", "trust"),
        (asking("publications?topik=trust"), "/sections/0/query", "unknown-parameter", "topic"),
        (asking("publicatons?topic=trust"), "/sections/0/query", "unknown-collection", "publications"),
        (asking("people?sort=name"), "/sections/0/query", "unknown-collection", None),
        (asking("entries?per_page=100"), "/sections/0/query", "unknown-parameter", None),
        (asking("entries?q=%FF"), "/sections/0/query", "invalid-value", None),
        (asking("entries?topic="), "/sections/0/query", "invalid-value", None),
        (asking("entries?" + "q=a&" * 51), "/sections/0/query", "invalid-value", None),
        (asking("entries", limit=51), "/sections/0/limit", "out-of-range", None),
        (asking("entries", entries=[{"entry": "publications/a"}]), "/sections/0/query", "not-together", None),
        (listing("aa"), "/sections/0/entries/0/entry", "unknown-reference", "a"),
        (listing("a", "a"), "/sections/0/entries/1/entry", "repeated", None),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(
    kb: Corpus, staff: ApiKeyClient, section: dict[str, Any], pointer: str, code: str, suggestion: str | None
) -> None:
    with kb.write() as session:
        make_publication(session, slug="a")
    given = {"slug": "reading", "title": "Reading", "terms": TERMS, "sections": [section]}
    (error,) = problem(staff("POST", "/v1/staff/collections", json=given), 422)["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    if suggestion is not None:
        assert (error.get("suggestion") or error["allowed"][0]) == suggestion


def test_a_query_may_be_for_what_no_entry_has_yet(kb: Corpus, staff: ApiKeyClient) -> None:
    section = asking("publications?author=ada&author=bob&sort=title")
    with kb.write() as session:
        for slug in ("ada", "bob"):
            make_person(session, slug=slug)
        make_publication(session, slug="a", title="A", contributors=[{"agent": "people/bob", "role": "author"}])
    step(staff, make(staff, "collections", slug="reading", title="Reading", terms=TERMS, sections=[section]), "publish")
    assert entries(kb) == ["a"]
    with kb.write() as session:
        make_publication(session, slug="b", title="B", contributors=[{"agent": "people/ada", "role": "author"}])
    assert entries(kb) == ["a", "b"]


def test_it_lists_neither_itself_nor_two_sections_of_one_name(kb: Corpus, staff: ApiKeyClient) -> None:
    given = {"slug": "reading", "title": "Reading", "terms": TERMS, "sections": [listing(), listing()]}
    (error,) = problem(staff("POST", "/v1/staff/collections", json=given), 422)["errors"]
    assert (error["pointer"], error["code"]) == ("/sections", "repeated")
    draft = make(staff, "collections", **{**given, "sections": []})
    own = {**listing(), "entries": [{"entry": "collections/reading"}]}
    refused = patch(staff, draft, 422, sections=[own])
    assert refused["errors"][0]["code"] == "circle"
