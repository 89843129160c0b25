"""Queries that are kept, for mails, webhooks and collections: they mean later what they meant."""

import pytest

from app.catalogue.registry import BY_NAME
from app.feed.stored_queries import parse_stored_query
from app.kit.error_collector import ErrorCollector
from app.kit.errors import BadQuery
from app.kit.json_types import JsonObject
from app.search.index.ephemeral import build_ephemeral_index
from app.search.query.filter_parser import parse_tree
from app.search.query.list_address import read_list_address
from app.search.query.model import Leaf, Query
from tests.corpus import Corpus
from tests.factories import make_publication, withdraw

pytestmark = pytest.mark.one_engine


def test_stored_words_find_what_has_all_of_them_or_carries_them_as_its_identifier(kb: Corpus) -> None:
    doi = "10.1234/a.b"
    with kb.write() as session:
        carrying = make_publication(session, slug="a", identifiers=[{"scheme": "doi", "value": doi}]).id
        naming = make_publication(session, slug="b", title=f"On {doi}").id
        make_publication(session, slug="c", title="On nothing")
    found = {text: {*kb.snapshot.match(Query("publications", words=text), strict=True)} for text in (doi, "on nothng")}
    assert found == {doi: {carrying, naming}, "on nothng": set()}


def test_stored_queries_are_asked_of_these_documents_alone_where_they_are_live(kb: Corpus) -> None:
    with kb.write() as session:
        kept, gone, _ = [
            make_publication(session, slug=slug, title="Lanterns").id for slug in ("kept", "gone", "another")
        ]
    with kb.write() as session:
        withdraw(session, BY_NAME["publication"], "gone")
    with kb.read() as session:
        small = build_ephemeral_index(session, kb.snapshot.registry, [kept, gone])
    assert {*small.match(Query("publications", words="lanterns"), strict=True)} == {kept}


def test_one_may_name_a_value_that_nothing_has_any_more(seeded: Corpus) -> None:
    leaf = {"field": "contributor", "op": "any", "value": ["nobody-any-more"]}
    stored: JsonObject = {"collection": "publications", "where": leaf, "q": None, "sort": []}
    assert parse_stored_query(seeded.snapshot, stored).where == Leaf("contributor", "any", ("nobody-any-more",))
    with pytest.raises(BadQuery):
        parse_tree(seeded.snapshot, "publications", {"where": leaf})


@pytest.mark.parametrize("text", ["publications?topic=nowhere", "publications?nowhere=a", "nowhere?topic=trust"])
def test_one_with_a_fault_lists_nothing(seeded: Corpus, text: str) -> None:
    """Else a list of everything would stand in for it."""
    errors = ErrorCollector()
    assert read_list_address(errors, seeded.snapshot, ["publications"], text) is None
    with pytest.raises(BadQuery):
        errors.check()


def test_a_question_mark_within_a_value_parts_nothing(seeded: Corpus) -> None:
    errors = ErrorCollector()
    query = read_list_address(errors, seeded.snapshot, ["publications"], "publications?q=who+cares?")
    errors.check()
    assert query == parse_tree(seeded.snapshot, "publications", {"q": "who cares?"})


@pytest.mark.parametrize(
    ("text", "suggestion", "allowed"),
    [("evnts?topic=trust", "events", ("events",)), ("zzz", None, ("publications", "events"))],
)
def test_a_collection_that_is_none_is_refused_with_what_is_near_or_else_with_those_there_are(
    seeded: Corpus, text: str, suggestion: str | None, allowed: tuple[str, ...]
) -> None:
    errors = ErrorCollector()
    assert read_list_address(errors, seeded.snapshot, ["publications", "events"], text) is None
    with pytest.raises(BadQuery) as refused:
        errors.check()
    (error,) = refused.value.errors
    assert error.message == "Must begin with a collection of entries, for example `entries?`."
    assert (error.suggestion, error.allowed) == (suggestion, allowed)
