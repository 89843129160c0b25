"""What sets say has some words is what the engine finds, whatever is frequent."""

from collections.abc import Iterator, Sequence
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from app.search.scoring.impacts import SEPARATOR, impact_once
from app.search.text.query_parser import Clause, WordRun, parse_text
from app.search.words import engine, frequent_words, word_index, word_search
from app.search.words.word_index import WordIndex, WordSearcher
from app.search.words.word_search import MAX_WORDS, WordMatch, bounded, tiers_of

LETTERS = ("ash", "birch", "cedar", "date", "elm")
TEXTS = [" ".join(word for place, word in enumerate(LETTERS) if number >> place & 1) for number in range(32)]
ASKED = st.lists(
    st.sampled_from([*LETTERS, "-ash", "-birch", "OR", '"ash birch"', '"birch cedar date"', "cedar-date", "fig"]),
    max_size=6,
).map(" ".join)
MANY = settings(max_examples=150, deadline=None)


@pytest.fixture(scope="module", params=[1, 10, 1_000])
def words(request: pytest.FixtureRequest) -> Iterator[WordSearcher]:
    """Some in many documents; kept are those of so many, or of none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frequent_words, "FROM", request.param)
        index = WordIndex()
        for ident, text in enumerate(TEXTS, 1):
            index.add(ident, {"title": [text], "names": [], "body": ["oak " + text]}, ())
        index.add(99, {"title": ["ash birch"], "names": [], "body": []}, ())
        index.commit()
        index.remove(99)
        found = index.commit()
        _ = found.frequent
        yield found


def has(ident: int, clause: Clause) -> bool:
    """Whether a text has one of a clause's runs: side by side in a phrase, else anywhere."""
    text = TEXTS[ident - 1]
    return any(
        f" {' '.join(run.tokens)} " in f" {text} " if run.phrase else {*run.tokens} <= {*text.split()}
        for run in clause.runs
    )


def counted(clauses: Sequence[Clause]) -> dict[int, int]:
    """Of the texts with nothing that is excluded, how many clauses each has."""
    allowed = [ident for ident in range(1, 33) if not any(has(ident, clause) for clause in clauses if clause.negative)]
    return {ident: sum(has(ident, clause) for clause in clauses if not clause.negative) for ident in allowed}


@given(ASKED, st.sets(st.sampled_from(LETTERS), max_size=1))
@MANY
def test_all_words(words: WordSearcher, text: str, known: set[str]) -> None:
    """Also where some words have been asked for before."""
    for word in known:
        words.sets.having(word)
    clauses = parse_text(text)
    required = sum(not clause.negative for clause in clauses)
    found = [ident for ident, having in counted(clauses).items() if having == required] if clauses else []
    assert words.sets.matching(clauses) == BitMap(found)


@given(ASKED)
@MANY
def test_so_many_of_the_words(words: WordSearcher, text: str) -> None:
    clauses = parse_text(text)
    required = sum(not clause.negative for clause in clauses)
    having = counted(clauses)
    for enough, level in enumerate(words.sets.at_least(clauses, required)[1:], 1):
        assert level == BitMap(ident for ident, number in having.items() if number >= enough)


@given(ASKED, st.integers(1, 40))
@MANY
def test_documents_with_more_of_the_words_are_ranked_alone(words: WordSearcher, text: str, count: int) -> None:
    """And are the first that would be ranked with all others."""
    clauses = parse_text(text)
    required = sum(not clause.negative for clause in clauses)
    levels = words.sets.at_least(clauses, required)
    if required < 2 or not levels[1]:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word_search, "TIERS", (2, 5, 20))
        found = WordMatch(levels[1], clauses, text, min_clauses=1, tiers=tiers_of(levels))
    everybody = words.ranked(clauses, found.ids, count, text=text, some=True)
    assert found.ranked(words, found.ids, count) == everybody


@pytest.mark.parametrize("more", [[], ["more"], ['"one phrase"']])
def test_no_more_words_are_searched_than_that(words: WordSearcher, more: list[str]) -> None:
    requested = [f"word{number}" for number in range(MAX_WORDS)]
    excluded = [f"-{word}" for word in requested]
    found = bounded(words, parse_text(" ".join([*requested, *more, *excluded])))
    assert [("-" if clause.negative else "") + clause.runs[0].text for clause in found] == [*requested, *excluded]


