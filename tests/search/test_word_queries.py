"""What people type finds what they mean."""

from dataclasses import replace
from typing import Any

import pytest

from app.kit.containers.unlocked_cache import UnlockedCache
from app.search.index.snapshot import FOUND_BYTES
from app.search.words.engine import Engine
from app.search.words.word_index import WordSearcher
from tests.corpus import Corpus
from tests.factories import make_person, make_publication

pytestmark = pytest.mark.one_engine

TITLES = {
    "map": "A directional map of innovation",
    "harm": "Children's harm beyond the family home",
    "cafe": "Café conversations with practitioners",
    "both": "Innovation and harm, together",
}


@pytest.fixture
def worded(kb: Corpus) -> Corpus:
    with kb.write() as session:
        for slug, title in TITLES.items():
            make_publication(session, slug=slug, title=title)
    return kb


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("innovation", {"map", "both"}),
        ("innovating", {"map", "both"}),
        ("INNOVATION harm", {"both"}),
        ("innovation OR harm", {"map", "both", "harm"}),
        ("innovation -harm", {"map"}),
        ('"family home"', {"harm"}),
        ('"home family"', set()),
        ("cafe", {"cafe"}),
        ("childrens", {"harm"}),
        ("children\u2019s", {"harm"}),
        ("-innovation", {"harm", "cafe"}),
        ('"', set(TITLES)),
        ("   ", set(TITLES)),
    ],
)
def test_words(worded: Corpus, text: str, found: set[str]) -> None:
    if text.strip(' "'):
        assert set(worded.client.slugs(f"/v1/publications?q={text}")) == found
    else:
        assert worded.client.get(f"/v1/publications?q={text}").status_code == 200


def test_a_misspelling_is_forgiven_and_named(worded: Corpus) -> None:
    page = worded.client.json("/v1/publications?q=directionl+innovaton")
    assert [each["slug"] for each in page["results"]][:1] == ["map"]
    assert page["meta"]["did_you_mean"] == "directional innovation"
    assert worded.client.json("/v1/publications?q=innovation")["meta"]["did_you_mean"] is None


def test_a_correction_is_named_only_where_it_helps(worded: Corpus) -> None:
    page = worded.client.json("/v1/frameworks?q=directionl+innovaton")
    assert (page["results"], page["meta"]["did_you_mean"]) == ([], None)


@pytest.mark.parametrize(
    "text", ['"', "-", "OR", "OR OR", "a:b", "title:x", "*", "(", "a AND b", "\\", "x" * 1000, "'", "~2", "[a TO b]"]
)
def test_no_text_is_an_error(worded: Corpus, text: str) -> None:
    response = worded.client.request("GET", "/v1/publications", params={"q": text})
    assert response.status_code == 200


@pytest.mark.parametrize(
    "text", ["exploitation", "sexual exploitation", "adolescents", "multi-agency", "teenage relationships"]
)
def test_a_widened_text_takes_few_lookups(seeded: Corpus, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three of them for each name that is added, however many words that has and however often they occur."""
    made: list[str] = []

    def count_calls(name: str) -> None:
        original = getattr(Engine, name)

        def counted(*given: Any, **more: Any) -> Any:
            made.append(name)
            return original(*given, **more)

        monkeypatch.setattr(Engine, name, counted)

    count_calls("hits")
    count_calls("by_level")
    known = seeded.snapshot
    nothing: UnlockedCache[str, Any] = UnlockedCache(FOUND_BYTES)
    snapshot = replace(known, _found=nothing, words=WordSearcher(known.words.engine, known.words.everything))
    found = snapshot.find(text)
    snapshot.by_relevance(text, found.ids, 20)
    [clause] = found.clauses
    assert len(clause.runs) > 1
    assert len(made) <= 3 * (len(clause.runs) + 1)


def test_words_apart_in_a_title_come_before_the_same_side_by_side_in_a_summary(worded: Corpus) -> None:
    with worded.write() as session:
        make_publication(session, slug="kites", title="Kites", summary="Paper lanterns")
        make_publication(session, slug="lanterns", title="Lanterns and paper", summary="Kites")
    assert worded.client.slugs("/v1/publications?q=paper+lanterns") == ["lanterns", "kites"]


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        ("Will Quixotla", True),
        ("quixotla, will", True),
        ("Quixotla 2019", True),
        ("the Quixotla", True),
        ("Quixotla and Zbrodny", True),
        ("Quixotla lanterns", False),
        ("will", False),
        ("2019", False),
        ("the", False),
    ],
)
def test_a_text_is_a_name_where_it_is_of_words_of_names_that_are_not_all_english(
    kb: Corpus, text: str, is_name: bool
) -> None:
    with kb.write() as session:
        make_person(session, slug="will", name="Will Quixotla", given="Will", family="Quixotla")
        make_person(session, slug="z", name="Z. Zbrodny", given="Z.", family="Zbrodny")
        people = [{"agent": f"people/{slug}", "role": "author"} for slug in ("will", "z")]
        make_publication(session, slug="a", title="Lanterns", contributors=people)
    assert kb.snapshot.synonyms.is_name(text) == is_name
