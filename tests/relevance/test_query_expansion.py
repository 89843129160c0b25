"""What words find that stand in no entry themselves: other names, synonyms, definitions, numbers that are off."""

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import pytest
from sqlalchemy.orm import Session

from app.catalogue.registry import BY_NAME
from app.kit.errors import Invalid
from app.search.text.query_parser import parse_text
from tests.client import Client
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import (
    add_details,
    change,
    make_organisation,
    make_publication,
    make_term,
    make_vocabulary,
)


def search(client: Client, text: str) -> list[str]:
    return client.slugs(f"/v1/publications?q={quote(text, safe='')}")


def matching(client: Client, text: str) -> str:
    return str(client.json(f"/v1/publications?q={quote(text, safe='')}")["meta"]["matching"])


@pytest.fixture(scope="module")
def tree(databases: Databases) -> Iterator[Client]:
    """A term in another, what carries each, and an organisation of several names."""

    def fill(session: Session) -> None:
        add_details(session)
        make_term(session, slug="fruit", label="Fruit", definition="What trees and bushes bear when summer ends.")
        hidden = ["Golden delicious", "aple"]
        make_term(
            session, slug="apples", label="Apples", alternative_labels=["Pomes"], hidden_labels=hidden, broader="fruit"
        )
        make_organisation(
            session, slug="club", name="Gardening Club", alternative_names=["GCL"], hidden_names=["grdnng"]
        )
        club = [{"agent": "organisations/club", "role": "publisher"}]
        for slug, terms, contributors in (("all", ["fruit"], []), ("one", ["apples"], []), ("by", [], club)):
            carried = {"format": ["article"], "topic": terms}
            make_publication(session, slug=slug, title=f"Number {slug}", terms=carried, contributors=contributors)
        make_publication(session, slug="words", title="Something delicious")
        make_publication(
            session, slug="apart", title="A club for those who like gardening and gardening", summary="2021"
        )

    with closing(Corpus(databases.template("tree", fill))) as kb:
        yield kb.client


class TestNamesThatAreFound:
    @pytest.mark.parametrize("text", ["Apples", "pomes", "golden delicious", "aple"])
    def test_what_carries_the_term_comes_before_what_carries_the_wider_one(self, tree: Client, text: str) -> None:
        assert search(tree, text) == ["one", "all"]

    def test_words_of_a_name_find_what_carries_the_term(self, tree: Client) -> None:
        assert search(tree, "golden") == ["one", "all"]

    def test_they_do_so_however_many_have_them_unless_they_are_frequent(self, kb: Corpus) -> None:
        with kb.write() as session:
            make_term(session, slug="gang", label="Gang affiliation")
            make_publication(session, slug="tagged", title="Streets", terms={"format": ["article"], "topic": ["gang"]})
            for number in range(4):
                make_publication(session, slug=f"gang-{number}", title=f"The gang of {number}")
            for number in range(20):
                make_publication(session, title=f"Other {number}")
        assert search(kb.client, "gang")[4:] == ["tagged"]

    @pytest.mark.parametrize("text", ["GCLs", "gcls", "GCL's", "gcl\u2019s", "GCL/number", "number,GCL", "GCL-numbers"])
    def test_an_acronym_is_one_in_the_plural_and_joined_to_other_words(self, tree: Client, text: str) -> None:
        assert search(tree, text) == ["by"]

    @pytest.mark.parametrize("text", ["either/or", "10.1093/bjsw", "a.org/CSE/CCE", "multi-agency"])
    def test_what_else_is_joined_stays_one(self, text: str) -> None:
        assert len(parse_text(text)) == 1

    def test_operators_say_what_belongs_together(self) -> None:
        assert len(parse_text("pomes NOT CSE/CCE")) == 2

    @pytest.mark.parametrize("text", ["GAF training", "gaf training", "what does GAF stand for"])
    def test_an_acronym_is_enough_where_other_words_stand_nowhere(self, kb: Corpus, text: str) -> None:
        with kb.write() as session:
            make_term(session, slug="gang", label="Gang affiliation", hidden_labels=["GAF"])
            for number in range(16):
                terms = {"format": ["article"], "topic": ["gang"] if number < 10 else []}
                make_publication(session, title=f"Number {number}", terms=terms)
        assert kb.client.json(f"/v1/publications?q={quote(text)}")["meta"]["count"] == 10
        assert search(kb.client, "gang training") == []

    def test_what_has_the_words_themselves_comes_first(self, tree: Client) -> None:
        assert search(tree, "delicious") == ["words", "one", "all"]

    @pytest.mark.parametrize("text", ["GCL", "G.C.L.", "grdnng"])
    def test_names_of_organisations_find_what_names_them(self, tree: Client, text: str) -> None:
        assert search(tree, text) == ["by"]

    def test_what_has_a_name_that_was_typed_in_full_comes_before_what_has_its_words(self, tree: Client) -> None:
        assert search(tree, "gardening club") == ["by", "apart"]

    def test_hidden_labels_are_in_the_terms_document_and_lead_autocomplete_to_it(self, tree: Client) -> None:
        assert tree.json("/v1/topics/apples")["hidden_labels"] == ["Golden delicious", "aple"]
        assert tree.json("/v1/organisations/club")["hidden_names"] == ["grdnng"]
        (found,) = tree.json("/v1/autocomplete?q=golden")["results"]
        assert (found["id"], found["label"]) == ("topics/apples", "Apples")


