"""What a text in a search box finds: stems, spellings, phrases, alternatives, exclusions, slips, identifiers."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy.orm import Session

from app.catalogue.registry import BY_NAME
from tests.client import Client
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import (
    add_details,
    make_entry,
    make_person,
    make_publication,
    make_term,
)

pytestmark = pytest.mark.one_engine

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
    {"slug": "orchards", "title": "Orchard gates"},
    {"slug": "orchard", "title": "An orchard"},
    {"slug": "orchestra", "title": "Risky orchestra"},
    {"slug": "loops", "title": "Recursive repetition"},
    {"slug": "venue", "title": "Kites", "venue": "Bulletin of Kite Studies", "issn": "1746-6660"},
    {
        "slug": "deposited",
        "title": "Marionettes",
        "resources": [{"type": "landing_page", "url": "https://example.org/m", "label": "Thornbury repository"}],
    },
    {"slug": "apart", "title": "Mornings", "summary": "Paper boats. Lanterns, glass lanterns and paper."},
    {"slug": "together", "title": "Evenings", "summary": "There were paper lanterns in the trees."},
    {
        "slug": "identified",
        "title": "Numbered",
        "identifiers": [{"scheme": "doi", "value": DOI}, {"scheme": "isbn", "value": ISBN}],
        "resources": [{"type": "landing_page", "url": ADDRESS}],
    },
    {"slug": "mentions", "title": f"Notes on {DOI}", "summary": f"See {ADDRESS} and {ISBN}."},
)


def search(client: Client, text: str, more: str = "") -> list[str]:
    return client.slugs(f"/v1/publications?q={quote(text, safe='')}{more}")


def meta(client: Client, text: str) -> tuple[str | None, str]:
    """`did_you_mean` and `matching`."""
    found = client.json(f"/v1/publications?q={quote(text, safe='')}")["meta"]
    return found["did_you_mean"], found["matching"]


class TestSpellings:
    @pytest.mark.parametrize("text", ["innovation", "innovations", "INNOVATING", "innovate"])
    def test_words_are_reduced_to_their_stems(self, shelf: Client, text: str) -> None:
        assert search(shelf, text) == ["stems"]

    @pytest.mark.parametrize("text", ["creche cafe", "Crèche Café", "CRE\u0300CHE", "Bronte", "zoe brontë"])
    def test_accents_and_case_are_folded(self, shelf: Client, text: str) -> None:
        assert search(shelf, text) == ["accents"]

    @pytest.mark.parametrize(
        "text",
        ["childrens services", "children's services", "Children’s Service", "childrenʼs", "authority's", "authoritys"],  # noqa: RUF001
    )
    def test_apostrophes_are_left_out(self, shelf: Client, text: str) -> None:
        assert search(shelf, text) == ["possessive"]

    @pytest.mark.parametrize("text", ["trauma informed", "trauma-informed", "Trauma\u2011Informed", "trauma"])
    def test_hyphens_split_words(self, shelf: Client, text: str) -> None:
        assert search(shelf, text) == ["hyphens"]

    def test_a_hyphenated_word_is_also_one_word(self, shelf: Client) -> None:
        assert set(search(shelf, "co-production")) == {"hyphens", "joined"}
        assert set(search(shelf, "coproduction")) == {"hyphens", "joined"}

    @pytest.mark.parametrize("text", ["inno\u200bvating", "inno\u00advating", "\ufeffinnovating"])
    def test_what_nobody_sees_is_left_out(self, shelf: Client, text: str) -> None:
        assert search(shelf, text) == ["stems"]

    @pytest.mark.parametrize("text", ["what is the resilience of it?", "Resilience!", "(resilience)", "resilience and"])
    def test_small_words_and_marks_do_not_count(self, shelf: Client, text: str) -> None:
        assert set(search(shelf, text)) == {"in-title", "in-summary"}

    @pytest.mark.parametrize("text", ["Professor Zoë Brontë", "anything regarding Dr. Brontë", "Prof Brontë says"])
    def test_neither_do_titles_of_people_and_words_around_a_question(self, shelf: Client, text: str) -> None:
        assert search(shelf, text) == ["accents"]
        assert meta(shelf, text) == (None, "all")

    def test_what_a_link_is_called_is_searched(self, shelf: Client) -> None:
        assert search(shelf, "thornbury") == ["deposited"]

    def test_small_words_alone_do_count(self, shelf: Client) -> None:
        assert "order" in search(shelf, "before")


class TestGrammar:
    def test_all_words_are_wanted(self, shelf: Client) -> None:
        assert search(shelf, "power risk") == ["order"]
        assert meta(shelf, "power risk") == (None, "all")

    def test_a_phrase_is_side_by_side_in_order(self, shelf: Client) -> None:
        assert search(shelf, '"power and risk"') == ["order"]
        assert search(shelf, '"before power"') == ["order"]
        assert search(shelf, '"power risk"') == []

    def test_a_phrase_does_not_reach_from_one_text_into_another(self, shelf: Client) -> None:
        assert search(shelf, '"resilience gardens"') == []

    def test_either_will_do(self, shelf: Client) -> None:
        assert set(search(shelf, "creche OR power")) == {"accents", "order"}
        assert set(search(shelf, "creche OR power OR allotments")) == {"accents", "order", "in-term"}

    def test_or_in_small_letters_is_a_word(self, shelf: Client) -> None:
        assert meta(shelf, "creche or power")[1] == "some"

    def test_a_word_may_be_excluded(self, shelf: Client) -> None:
        assert search(shelf, "coproduction -trauma") == ["joined"]
        assert search(shelf, 'coproduction -"trauma informed"') == ["joined"]
        assert "stems" not in search(shelf, "-innovation")
        assert len(search(shelf, "-innovation")) == len(SHELF) - 1

    @pytest.mark.parametrize("text", ["coproduction NOT trauma", 'coproduction AND NOT "trauma informed"'])
    def test_not_in_capitals_excludes(self, shelf: Client, text: str) -> None:
        assert search(shelf, text) == ["joined"]

    def test_and_in_capitals_is_what_stands_between_words_anyhow(self, shelf: Client) -> None:
        assert search(shelf, "power AND risk") == ["order"]
        assert search(shelf, "creche OR power AND risk") == search(shelf, "creche OR power risk")[:1]

    @pytest.mark.parametrize("text", ["NOT", "AND", "power NOT", "NOT NOT", "AND NOT"])
    def test_an_operator_alone_is_no_error(self, shelf: Client, text: str) -> None:
        assert shelf.json(f"/v1/publications?q={quote(text)}")["meta"]["count"] >= 0

    @pytest.mark.parametrize(
        ("text", "ignored"),
        [
            ("power risk", []),
            ("What is the power of risk?", ["What", "is", "the", "of"]),
            ("power AND risk NOT care", []),
            ("When did power take place?", ["When", "did", "take"]),
            (" ".join(f"power{number}" for number in range(40)), [f"power{number}" for number in range(32, 40)]),
        ],
    )
    def test_what_is_not_searched_for_is_reported(self, shelf: Client, text: str, ignored: list[str]) -> None:
        found = shelf.json(f"/v1/publications?q={quote(text)}")["meta"]
        assert found["ignored"] == ignored

    def test_filters_hold_for_words_too(self, shelf: Client) -> None:
        assert search(shelf, "gardens OR allotments", "&topic=modes") == ["in-term"]


class TestOrder:
    def test_titles_weigh_more_than_summaries(self, shelf: Client) -> None:
        assert search(shelf, "resilience") == ["in-title", "in-summary"]
        assert search(shelf, "gardens") == ["in-summary", "in-title"]

    def test_what_has_the_text_as_it_stands_comes_before_what_has_its_words_here_and_there(self, shelf: Client) -> None:
        assert search(shelf, "paper lanterns") == ["together", "apart"]
        assert search(shelf, "lanterns paper") == ["apart", "together"]

    def test_sites_and_events_come_after_publications_with_the_same_words(self, kb: Corpus) -> None:
        with kb.write() as session:
            for kind in ("site", "event", "publication", "framework"):
                make_entry(session, BY_NAME[kind], slug=f"a-{kind}", title="Orchards in bloom")
        found = [each["kind"] for each in kb.client.json("/v1/entries?q=orchards")["results"]]
        assert {*found[:2]} == {"publication", "framework"}
        assert {*found[2:]} == {"site", "event"}

    def test_two_distinctive_words_come_before_three_that_nearly_all_have(self, kb: Corpus) -> None:
        """And what is told on the second page is what follows the first."""
        with kb.write() as session:
            for number in range(4):
                make_publication(session, slug=f"all-{number}", title="Services for people that change")
            make_publication(session, slug="telling", title="Zebras and quaggas")
        text = "zebras quaggas services people change"
        found = search(kb.client, text)
        assert found == ["telling", *(f"all-{number}" for number in range(4))]
        assert [slug for page in (1, 2, 3) for slug in search(kb.client, text, f"&per_page=2&page={page}")] == found

    def test_a_word_is_no_less_distinctive_for_standing_in_vocabularies(self, kb: Corpus) -> None:
        with kb.write() as session:
            make_publication(session, slug="first", title="Zebras")
            make_publication(session, slug="second", title="Quaggas")
            for number in range(5):
                make_term(session, label=f"Zebras {number}")
        assert search(kb.client, "zebras OR quaggas") == ["first", "second"]

    def test_pages_follow_one_order(self, shelf: Client) -> None:
        whole = search(shelf, "-nothing")
        assert [
            slug for page in (1, 2, 3, 4, 5) for slug in search(shelf, "-nothing", f"&per_page=4&page={page}")
        ] == whole


class TestOtherNames:
    def test_an_acronym_finds_what_has_it_then_what_carries_its_term(self, shelf: Client) -> None:
        assert search(shelf, "WOW") == ["acronym", "in-term"]
        assert search(shelf, "W.O.W.")[0] == "acronym"

    def test_it_may_stand_among_other_words(self, shelf: Client) -> None:
        assert search(shelf, "wow AND allotments") == ["in-term"]

    @pytest.mark.parametrize("text", ["BKS", "boks", "B.K.S."])
    def test_the_acronym_of_a_name_finds_it(self, shelf: Client, text: str) -> None:
        assert search(shelf, text) == ["venue"]

    def test_a_name_of_small_words_is_understood_as_a_whole(self, shelf: Client) -> None:
        assert search(shelf, "How we work?") == ["in-term"]


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
        assert search(shelf, text)[0] == slug
        assert meta(shelf, text)[0] == meant

    def test_two_words_written_as_one_are_taken_apart(self, shelf: Client) -> None:
        assert meta(shelf, "kitestudies") == ("kite studies", "all")
        assert meta(shelf, "paperlanterns") == ("paper lanterns", "all")
        assert meta(shelf, "paperkites")[0] is None

    def test_an_acronym_in_capitals_is_not_put_right(self, shelf: Client) -> None:
        assert meta(shelf, "BXS") == (None, "all")
        assert search(shelf, "WOX") == []

    def test_a_word_that_is_known_is_not_touched(self, shelf: Client) -> None:
        assert meta(shelf, "power") == (None, "all")

    def test_a_short_word_is_not_touched(self, shelf: Client) -> None:
        assert meta(shelf, "wew") == (None, "all")

    def test_a_misspelt_plural_may_stand_in_the_singular_only(self, shelf: Client) -> None:
        assert meta(shelf, "repititons") == ("repetition", "all")

    def test_an_unfinished_word_is_finished(self, shelf: Client) -> None:
        assert meta(shelf, "resil") == ("resilience", "all")

    def test_so_is_one_that_is_an_english_word_as_far_as_it_goes(self, shelf: Client) -> None:
        assert meta(shelf, "recurs") == ("recursive", "all")

    def test_it_becomes_the_word_that_stands_in_a_name_with_those_before(self, shelf: Client) -> None:
        assert meta(shelf, "orch") == ("orchard", "all")
        assert meta(shelf, "risky orch") == ("risky orchestra", "all")

    def test_where_nothing_has_all_words_most_will_do(self, shelf: Client) -> None:
        assert search(shelf, "power risk nowhere") == ["order"]
        assert meta(shelf, "power risk nowhere") == (None, "some")

    def test_where_few_have_all_words_those_with_a_distinctive_one_follow(self, shelf: Client) -> None:
        assert search(shelf, "wow allotments") == ["in-term", "acronym"]
        assert meta(shelf, "wow allotments") == (None, "some")

    def test_what_has_little_of_a_name_of_three_words_is_not_found(self, shelf: Client) -> None:
        """`article` is the format of every one of them, and zeppelins nobody has."""
        assert search(shelf, "article power zeppelins") == []
        assert search(shelf, "the article on the power of zeppelins") == ["order"]

    def test_what_has_more_of_the_words_comes_first(self, shelf: Client) -> None:
        found = search(shelf, "gardens and resilience without allotments trauma")
        assert set(found[:2]) == {"in-title", "in-summary"}

    def test_what_has_one_frequent_word_of_several_is_not_found(self, shelf: Client) -> None:
        """`article` is the format of every one of them."""
        assert len(search(shelf, "article")) == len(SHELF)
        assert search(shelf, "article zeppelins") == []
        assert search(shelf, "allotments zeppelins") == ["in-term"]

    def test_what_has_one_rare_word_of_very_many_is_not_found(self, shelf: Client) -> None:
        assert search(shelf, "allotments zeppelins xylophones bassoons kettles teapots") == []

    def test_nor_is_what_has_the_only_word_that_occurs_anywhere_of_three(self, shelf: Client) -> None:
        assert search(shelf, "allotments zeppelins xylophones") == []

    def test_a_correction_of_one_word_among_many_that_occur_nowhere_is_not_made(self, shelf: Client) -> None:
        assert meta(shelf, "zeppelins xylophones resiliens") == (None, "all")

    def test_a_correction_that_helps_nothing_is_not_made(self, shelf: Client) -> None:
        assert meta(shelf, "inovating zeppelins xylophones bassoons kettles teapots") == (None, "all")

    @pytest.mark.parametrize("text", ["resilient 2024", "grading", "powder", "policed", "resiliance1"])
    def test_english_words_and_numbers_are_left(self, shelf: Client, text: str) -> None:
        assert meta(shelf, text)[0] is None

    def test_a_passage_is_searched_by_its_distinctive_words(self, shelf: Client) -> None:
        passage = "Children's services " + " ".join(f"word{number}" for number in range(60)) + " authority view"
        assert search(shelf, passage) == ["possessive"]
        assert meta(shelf, passage) == (None, "some")

    def test_nothing_is_found_for_nothing_known(self, shelf: Client) -> None:
        assert search(shelf, "xylophone zeppelin") == []


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
            f"{ADDRESS}/",
            "example.org/reports/one",
        ],
    )
    def test_in_any_spelling_find_their_entry_first(self, shelf: Client, text: str) -> None:
        assert search(shelf, text)[0] == "identified"
        assert meta(shelf, text) == (None, "all")

    def test_the_number_of_a_journal_finds_what_is_in_it(self, shelf: Client) -> None:
        assert search(shelf, "1746-6660") == ["venue"]

    def test_do_not_hide_what_mentions_them(self, shelf: Client) -> None:
        assert search(shelf, DOI) == ["identified", "mentions"]

    def test_that_nothing_carries_are_words(self, shelf: Client) -> None:
        assert "identified" not in search(shelf, ORCID)


class TestHighlights:
    def test_are_there_when_requested(self, shelf: Client) -> None:
        (entry,) = shelf.json("/v1/publications?q=risk&highlight=true")["results"]
        assert entry["highlights"] == {
            "title": ["Power and <mark>risk</mark>"],
            "text": ["<mark>Risk</mark> comes before power here."],
            "members": [
                {"member": "title", "language": "en", "fragments": ["Power and <mark>risk</mark>"]},
                {"member": "summary", "language": "en", "fragments": ["<mark>Risk</mark> comes before power here."]},
            ],
        }
        assert "highlights" not in shelf.json("/v1/publications?q=risk")["results"][0]

    def test_follow_the_corrected_text(self, shelf: Client) -> None:
        (entry,) = shelf.json("/v1/publications?q=tramua&highlight=true")["results"]
        assert entry["highlights"]["title"] == ["<mark>Trauma</mark>-informed co-production"]