def test_more_words_than_are_remembered(words: WordSearcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.search.words.word_sets.REMEMBERED", 2)
    for _ in range(3):
        for place, word in enumerate(LETTERS):
            expected = BitMap(ident for ident in range(1, 33) if (ident - 1) >> place & 1)
            assert words.sets.of(Clause((WordRun(word),))) == expected


@pytest.mark.parametrize(
    ("least", "frequent", "listings"),
    [(25, {"ash"}, 1), (40, set(), 1), (1_000, set(), 0)],
    ids=["one", "none", "too few documents"],
)
def test_frequent_words_are_not_listed_again_after_a_change(
    least: int, frequent: set[str], listings: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To list them takes as long as many searches, whether any are found or not."""
    monkeypatch.setattr(frequent_words, "FROM", least)
    listed = mock.Mock(side_effect=frequent_words.list_frequent_words)
    monkeypatch.setattr(word_index, "list_frequent_words", listed)
    index = WordIndex()
    for ident in range(1, 51):
        index.add(ident, {"title": ["ash" if ident <= 30 else "birch"], "names": [], "body": []}, ())
    assert {*index.commit().frequent} == frequent
    for ident in range(51, 54):
        index.add(ident, {"title": ["cedar"], "names": [], "body": []}, ())
        assert len(index.commit().sets.having("cedar")) == ident - 50
    assert listed.call_count == listings


def test_frequent_words_after_a_change_are_those_listed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frequent_words, "FROM", 5)
    index = WordIndex()
    for ident in range(1, 13):
        index.add(ident, {"title": ["ash"], "names": [], "body": ["birch" if ident < 8 else "elm"]}, ())
    before = index.commit()
    kept = {stem: dict(levels) for stem, levels in before.frequent.items()}
    for ident in (1, 2):
        index.remove(ident)
    for ident, title, body in ((3, "birch", "ash"), (13, "elm", "birch"), (14, "birch ash", "")):
        index.remove(ident)
        index.add(ident, {"title": [title], "names": [], "body": [body]}, ())
    after = index.commit()
    assert {stem: dict(levels) for stem, levels in after.frequent.items()} == {
        stem: dict(after.engine.levels(stem)) for stem in ("ash", "birch", "elm")
    }
    assert {stem: dict(levels) for stem, levels in before.frequent.items()} == kept


@pytest.mark.parametrize("most", [0, 1_000], ids=["level by level", "all at once"])
def test_the_level_of_a_word_follows_from_where_it_stands(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MOST_AT_ONCE", most)
    index = WordIndex()
    for ident, title, body in ((1, "ash", "elm"), (2, "elm", "ash"), (3, "elm ash birch", ""), (4, "elm", "")):
        index.add(ident, {"title": [title], "names": [], "body": [body]}, ())
    found = index.commit().engine
    levels = {ident: level for level, ids in found.levels("ash") for ident in ids}
    assert levels == {1: "n", 2: "e", 3: "m"}
    assert dict(found.levels_among("ash", BitMap([2, 4]))) == {"e": BitMap([2])}


def test_what_counts_less_does_so_in_all_that_is_said_of_it() -> None:
    """In its texts, in the acronyms of its names, and in its hidden labels, which count less than a text themselves."""
    index = WordIndex()
    for ident, weight in ((1, 1.0), (2, 0.5)):
        texts = {"title": ["Journal of Social Work"], "names": [], "body": []}
        index.add(ident, texts, (), hidden=["casework"], weight=weight)
    levels = index.commit().engine.levels
    found = {
        stem: {ident: level for level, ids in levels(stem) for ident in ids} for stem in ("journal", "jsw", "casework")
    }
    assert [having[1] > having[2] for having in found.values()] == [True, True, True]
    assert f"jsw{SEPARATOR}{found['jsw'][1]}" == impact_once("jsw", "title")
    assert f"casework{SEPARATOR}{found['casework'][1]}" < impact_once("casework", "body")
