"""Withdrawn entries leave a tombstone, renamed ones a redirect; both at once."""

from datetime import timedelta

import httpx
import pytest

from app.catalogue.kind import Kind
from app.catalogue.registry import BY_NAME, ENTRY_KINDS
from app.staff.editing.writer import find
from tests.client import problem
from tests.corpus import Corpus
from tests.factories import NOW, change, make_entry, make_person, make_term, withdraw

pytestmark = pytest.mark.one_engine

LATER = NOW + timedelta(days=1)


@pytest.fixture
def two(kb: Corpus, kind: Kind) -> Corpus:
    """An entry that will go, and one that stays and is tied to it."""
    with kb.write() as session:
        make_person(session, slug="ada")
        make_entry(
            session,
            kind,
            slug="going",
            title="About lanterns",
            terms={"format": ["video"], "topic": ["capacity"]},
            contributors=[{"agent": "people/ada", "role": "author"}],
            identifiers=[{"scheme": "doi", "value": "10.1234/going"}],
        )
        relations = [{"type": "Describes", "target": f"{kind.collection}/going"}]
        make_entry(session, kind, slug="staying", title="Other", relations=relations)
    assert sorted(kb.client.slugs(f"/v1/{kind.collection}")) == ["going", "staying"]
    return kb


def withdraw_going(kb: Corpus, kind: Kind) -> None:
    with kb.write() as session:
        withdraw(session, kind, "going", reason="It was wrong.", replacement=find(session, kind, "staying"), now=LATER)


def test_a_withdrawn_entry_answers_410_with_its_reason(two: Corpus, kind: Kind) -> None:
    withdraw_going(two, kind)
    for path in ("going", "going.ris", "going?as=bibtex", "../entries/going?select=title"):
        response = two.client.get(str(httpx.URL(f"/v1/{kind.collection}/").join(path)))
        gone = problem(response, 410)
        assert gone["reason"] == "It was wrong."
        assert gone["date"] == "2026-01-02T09:00:00Z"
        assert gone["replacement"] == f"http://127.0.0.1:8000/v1/{kind.collection}/staying"
        assert "lanterns" not in response.text


def test_a_change_of_a_withdrawn_entry_changes_nothing_of_its_tombstone(two: Corpus, kind: Kind) -> None:
    withdraw_going(two, kind)
    gone = problem(two.client.get(f"/v1/{kind.collection}/going"), 410)
    with two.write() as session:
        change(session, kind, "going", title="Of lamps", now=LATER + timedelta(days=1))
    assert problem(two.client.get(f"/v1/{kind.collection}/going"), 410) == gone


def test_a_withdrawn_entry_is_absent_everywhere_else(two: Corpus, kind: Kind) -> None:
    withdraw_going(two, kind)
    client = two.client
    for query in ("", "?q=lanterns", "?topic=capacity", "?format=video", "?slug=going", "?author=ada"):
        assert "going" not in client.slugs(f"/v1/{kind.collection}{query}")
    assert client.json("/v1/entries?facets=format")["facets"]["format"]["values"][0]["slug"] == "article"
    assert {each["name"]: each["count"] for each in client.json("/v1")["collections"]}[str(kind.collection)] == 1
    assert client.json(f"/v1/{kind.collection}/staying")["relations"] == []
    for extension in ("csv", "bib", "ris", "csl"):
        assert "lanterns" not in client.get(f"/v1/{kind.collection}.{extension}").text
    client.refused(f"/v1/{kind.collection}/doi:10.1234/going", 410)
    client.refused("/v1/entries/10.1234/GOING", 410)
    client.refused("/v1/people/ada", 410)
    assert client.slugs("/v1/people") == []


def test_the_replacement_of_a_tombstone_follows_its_renaming(two: Corpus, kind: Kind) -> None:
    withdraw_going(two, kind)
    with two.write() as session:
        change(session, kind, "staying", slug="stayed")
    assert two.client.refused(f"/v1/{kind.collection}/going", 410)["replacement"].endswith("/stayed")
    with two.write() as session:
        withdraw(session, kind, "stayed")
    assert "replacement" not in two.client.refused(f"/v1/{kind.collection}/going", 410)


