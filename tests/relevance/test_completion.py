"""Completion while typing: each word a prefix, over entries, terms, people, organisations and identifiers."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy.orm import Session

from app.catalogue.registry import BY_NAME
from app.search.index.completion import CANDIDATES
from tests.client import Client
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import (
    add_details,
    make_entry,
    make_organisation,
    make_person,
    make_publication,
    make_term,
    make_vocabulary,
    withdraw,
)

pytestmark = pytest.mark.one_engine

DOI = "10.1234/abc.def"


@pytest.fixture(scope="module")
def shelf(databases: Databases) -> Iterator[Client]:
    with closing(Corpus(databases.template("completion", fill))) as kb:
        yield kb.client


def fill(session: Session) -> None:
    add_details(session)
    make_term(session, slug="learning", label="Learning from change", alternative_labels=["LFC", "Lessons"])
    make_term(session, slug="narrow", label="Narrow matters", broader="learning")
    make_vocabulary(session, "practice", "areas-of-practice")
    make_term(session, "practice", slug="moulding", label="Moulding clay")
    make_person(session, slug="leah", name="Léah O'Learn", family="O'Learn", given="Léah")
    make_person(session, slug="unnamed", name="Learned Nobody", family="Nobody", given="Learned")
    make_organisation(session, slug="trust", name="Learning Trust", alternative_names=["ELT"])
    agents = [{"agent": "people/leah", "role": "author"}, {"agent": "organisations/trust", "role": "publisher"}]
    for slug, title, more in (
        ("first", "Learning together in schools", {"contributors": agents}),
        ("second", "What schools learn", {"contributors": agents[:1]}),
        ("third", "Other matters", {"terms": {"format": ["article"], "topic": ["narrow"], "practice": ["moulding"]}}),
        ("numbered", "Numbered", {"identifiers": [{"scheme": "doi", "value": DOI}]}),
        ("gone", "Learnt and withdrawn", {}),
    ):
        make_publication(session, slug=slug, title=title, **more)
    make_publication(session, slug="draft", title="Learning in secret", as_draft=True)
    make_entry(session, BY_NAME["event"], slug="meeting", title="Learning day")
    withdraw(session, BY_NAME["publication"], "gone")


def test_an_organisation_is_suggested_by_another_of_its_names(shelf: Client) -> None:
    (error,) = shelf.refused("/v1/entries?contributor=elt", 400)["errors"]
    assert (error["code"], error["suggestion"]) == ("unknown-value", "trust")


def completed(client: Client, text: str, more: str = "") -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = client.json(f"/v1/autocomplete?q={quote(text, safe='')}{more}")["results"]
    return results


def ids(client: Client, text: str, more: str = "") -> list[str]:
    return [each["id"] for each in completed(client, text, more)]


class TestCompletion:
    def test_a_result_says_what_it_is_and_how_to_ask_by_it(self, shelf: Client) -> None:
        (found,) = completed(shelf, "learning from")
        assert found == {
            "id": "topics/learning",
            "label": "Learning from change",
            "kind": "term",
            "slug": "learning",
            "hint": "topics",
            "parameter": "topic",
            "count": 1,
            "url": "http://127.0.0.1:8000/v1/topics/learning",
        }

    def test_the_collection_is_told_in_words(self, shelf: Client) -> None:
        (found,) = completed(shelf, "moulding")
        assert (found["id"], found["hint"]) == ("areas-of-practice/moulding", "areas of practice")

    def test_each_word_is_a_prefix_in_any_order(self, shelf: Client) -> None:
        assert {*ids(shelf, "sch lea")} == {*ids(shelf, "lea sch")} == {"publications/first", "publications/second"}
        assert ids(shelf, "learning tog sch") == ["publications/first"]
        assert ids(shelf, "lea zzz") == []

    def test_a_letter_that_was_asked_for_alone_may_begin_several_words(self, shelf: Client) -> None:
        assert len(ids(shelf, "l")) > 1
        assert ids(shelf, "l tog") == ["publications/first"]
        assert ids(shelf, "l zzz") == []

    def test_a_letter_leads_to_its_most_frequent_words_and_beside_another_word_to_more(self, kb: Corpus) -> None:
        words = [f"q{letter}" for letter in "abcdefghi"]
        with kb.write() as session:
            for number, word in enumerate([*words, *words[1:]]):
                make_publication(session, slug=f"{word}-{number}", title=f"{word} lantern")
        alone, beside = (ids(kb.client, text, "&limit=20") for text in ("q", "q lant"))
        assert {*beside} - {*alone} == {"publications/qa-0"}
        assert (len(alone), len(beside)) == (16, 17)

    def test_every_kind_is_completed(self, shelf: Client) -> None:
        assert {each["kind"] for each in completed(shelf, "lea", "&limit=20")} == {
            "term",
            "person",
            "organisation",
            "publication",
            "event",
        }

    def test_only_what_is_published_is_completed(self, shelf: Client) -> None:
        found = ids(shelf, "lea", "&limit=20")
        assert not {"publications/draft", "publications/gone", "people/unnamed"} & {*found}
        assert ids(shelf, "secret") == ids(shelf, "withdrawn") == ids(shelf, "nobody") == []

    def test_of_equal_ones_short_names_come_first(self, kb: Corpus) -> None:
        """However late they were added, and not only among those that are shown."""
        with kb.write() as session:
            for number in range(CANDIDATES):
                make_publication(session, slug=f"long-{number}", title=f"Lanterns in the night of {number} boats")
            make_publication(session, slug="shorter", title="Lantern nights")
            make_publication(session, slug="shortest", title="Lanterns")
        found = ids(kb.client, "lant", "&limit=3")
        assert found == ["publications/shortest", "publications/shorter", "publications/long-0"]

    def test_what_begins_with_the_text_comes_first_then_terms_and_agents_then_entries(self, shelf: Client) -> None:
        found = ids(shelf, "learning", "&limit=20")
        assert set(found[:2]) == {"topics/learning", "organisations/trust"}
        assert set(found[2:]) == {"publications/first", "events/meeting"}
        assert ids(shelf, "lea")[-1] == "publications/second"

    @pytest.mark.parametrize("text", ["leah", "LÉAH", "olearn", "o'learn", "O’Learn le"])  # noqa: RUF001
    def test_people_are_found_by_any_spelling_of_their_names(self, shelf: Client, text: str) -> None:
        (found,) = completed(shelf, text)
        assert (found["id"], found["parameter"], found["count"]) == ("people/leah", "contributor", 2)

    @pytest.mark.parametrize(
        ("text", "found"), [("lfc", "topics/learning"), ("less", "topics/learning"), ("elt", "organisations/trust")]
    )
    def test_other_names_lead_to_the_thing(self, shelf: Client, text: str, found: str) -> None:
        assert ids(shelf, text) == [found]

    def test_a_term_counts_its_narrower_ones_too(self, shelf: Client) -> None:
        (found,) = completed(shelf, "learning from")
        assert found["count"] == shelf.json("/v1/entries?topic=learning")["meta"]["count"]

    def test_an_entry_is_no_parameter(self, shelf: Client) -> None:
        (found,) = completed(shelf, "learning day")
        assert (found["parameter"], found["count"], found["hint"]) == (None, None, "events")

    @pytest.mark.parametrize("text", [DOI, DOI.upper(), f"doi:{DOI}", f"https://doi.org/{DOI}"])
    def test_identifiers_lead_to_their_entry(self, shelf: Client, text: str) -> None:
        assert ids(shelf, text)[0] == "publications/numbered"

    @pytest.mark.parametrize("text", ["'", "-", "???", "😀", '"', "*", "\u200b\u200b-"])
    def test_nothing_is_completed_from_no_word(self, shelf: Client, text: str) -> None:
        assert ids(shelf, text) == []

    def test_ten_are_given_unless_a_number_is_asked_for(self, seeded: Corpus) -> None:
        assert len(completed(seeded.client, "i")) == 10
        assert len(completed(seeded.client, "i", "&limit=20")) == 20
        assert ids(seeded.client, "i", "&limit=3") == ids(seeded.client, "i")[:3]

    @pytest.mark.parametrize(
        ("path", "label"),
        [
            ("approaches/contextual-safeguarding", "Contextual Safeguarding"),
            ("people/carlene-firmin", "Carlene Firmin"),
            ("events/practice-survey", "Practice survey"),
            ("organisations/university-of-sussex", "University of Sussex"),
        ],
    )
    def test_every_beginning_of_a_label_leads_to_it(self, seeded: Corpus, path: str, label: str) -> None:
        """However far one has typed, from three letters of the last word on."""
        for end in range(label.rindex(" ") + 4, len(label) + 1):
            assert path in ids(seeded.client, label[:end]), label[:end]


class TestFaults:
    @pytest.mark.parametrize(
        ("query", "code", "parameter"),
        [
            ("", "missing", "q"),
            ("?q=", "missing", "q"),
            ("?q=%20%20", "missing", "q"),
            (f"?q={'a' * 201}", "too-long", "q"),
            ("?q=a&q=b", "repeated", "q"),
            ("?q=a&limit=0", "out-of-range", "limit"),
            ("?q=a&limit=21", "out-of-range", "limit"),
            ("?q=a&limit=-1", "out-of-range", "limit"),
            ("?q=a&limit=%D9%A3", "out-of-range", "limit"),
            ("?q=a&limit=3.0", "out-of-range", "limit"),
            ("?q=a&page=2", "unknown-parameter", "page"),
        ],
    )
    def test_are_named(self, shelf: Client, query: str, code: str, parameter: str) -> None:
        (fault,) = shelf.refused(f"/v1/autocomplete{query}")["errors"]
        assert (fault["code"], fault["parameter"]) == (code, parameter)
