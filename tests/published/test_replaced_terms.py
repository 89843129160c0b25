"""A term that was replaced leads to the one in its place, and entries show that one."""

import pytest

from app.catalogue.registry import BY_NAME
from app.feed.stored_queries import parse_stored_query
from app.kit.errors import Invalid
from app.search.query.model import Leaf
from app.staff.maintenance.rebuilding import rebuild
from tests.client import BASE
from tests.corpus import Corpus
from tests.factories import NOW, change, make_framework, make_publication, make_term, make_vocabulary

TERM = BY_NAME["term"]


def replace(kb: Corpus, old: str, new: str) -> None:
    with kb.write() as session:
        change(session, TERM, old, scheme="topic", replaced_by=new)


def prepare(kb: Corpus) -> None:
    with kb.write() as session:
        for slug in ("old", "new", "newest"):
            make_term(session, slug=slug)
        make_publication(session, slug="tagged", terms={"format": ["article"], "topic": ["old"]})
        element = {"slug": "part", "type": "phase", "title": "A part", "term": "topics/old"}
        make_framework(session, slug="frame", elements=[element])


def test_the_old_address_leads_to_the_new_term(kb: Corpus) -> None:
    prepare(kb)
    replace(kb, "old", "new")
    moved = kb.client.get("/v1/topics/old")
    assert (moved.status_code, moved.headers["location"]) == (301, f"{BASE}/v1/topics/new")
    assert "old" not in kb.client.slugs("/v1/topics?per_page=100")


def test_entries_show_and_are_found_by_the_new_term_under_both_names(kb: Corpus) -> None:
    prepare(kb)
    replace(kb, "old", "new")
    (topic,) = kb.client.get("/v1/publications/tagged").json()["terms"]["topic"]
    assert topic["slug"] == "new"
    (element,) = kb.client.get("/v1/frameworks/frame").json()["elements"]
    assert element["term"]["slug"] == "new"
    for name in ("old", "new"):
        assert kb.client.slugs(f"/v1/publications?topic={name}") == ["tagged"]


def test_a_chain_leads_to_its_end_and_renaming_the_end_reaches_the_entries(kb: Corpus) -> None:
    prepare(kb)
    replace(kb, "old", "new")
    replace(kb, "new", "newest")
    assert kb.client.get("/v1/topics/old").headers["location"].endswith("/v1/topics/newest")
    with kb.write() as session:
        change(session, TERM, "newest", scheme="topic", label="Renamed")
    (topic,) = kb.client.get("/v1/publications/tagged").json()["terms"]["topic"]
    assert (topic["slug"], topic["label"]) == ("newest", "Renamed")


def test_a_replacement_can_be_taken_back(kb: Corpus) -> None:
    prepare(kb)
    replace(kb, "old", "new")
    with kb.write() as session:
        change(session, TERM, "old", scheme="topic", replaced_by=None)
    assert kb.client.get("/v1/topics/old").json()["label"] == "Old"
    (topic,) = kb.client.get("/v1/publications/tagged").json()["terms"]["topic"]
    assert topic["slug"] == "old"


def test_nothing_is_left_to_rebuild(kb: Corpus) -> None:
    prepare(kb)
    replace(kb, "old", "new")
    replace(kb, "new", "newest")
    with kb.write() as session:
        assert rebuild(session, now=NOW) == 0


class TestATermThatMovesToAnotherVocabulary:
    @pytest.fixture
    def moved(self, kb: Corpus) -> Corpus:
        """The topic `old` is the approach `new` now."""
        with kb.write() as session:
            make_vocabulary(session, "approach", "approaches")
            make_term(session, slug="old")
            make_term(session, slug="narrow", broader="old")
            make_term(session, scheme="approach", slug="new")
            make_publication(session, slug="tagged", terms={"format": ["article"], "topic": ["old", "trust"]})
            make_publication(session, slug="both", terms={"format": ["book"], "topic": ["old"], "approach": ["new"]})
            make_publication(session, slug="other", terms={"format": ["book"], "topic": ["narrow"]})
            element = {"slug": "part", "type": "phase", "title": "A part", "term": "topics/old"}
            make_framework(session, slug="frame", elements=[element])
        replace(kb, "old", "approaches/new")
        return kb

    def test_its_address_leads_there_in_every_format(self, moved: Corpus) -> None:
        for ending in ("", ".ttl", "/related"):
            answer = moved.client.get(f"/v1/topics/old{ending}")
            assert (answer.status_code, answer.headers["location"]) == (301, f"{BASE}/v1/approaches/new{ending}")

    def test_what_carries_it_shows_it_there_once(self, moved: Corpus) -> None:
        terms = moved.client.json("/v1/publications/tagged")["terms"]
        assert ([each["slug"] for each in terms["topic"]], terms["approach"][0]["slug"]) == (["trust"], "new")
        terms = moved.client.json("/v1/publications/both")["terms"]
        assert (terms["topic"], [each["slug"] for each in terms["approach"]]) == ([], ["new"])
        (element,) = moved.client.json("/v1/frameworks/frame")["elements"]
        assert element["term"]["url"] == f"{BASE}/v1/approaches/new"

    def test_it_is_found_by_the_old_name_and_the_new_in_a_stored_query_too(self, moved: Corpus) -> None:
        for query, found in (
            ("topic=old", {"tagged", "both"}),
            ("approach=new", {"tagged", "both"}),
            ("topic__all=old&topic__all=trust", {"tagged"}),
            ("topic=old&topic=narrow", {"tagged", "both", "other"}),
            ("topic__not=old", {"other"}),
            ("topic__not=old&topic__not=narrow", set()),
            ("topic=old&approach=new", {"tagged", "both"}),
        ):
            assert {*moved.client.slugs(f"/v1/publications?{query}")} == found, query
        where = {"field": "topic", "value": "old"}
        stored = {"collection": "publications", "where": where, "q": None, "sort": ["title"]}
        assert parse_stored_query(moved.snapshot, stored).where == Leaf("approach", "any", ("new",))

    def test_what_was_narrower_has_no_broader_term_elsewhere_and_nothing_is_left_to_rebuild(
        self, moved: Corpus
    ) -> None:
        assert moved.client.json("/v1/topics/narrow")["broader"] is None
        with moved.write() as session:
            assert rebuild(session, now=NOW) == 0

    def test_a_new_name_of_the_vocabulary_reaches_what_carries_it(self, moved: Corpus) -> None:
        with moved.write() as session:
            change(session, BY_NAME["vocabulary"], "approach", slug="way")
        assert [each["slug"] for each in moved.client.json("/v1/publications/tagged")["terms"]["way"]] == ["new"]
        assert moved.client.slugs("/v1/publications?topic=old&sort=slug") == ["both", "tagged"]

    def test_it_cannot_leave_what_is_required_or_join_what_is_single(self, kb: Corpus) -> None:
        for scheme, term, target in (("format", "article", "topics/trust"), ("topic", "trust", "formats/article")):
            with pytest.raises(Invalid) as refused, kb.write() as session:
                change(session, TERM, term, scheme=scheme, replaced_by=target)
            assert [each.pointer for each in refused.value.errors] == ["/replaced_by"]