def test_a_person_comes_back_with_the_next_entry(two: Corpus, kind: Kind) -> None:
    withdraw_going(two, kind)
    with two.write() as session:
        change(session, kind, "staying", contributors=[{"agent": "people/ada", "role": "editor"}])
    assert two.client.json("/v1/people/ada")["name"] == "Ada Example"


def test_a_renamed_entry_answers_301(two: Corpus, kind: Kind) -> None:
    with two.write() as session:
        change(session, kind, "going", slug="gone-on")
    base = f"http://127.0.0.1:8000/v1/{kind.collection}/gone-on"
    for collection in (kind.collection, "entries"):
        for ending in ("", ".ris", "?select=title", ".bib?as=bibtex"):
            response = two.client.get(f"/v1/{collection}/going{ending}")
            assert problem(response, 301)["location"] == response.headers["location"] == base + ending
            assert response.headers["cache-control"] == "public, no-cache"
    assert sorted(two.client.slugs(f"/v1/{kind.collection}")) == ["gone-on", "staying"]
    assert two.client.json(f"/v1/{kind.collection}/staying")["relations"][0]["url"] == base


def test_a_chain_of_renamings_leads_to_the_present_name_at_once(two: Corpus, kind: Kind) -> None:
    for slug, name in (("going", "second"), ("second", "third"), ("third", "fourth")):
        with two.write() as session:
            change(session, kind, slug, slug=name)
    for slug in ("going", "second", "third"):
        assert two.client.get(f"/v1/{kind.collection}/{slug}").headers["location"].endswith("/fourth")


def test_an_entry_may_get_its_old_name_back(two: Corpus, kind: Kind) -> None:
    for slug, name in (("going", "second"), ("second", "going")):
        with two.write() as session:
            change(session, kind, slug, slug=name)
    assert two.client.json(f"/v1/{kind.collection}/going")["slug"] == "going"
    assert two.client.get(f"/v1/{kind.collection}/second").headers["location"].endswith("/going")


def test_an_old_name_can_be_used_again(two: Corpus, kind: Kind) -> None:
    with two.write() as session:
        change(session, kind, "going", slug="gone-on")
    assert two.client.get(f"/v1/{kind.collection}/going").status_code == 301
    with two.write() as session:
        make_entry(session, kind, slug="going", title="Another thing")
    assert two.client.json(f"/v1/{kind.collection}/going")["title"] == "Another thing"
    with two.write() as session:
        change(session, kind, "gone-on", slug="gone-further")
    assert two.client.json(f"/v1/{kind.collection}/going")["title"] == "Another thing"
    assert two.client.get(f"/v1/{kind.collection}/gone-on").headers["location"].endswith("/gone-further")


def test_a_draft_that_takes_an_old_name_leaves_the_redirect(two: Corpus, kind: Kind) -> None:
    with two.write() as session:
        change(session, kind, "going", slug="gone-on")
        make_entry(session, kind, slug="going", as_draft=True)
    assert two.client.get(f"/v1/{kind.collection}/going").headers["location"].endswith("/gone-on")


def test_a_withdrawn_entry_that_had_another_name_is_gone_at_the_end_of_the_redirect(two: Corpus, kind: Kind) -> None:
    with two.write() as session:
        change(session, kind, "going", slug="gone-on")
    with two.write() as session:
        withdraw(session, kind, "gone-on")
    location = two.client.get(f"/v1/{kind.collection}/going").headers["location"]
    two.client.refused(location, 410)


@pytest.mark.parametrize("kind", ENTRY_KINDS[:1], ids=lambda kind: kind.name)
def test_a_former_name_of_a_term_still_asks_for_it(two: Corpus, kind: Kind) -> None:
    with two.write() as session:
        change(session, BY_NAME["term"], "capacity", scheme="topic", slug="ability")
    found = two.client.json("/v1/entries?topic=capacity")
    assert [each["slug"] for each in found["results"]] == ["going"]
    assert found["meta"]["query"]["where"]["value"] == "ability"
    assert two.client.get("/v1/topics/capacity").headers["location"].endswith("/v1/topics/ability")
    with two.write() as session:
        make_term(session, "topic", slug="capacity")
    assert two.client.slugs("/v1/entries?topic=capacity") == []