@pytest.fixture(scope="module")
def ringed(databases: Databases) -> Iterator[Corpus]:
    def fill(session: Session) -> None:
        add_details(session)
        fill_with_ring(session)

    with closing(Corpus(databases.template("ringed", fill))) as kb:
        yield kb


def fill_with_ring(session: Session) -> None:
    """Words for the same, and what has each of them; to vocabularies that are there."""
    make_vocabulary(session, "synonym", "synonyms", synonym_rings=True)
    ring = ["Teenagers", "Young people"]
    make_term(session, scheme="synonym", slug="youth", label="Adolescents", alternative_labels=ring)
    make_publication(session, slug="typed", title="Teenagers")
    make_publication(session, slug="ring", title="Young people", summary="Of today.")
    for number in range(3):
        make_publication(session, slug=f"many-{number}", title=f"Adolescents {number}")
    outside = ["Away from home", "Out of doors", "In the open", "Under the sky", "On the road", "In the streets"]
    make_term(session, scheme="synonym", slug="outside", label="Outside the home", alternative_labels=outside)
    make_publication(session, slug="streets", title="Life in the streets")


class TestSynonymRings:
    def test_widen_what_finds_little_and_what_was_typed_comes_first(self, ringed: Corpus) -> None:
        found = search(ringed.client, "teenagers")
        assert found[0] == "typed"
        assert {*found} == {"typed", "ring", "many-0", "many-1", "many-2"}

    def test_leave_what_finds_enough(self, ringed: Corpus) -> None:
        assert {*search(ringed.client, "adolescents")} == {"many-0", "many-1", "many-2"}

    def test_take_a_name_as_a_whole(self, ringed: Corpus) -> None:
        """Neither a part of one, nor its words apart."""
        assert search(ringed.client, "young") == ["ring"]
        assert search(ringed.client, "people today") == ["ring"]

    def test_are_read_like_terms_but_are_nothing_to_ask_by(self, ringed: Corpus) -> None:
        client = ringed.client
        assert client.json("/v1/synonyms/youth")["alternative_labels"] == ["Teenagers", "Young people"]
        assert client.json("/v1/vocabularies/synonym")["synonym_rings"] is True
        assert "synonym" not in client.json("/v1/publications/typed")["terms"]
        client.refused("/v1/publications?synonym=youth")
        assert client.json("/v1/autocomplete?q=adol")["results"][0]["kind"] == "publication"

    def test_follow_what_staff_change(self, kb: Corpus) -> None:
        with kb.write() as session:
            fill_with_ring(session)
        assert len(search(kb.client, "teenagers")) == 5
        with kb.write() as session:
            change(session, BY_NAME["term"], "youth", scheme="synonym", alternative_labels=["Gardening folk"])
        assert search(kb.client, "teenagers") == ["typed"]

    def test_no_entry_carries_one(self, kb: Corpus) -> None:
        with kb.write() as session:
            make_vocabulary(session, "synonym", "synonyms", synonym_rings=True)
            make_term(session, scheme="synonym", slug="youth", label="Adolescents")
        with pytest.raises(Invalid), kb.write() as session:
            make_publication(session, terms={"format": ["article"], "synonym": ["youth"]})

    def test_a_vocabulary_stays_what_it_is(self, kb: Corpus) -> None:
        with pytest.raises(Invalid), kb.write() as session:
            change(session, BY_NAME["vocabulary"], "topic", synonym_rings=True)

    def test_small_words_make_no_difference(self, ringed: Corpus) -> None:
        assert search(ringed.client, "outside a home") == ["streets"]

    def test_words_that_no_entry_has_take_no_room_from_those_that_one_has(self, ringed: Corpus) -> None:
        """At most four phrases are looked for."""
        assert search(ringed.client, "away from home") == ["streets"]


class TestDefinitions:
    def test_lead_to_what_carries_the_term_where_nothing_else_is_found(self, tree: Client) -> None:
        assert search(tree, "the end of summer") == ["all"]
        assert search(tree, "trees and bushes") == ["all"]

    def test_have_all_words_or_lead_nowhere(self, tree: Client) -> None:
        assert search(tree, "trees and cushions") == []
        assert search(tree, '"trees and bushes"') == []
        assert search(tree, "bushes") == []


class TestYears:
    def test_may_be_off(self, tree: Client) -> None:
        assert search(tree, "gardening 2021") == ["apart", "by"]
        assert search(tree, "delicious 1999") == ["words", "one", "all"]
        assert matching(tree, "delicious 1999") == "some"

    def test_may_be_off_beside_a_slip(self, tree: Client) -> None:
        assert search(tree, "deliciuos 1999") == ["words", "one", "all"]

    def test_find_nothing_by_themselves_where_nothing_has_the_words(self, tree: Client) -> None:
        assert search(tree, "zeppelins 2021") == []


def test_words_of_a_name_that_nothing_carries_are_still_loosened(kb: Corpus) -> None:
    with kb.write() as session:
        make_term(session, slug="cse", label="Sexual exploitation of children")
        make_publication(session, slug="one", title="Harmful sexual behaviour")
        for number in range(9):
            make_publication(session, title=f"Other {number}")
    assert search(kb.client, "sexual exploitation") == ["one"]
