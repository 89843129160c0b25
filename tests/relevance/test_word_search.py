"""What a text in a search box finds: stems, spellings, phrases, alternatives, exclusions, slips, identifiers."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy.orm import Session

from app.catalogue.registry import BY_NAME
from app.kit.errors import Invalid
from tests.client import Client
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import (
    add_details,
    change,
    make_entry,
    make_organisation,
    make_person,
    make_publication,
    make_term,
    make_vocabulary,
)

DOI = "10.1234/abc.def"
ISBN = "978-1-4473-6726-0"
ORCID = "0000-0002-1825-0097"
ADDRESS = "https://example.org/reports/one"


@pytest.fixture(scope="module")
def shelf(databases: Databases) -> Iterator[Client]:
    """A few publications, each with words of its own."""

    def fill(session: Session) -> None:
        add_details(session)
        make_term(session, slug="modes", label="Ways of working", alternative_labels=["WOW", "How we work"])
        make_person(session, slug="zoe", name="Zoë Brontë", family="Brontë", given="Zoë")
        for values in SHELF:
            make_publication(session, **values)

    with closing(Corpus(databases.template("shelf", fill))) as kb:
        yield kb.client


SHELF: tuple[dict[str, Any], ...] = (
    {"slug": "stems", "title": "Innovators were innovating", "summary": "They tried several innovations."},
    {"slug": "accents", "title": "Crèche and café", "contributors": [{"agent": "people/zoe", "role": "author"}]},
    {"slug": "possessive", "title": "Children's services", "summary": "One authority’s view."},  # noqa: RUF001
    {"slug": "hyphens", "title": "Trauma-informed co-production"},
    {"slug": "joined", "title": "Coproduction alone"},
    {"slug": "order", "title": "Power and risk", "summary": "Risk comes before power here."},
    {"slug": "in-title", "title": "Resilience", "summary": "A word on gardens."},
    {"slug": "in-summary", "title": "Gardens", "summary": "A word on resilience."},
    {"slug": "in-term", "title": "Allotments", "terms": {"format": ["article"], "topic": ["modes"]}},
    {"slug": "acronym", "title": "The WOW report"},
    {
        "slug": "identified",
        "title": "Numbered",
        "identifiers": [{"scheme": "doi", "value": DOI}, {"scheme": "isbn", "value": ISBN}],
        "resources": [{"type": "landing_page", "url": ADDRESS}],
    },
    {"slug": "mentions", "title": f"Notes on {DOI}", "summary": f"See {ADDRESS} and {ISBN}."},
)


def asked(client: Client, text: str, more: str = "") -> list[str]:
    return client.slugs(f"/v1/publications?q={quote(text, safe='')}{more}")


def meta(client: Client, text: str) -> tuple[str | None, str]:
    """`did_you_mean` and `matching`."""
    found = client.json(f"/v1/publications?q={quote(text, safe='')}")["meta"]
    return found["did_you_mean"], found["matching"]


class TestSpellings:
    @pytest.mark.parametrize("text", ["innovation", "innovations", "INNOVATING", "innovate"])
    def test_words_are_reduced_to_their_stems(self, shelf: Client, text: str) -> None:
        assert asked(shelf, text) == ["stems"]

    @pytest.mark.parametrize("text", ["creche cafe", "Crèche Café", "CRE\u0300CHE", "Bronte", "zoe brontë"])
    def test_accents_and_case_are_folded(self, shelf: Client, text: str) -> None:
        assert asked(shelf, text) == ["accents"]

    @pytest.mark.parametrize(
        "text",
        ["childrens services", "children's services", "Children’s Service", "childrenʼs", "authority's", "authoritys"],  # noqa: RUF001
    )
    def test_apostrophes_are_left_out(self, shelf: Client, text: str) -> None:
        assert asked(shelf, text) == ["possessive"]

    @pytest.mark.parametrize("text", ["trauma informed", "trauma-informed", "Trauma\u2011Informed", "trauma"])
    def test_hyphens_split_words(self, shelf: Client, text: str) -> None:
        assert asked(shelf, text) == ["hyphens"]

    def test_a_hyphenated_word_is_also_one_word(self, shelf: Client) -> None:
        assert set(asked(shelf, "co-production")) == {"hyphens", "joined"}
        assert set(asked(shelf, "coproduction")) == {"hyphens", "joined"}

    @pytest.mark.parametrize("text", ["inno\u200bvating", "inno\u00advating", "\ufeffinnovating"])
    def test_what_nobody_sees_is_left_out(self, shelf: Client, text: str) -> None:
        assert asked(shelf, text) == ["stems"]

    @pytest.mark.parametrize("text", ["what is the resilience of it?", "Resilience!", "(resilience)", "resilience and"])
    def test_small_words_and_marks_do_not_count(self, shelf: Client, text: str) -> None:
        assert set(asked(shelf, text)) == {"in-title", "in-summary"}

    def test_small_words_alone_do_count(self, shelf: Client) -> None:
        assert "order" in asked(shelf, "before")


class TestGrammar:
    def test_all_words_are_wanted(self, shelf: Client) -> None:
        assert asked(shelf, "power risk") == ["order"]
        assert meta(shelf, "power risk") == (None, "all")

    def test_a_phrase_is_side_by_side_in_order(self, shelf: Client) -> None:
        assert asked(shelf, '"power and risk"') == ["order"]
        assert asked(shelf, '"before power"') == ["order"]
        assert asked(shelf, '"power risk"') == []

    def test_a_phrase_does_not_reach_from_one_text_into_another(self, shelf: Client) -> None:
        assert asked(shelf, '"resilience gardens"') == []

    def test_either_will_do(self, shelf: Client) -> None:
        assert set(asked(shelf, "creche OR power")) == {"accents", "order"}
        assert set(asked(shelf, "creche OR power OR allotments")) == {"accents", "order", "in-term"}

    def test_or_in_small_letters_is_a_word(self, shelf: Client) -> None:
        assert meta(shelf, "creche or power")[1] == "some"

    def test_a_word_may_be_excluded(self, shelf: Client) -> None:
        assert asked(shelf, "coproduction -trauma") == ["joined"]
        assert asked(shelf, 'coproduction -"trauma informed"') == ["joined"]
        assert "stems" not in asked(shelf, "-innovation")
        assert len(asked(shelf, "-innovation")) == len(SHELF) - 1

    @pytest.mark.parametrize("text", ["coproduction NOT trauma", 'coproduction AND NOT "trauma informed"'])
    def test_not_in_capitals_excludes(self, shelf: Client, text: str) -> None:
        assert asked(shelf, text) == ["joined"]

    def test_and_in_capitals_is_what_stands_between_words_anyhow(self, shelf: Client) -> None:
        assert asked(shelf, "power AND risk") == ["order"]
        assert asked(shelf, "creche OR power AND risk") == asked(shelf, "creche OR power risk")

    @pytest.mark.parametrize("text", ["NOT", "AND", "power NOT", "NOT NOT", "AND NOT"])
    def test_an_operator_alone_is_no_error(self, shelf: Client, text: str) -> None:
        assert shelf.json(f"/v1/publications?q={quote(text)}")["meta"]["count"] >= 0

    @pytest.mark.parametrize(
        ("text", "ignored"),
        [
            ("power risk", []),
            ("What is the power of risk?", ["What", "is", "the", "of"]),
            ("power AND risk NOT care", []),
            (" ".join(f"power{number}" for number in range(40)), [f"power{number}" for number in range(32, 40)]),
        ],
    )
    def test_what_is_not_searched_for_is_told(self, shelf: Client, text: str, ignored: list[str]) -> None:
        found = shelf.json(f"/v1/publications?q={quote(text)}")["meta"]
        assert found["ignored"] == ignored

    def test_filters_hold_for_words_too(self, shelf: Client) -> None:
        assert asked(shelf, "gardens OR allotments", "&topic=modes") == ["in-term"]


class TestOrder:
    def test_titles_weigh_more_than_summaries(self, shelf: Client) -> None:
        assert asked(shelf, "resilience") == ["in-title", "in-summary"]
        assert asked(shelf, "gardens") == ["in-summary", "in-title"]

    def test_sites_and_events_come_after_publications_with_the_same_words(self, kb: Corpus) -> None:
        with kb.write() as session:
            for kind in ("site", "event", "publication", "framework"):
                make_entry(session, BY_NAME[kind], slug=f"a-{kind}", title="Orchards in bloom")
        found = [each["kind"] for each in kb.client.json("/v1/entries?q=orchards")["results"]]
        assert {*found[:2]} == {"publication", "framework"}
        assert {*found[2:]} == {"site", "event"}

    def test_pages_follow_one_order(self, shelf: Client) -> None:
        whole = asked(shelf, "-nothing")
        assert [slug for page in (1, 2, 3) for slug in asked(shelf, "-nothing", f"&per_page=4&page={page}")] == whole


class TestOtherNames:
    def test_an_acronym_finds_what_has_it_then_what_carries_its_term(self, shelf: Client) -> None:
        assert asked(shelf, "WOW") == ["acronym", "in-term"]
        assert asked(shelf, "W.O.W.")[0] == "acronym"

    def test_it_may_stand_among_other_words(self, shelf: Client) -> None:
        assert asked(shelf, "wow allotments") == ["in-term"]

    def test_a_name_of_small_words_is_understood_as_a_whole(self, shelf: Client) -> None:
        assert asked(shelf, "How we work?") == ["in-term"]


@pytest.fixture(scope="module")
def tree(databases: Databases) -> Iterator[Client]:
    """A term in another, what carries each, and an organisation of several names."""

    def fill(session: Session) -> None:
        add_details(session)
        make_term(session, slug="fruit", label="Fruit")
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

    with closing(Corpus(databases.template("tree", fill))) as kb:
        yield kb.client


class TestNamesThatAreFound:
    @pytest.mark.parametrize("text", ["Apples", "pomes", "golden delicious", "aple"])
    def test_what_carries_the_term_comes_before_what_carries_the_wider_one(self, tree: Client, text: str) -> None:
        assert asked(tree, text) == ["one", "all"]

    def test_words_of_a_name_find_what_carries_the_term(self, tree: Client) -> None:
        assert asked(tree, "golden") == ["one", "all"]

    def test_what_has_the_words_themselves_comes_first(self, tree: Client) -> None:
        assert asked(tree, "delicious") == ["words", "one", "all"]

    @pytest.mark.parametrize("text", ["GCL", "grdnng", "gardening club"])
    def test_names_of_organisations_find_what_names_them(self, tree: Client, text: str) -> None:
        assert asked(tree, text) == ["by"]

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


class TestSynonymRings:
    def test_widen_what_finds_little_and_what_was_typed_comes_first(self, ringed: Corpus) -> None:
        found = asked(ringed.client, "teenagers")
        assert found[0] == "typed"
        assert {*found} == {"typed", "ring", "many-0", "many-1", "many-2"}

    def test_leave_what_finds_enough(self, ringed: Corpus) -> None:
        assert {*asked(ringed.client, "adolescents")} == {"many-0", "many-1", "many-2"}

    def test_take_a_name_as_a_whole(self, ringed: Corpus) -> None:
        """Neither a part of one, nor its words apart."""
        assert asked(ringed.client, "young") == ["ring"]
        assert asked(ringed.client, "people today") == ["ring"]

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
        assert len(asked(kb.client, "teenagers")) == 5
        with kb.write() as session:
            change(session, BY_NAME["term"], "youth", scheme="synonym", alternative_labels=["Gardening folk"])
        assert asked(kb.client, "teenagers") == ["typed"]

    def test_no_entry_carries_one(self, kb: Corpus) -> None:
        with kb.write() as session:
            make_vocabulary(session, "synonym", "synonyms", synonym_rings=True)
            make_term(session, scheme="synonym", slug="youth", label="Adolescents")
        with pytest.raises(Invalid), kb.write() as session:
            make_publication(session, terms={"format": ["article"], "synonym": ["youth"]})

    def test_a_vocabulary_stays_what_it_is(self, kb: Corpus) -> None:
        with pytest.raises(Invalid), kb.write() as session:
            change(session, BY_NAME["vocabulary"], "topic", synonym_rings=True)


class TestForgiving:
    @pytest.mark.parametrize(
        ("text", "meant", "slug"),
        [
            ("inovating", "innovating", "stems"),
            ("tramua informed", "trauma informed", "hyphens"),
            ("coprodcution alone", "coproduction alone", "joined"),
            ("alotmnets", "allotments", "in-term"),
            ("criche", "creche", "accents"),
        ],
    )
    def test_slips_are_put_right_and_said(self, shelf: Client, text: str, meant: str, slug: str) -> None:
        assert asked(shelf, text) == [slug]
        assert meta(shelf, text) == (meant, "all")

    def test_a_word_that_is_known_is_not_touched(self, shelf: Client) -> None:
        assert meta(shelf, "power") == (None, "all")

    def test_a_short_word_is_not_touched(self, shelf: Client) -> None:
        assert meta(shelf, "wew") == (None, "all")

    def test_an_unfinished_word_is_finished(self, shelf: Client) -> None:
        assert meta(shelf, "resil") == ("resilience", "all")

    def test_where_nothing_has_all_words_most_will_do(self, shelf: Client) -> None:
        assert asked(shelf, "power risk nowhere") == ["order"]
        assert meta(shelf, "power risk nowhere") == (None, "some")

    def test_what_has_more_of_the_words_comes_first(self, shelf: Client) -> None:
        found = asked(shelf, "gardens and resilience without allotments trauma")
        assert set(found[:2]) == {"in-title", "in-summary"}

    def test_what_has_one_frequent_word_of_several_is_not_found(self, shelf: Client) -> None:
        """`article` is the format of every one of them."""
        assert len(asked(shelf, "article")) == len(SHELF)
        assert asked(shelf, "article zeppelins") == []
        assert asked(shelf, "allotments zeppelins") == ["in-term"]

    def test_what_has_one_rare_word_of_very_many_is_not_found(self, shelf: Client) -> None:
        assert asked(shelf, "allotments zeppelins xylophones bassoons kettles teapots") == []

    def test_a_correction_that_helps_nothing_is_not_made(self, shelf: Client) -> None:
        assert meta(shelf, "inovating zeppelins xylophones bassoons kettles teapots") == (None, "all")

    @pytest.mark.parametrize("text", ["resilient 2024", "grading", "powder", "policed", "resiliance1"])
    def test_english_words_and_numbers_are_left(self, shelf: Client, text: str) -> None:
        assert meta(shelf, text)[0] is None

    def test_a_passage_finds_by_its_telling_words(self, shelf: Client) -> None:
        passage = "Children's services " + " ".join(f"word{number}" for number in range(60)) + " authority view"
        assert asked(shelf, passage) == ["possessive"]
        assert meta(shelf, passage) == (None, "some")

    def test_nothing_is_found_for_nothing_known(self, shelf: Client) -> None:
        assert asked(shelf, "xylophone zeppelin") == []


class TestIdentifiers:
    @pytest.mark.parametrize(
        "text",
        [
            DOI,
            DOI.upper(),
            f"doi:{DOI}",
            f"DOI: {DOI}",
            f"https://doi.org/{DOI}",
            f"http://dx.doi.org/{quote(DOI, safe='')}",
            f"  {DOI} ",
            ISBN,
            ISBN.replace("-", ""),
            ISBN.replace("-", " "),
            f"ISBN {ISBN}",
            "1-4473-6726-X",
            "urn:isbn:9781447367260",
            ADDRESS,
            "HTTPS://EXAMPLE.ORG/reports/one",
        ],
    )
    def test_in_any_spelling_find_their_entry_first(self, shelf: Client, text: str) -> None:
        assert asked(shelf, text)[0] == "identified"
        assert meta(shelf, text) == (None, "all")

    def test_do_not_hide_what_mentions_them(self, shelf: Client) -> None:
        assert asked(shelf, DOI) == ["identified", "mentions"]

    def test_that_nothing_carries_are_words(self, shelf: Client) -> None:
        assert "identified" not in asked(shelf, ORCID)


class TestHighlights:
    def test_are_there_when_asked_for(self, shelf: Client) -> None:
        (entry,) = shelf.json("/v1/publications?q=risk&highlight=true")["results"]
        assert entry["highlights"] == {
            "title": ["Power and <mark>risk</mark>"],
            "text": ["<mark>Risk</mark> comes before power here."],
        }
        assert "highlights" not in shelf.json("/v1/publications?q=risk")["results"][0]

    def test_follow_the_corrected_text(self, shelf: Client) -> None:
        (entry,) = shelf.json("/v1/publications?q=tramua&highlight=true")["results"]
        assert entry["highlights"]["title"] == ["<mark>Trauma</mark>-informed co-production"]
