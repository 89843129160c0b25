"""Neighbours: by what is shared, stated or alike; each reason is true."""

from typing import Any

import pytest

from app.catalogue.registry import BY_NAME
from app.search.related import MAX_STEMS, WORDS_ALIKE
from app.search.text.query_parser import STEMS, plain
from tests.corpus import Corpus
from tests.factories import make_entry, make_person, make_publication, withdraw

Entry = dict[str, Any]


@pytest.fixture(scope="module")
def entries(seeded: Corpus) -> dict[str, Entry]:
    """Every real entry, by its URL."""
    return {each["url"]: each for each in seeded.client.walk("/v1/entries?per_page=100")}


@pytest.fixture(scope="module")
def nearest(seeded: Corpus, entries: dict[str, Entry]) -> dict[str, list[Entry]]:
    """What is related to every real entry, by its URL."""
    return {url: seeded.client.json(f"{url}/related?limit=20")["results"] for url in entries}


def words(value: Any) -> set[str]:
    """The stems in every text of a document."""
    if isinstance(value, dict):
        return set().union(*map(words, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(words, value)) if value else set()
    return {*STEMS.analyze(plain(value))} if isinstance(value, str) else set()


def labels(entry: Entry, what: str) -> set[str]:
    """The labels an entry has in a field: its terms of that vocabulary, else its people and organisations."""
    shared = entry["terms"].get(what)
    if shared is None:
        shared = [*entry["contributors"], *(each["funder"] for each in entry["funding"])]
    return {each["label"] for each in shared}


def texts(entry: Entry) -> list[Any]:
    """What is compared where entries are alike in words."""
    funders = [each["funder"]["label"] for each in entry["funding"]]
    return [entry["title"], entry["alternative_titles"], entry["summary"], funders]


def is_true(reason: dict[str, str], one: Entry, other: Entry) -> bool:
    what, label = reason["what"], reason["label"]
    if what == "relation":
        stated = {
            each["type"] for each in one["relations"] if (each["kind"], each["slug"]) == (other["kind"], other["slug"])
        }
        return label in stated
    if what == "words":
        return bool(words(texts(one)) & words(texts(other)))
    return label in labels(one, what) & labels(other, what)


def mean_share(nearest: dict[str, list[Entry]]) -> float:
    """How many of the first five have the entry among their own first twenty."""
    ties = [
        url in {back["document"]["url"] for back in nearest[each["document"]["url"]]}
        for url, found in nearest.items()
        for each in found[:5]
    ]
    return sum(ties) / len(ties)


class TestTheRealEntries:
    def test_all_have_neighbours(self, nearest: dict[str, list[Entry]]) -> None:
        assert all(len(found) >= 5 for found in nearest.values())

    def test_none_is_its_own_neighbour_or_one_twice(self, nearest: dict[str, list[Entry]]) -> None:
        for url, found in nearest.items():
            urls = [each["document"]["url"] for each in found]
            assert url not in urls
            assert len({*urls}) == len(urls)

    def test_every_reason_is_true(self, nearest: dict[str, list[Entry]], entries: dict[str, Entry]) -> None:
        for url, found in nearest.items():
            for each in found:
                assert each["because"], (url, each["document"]["url"])
                for reason in each["because"]:
                    assert is_true(reason, entries[url], each["document"]), (url, each["document"]["url"], reason)

    def test_no_reason_is_given_twice(self, nearest: dict[str, list[Entry]]) -> None:
        for found in nearest.values():
            for each in found:
                reasons = [(reason["what"], reason["label"]) for reason in each["because"]]
                assert len({*reasons}) == len(reasons)

    def test_what_is_stated_is_always_there(self, nearest: dict[str, list[Entry]], entries: dict[str, Entry]) -> None:
        for url, entry in entries.items():
            stated = {(each["kind"], each["slug"]) for each in entry["relations"]}
            shown = {(each["document"]["kind"], each["document"]["slug"]) for each in nearest[url]}
            assert stated <= shown or len(stated) > 5, url

    def test_the_nearest_comes_first(self, nearest: dict[str, list[Entry]]) -> None:
        for found in nearest.values():
            scores = [each["score"] for each in found]
            assert scores == sorted(scores, reverse=True)
            assert scores[-1] > 0

    def test_what_is_on_the_same_matter_is_near(self, nearest: dict[str, list[Entry]]) -> None:
        """What goes with the article on ethical innovation is near it, however many stages and people others share."""
        found = next(found for url, found in nearest.items() if url.endswith("/framework-for-ethical-innovation"))
        assert {"peisc-infographic", "deisc-tool"} <= {each["document"]["slug"] for each in found[:8]}

    def test_neighbours_are_mostly_neighbours_both_ways(self, nearest: dict[str, list[Entry]]) -> None:
        assert mean_share(nearest) >= 0.85

    def test_a_limit_cuts_the_same_list(self, seeded: Corpus, nearest: dict[str, list[Entry]]) -> None:
        url, found = next(iter(nearest.items()))
        assert seeded.client.json(f"{url}/related?limit=3")["results"] == found[:3]
        assert len(seeded.client.json(f"{url}/related")["results"]) == min(10, len(found))


class TestReasons:
    def test_are_terms_people_relations_and_words(self, kb: Corpus) -> None:
        with kb.write() as session:
            make_person(session, slug="ada", name="Ada Example")
            author = [{"agent": "people/ada", "role": "author"}]
            terms = {"format": ["book"], "topic": ["consent"]}
            make_publication(session, slug="other", title="Gardens in winter", terms=terms, contributors=author)
            make_publication(session, slug="lone", title="Unlike", terms={"format": ["video"]})
            make_publication(
                session,
                slug="one",
                title="Gardens in summer",
                terms={"format": ["article"], "topic": ["consent"]},
                contributors=author,
                relations=[{"type": "References", "target": "publications/lone"}],
            )
        found = kb.client.json("/v1/publications/one/related")["results"]
        because = {each["document"]["slug"]: [(r["what"], r["label"]) for r in each["because"]] for each in found}
        assert because["lone"] == [("relation", "References")]
        assert {("topic", "Consent"), ("words", "similar words")} < {*because["other"]}
        assert "Ada Example" in dict(because["other"]).values()
        (back,) = kb.client.json("/v1/publications/lone/related")["results"]
        assert back["because"] == [{"what": "relation", "label": "IsReferencedBy"}]

    def test_words_count_in_full_for_what_is_most_alike(self, kb: Corpus) -> None:
        with kb.write() as session:
            make_publication(session, slug="one", title="Gardens, winter, snow", terms={"format": ["book"]})
            make_publication(session, slug="most", title="Gardens in winter", terms={"format": ["article"]})
            make_publication(session, slug="less", title="Winter and what is like it", terms={"format": ["video"]})
        most, less = kb.client.json("/v1/publications/one/related")["results"]
        assert (most["document"]["slug"], less["document"]["slug"]) == ("most", "less")
        assert most["score"] == WORDS_ALIKE > less["score"] > 0

    def test_words_that_nothing_else_has_leave_room_for_those_that_are_shared(self, kb: Corpus) -> None:
        own = " ".join(f"xylo{number}" for number in range(MAX_STEMS + 1))
        with kb.write() as session:
            make_publication(session, slug="one", title="Gardens", summary=own, terms={"format": ["book"]})
            make_publication(session, slug="other", title="Gardens", terms={"format": ["article"]})
        (found,) = kb.client.json("/v1/publications/one/related")["results"]
        assert found["because"] == [{"what": "words", "label": "similar words"}]

    def test_of_two_shared_terms_the_rarer_weighs_more(self, kb: Corpus) -> None:
        with kb.write() as session:
            for number in range(6):
                make_publication(session, title=f"Filler {number}", terms={"format": ["book"], "topic": ["ethics"]})
            make_publication(session, slug="common", title="B", terms={"format": ["book"], "topic": ["ethics"]})
            make_publication(session, slug="rare", title="C", terms={"format": ["book"], "topic": ["trust"]})
            make_publication(session, slug="one", title="A", terms={"format": ["video"], "topic": ["ethics", "trust"]})
        assert kb.client.json("/v1/publications/one/related")["results"][0]["document"]["slug"] == "rare"

    def test_the_heaviest_reason_is_told_first(self, kb: Corpus) -> None:
        with kb.write() as session:
            for number in range(6):
                make_publication(session, title=f"Filler {number}", terms={"format": ["book"], "topic": ["ethics"]})
            both = {"format": ["video"], "topic": ["ethics", "trust"]}
            make_publication(session, slug="one", title="A", terms=both)
            make_publication(session, slug="two", title="B", terms={**both, "format": ["book"]})
        nearest = kb.client.json("/v1/publications/one/related")["results"][0]
        assert nearest["document"]["slug"] == "two"
        assert [each["label"] for each in nearest["because"] if each["what"] == "topic"] == ["Trust", "Ethics"]

    def test_a_vocabulary_counts_once(self, kb: Corpus) -> None:
        """Three stages shared are no more than the rarest of them."""
        stages = ["first", "second", "third"]
        with kb.write() as session:
            make_publication(session, slug="one", terms={"format": ["article"], "stage": stages}, title="A")
            make_publication(session, slug="three", terms={"format": ["book"], "stage": stages}, title="B")
            make_publication(session, slug="single", terms={"format": ["book"], "stage": stages[:1]}, title="C")
            make_publication(session, slug="filler", terms={"format": ["video"]}, title="D")
        found = kb.client.json("/v1/publications/one/related")["results"]
        scores = {each["document"]["slug"]: each["score"] for each in found}
        reasons = {each["document"]["slug"]: [reason["what"] for reason in each["because"]] for each in found}
        assert reasons["three"].count("stage") == 3
        assert scores["three"] < 2 * scores["single"]

    def test_drafts_and_withdrawn_entries_are_nobodys_neighbours(self, kb: Corpus) -> None:
        with kb.write() as session:
            same: dict[str, Any] = {"title": "The same words", "terms": {"format": ["article"], "topic": ["trust"]}}
            make_publication(session, slug="one", **same)
            make_publication(session, slug="draft", as_draft=True, **same)
            make_publication(session, slug="gone", **same)
            make_entry(session, BY_NAME["event"], slug="live", **same)
            withdraw(session, BY_NAME["publication"], "gone")
        found = kb.client.json("/v1/publications/one/related")["results"]
        assert [each["document"]["slug"] for each in found] == ["live"]
        assert kb.client.get("/v1/publications/draft/related").status_code == 404
        assert kb.client.get("/v1/publications/gone/related").status_code == 410

    def test_something_alone_has_no_neighbour(self, kb: Corpus) -> None:
        with kb.write() as session:
            make_publication(session, slug="one", title="Alone")
        assert kb.client.json("/v1/publications/one/related")["results"] == []

    @pytest.mark.parametrize("query", ["?limit=0", "?limit=21", "?limit=x", "?q=a", "?limit=1&limit=2"])
    def test_a_wrong_question_is_refused(self, seeded: Corpus, query: str) -> None:
        seeded.client.refused(f"/v1/frameworks/three-lenses/related{query}")


def test_related_documents_may_be_shown_by_some_members_only(seeded: Corpus, nearest: dict[str, list[Entry]]) -> None:
    url, found = next((url, found) for url, found in nearest.items() if len(found) > 2)
    selected = seeded.client.json(f"{url}/related?limit=20&select=slug,title")["results"]
    short = [{"slug": each["document"]["slug"], "title": each["document"]["title"]} for each in found]
    assert [each["document"] for each in selected] == short
    assert [each["because"] for each in selected] == [each["because"] for each in found]
    (fault,) = seeded.client.refused(f"{url}/related?select=titel")["errors"]
    assert (fault["parameter"], fault["suggestion"]) == ("select", "title")
