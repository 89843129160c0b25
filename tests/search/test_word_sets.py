"""What sets say has some words is what the engine finds, whatever is frequent."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from app.search import finding, frequent
from app.search.finding import Found, tiers_of
from app.search.wording import Clause, Run, understand
from app.search.words import WordIndex, Words

LETTERS = ("ash", "birch", "cedar", "date", "elm")
TEXTS = [" ".join(word for place, word in enumerate(LETTERS) if number >> place & 1) for number in range(32)]
ASKED = st.lists(
    st.sampled_from([*LETTERS, "-ash", "-birch", "OR", '"ash birch"', '"birch cedar date"', "cedar-date", "fig"]),
    max_size=6,
).map(" ".join)
MANY = settings(max_examples=150, deadline=None)


@pytest.fixture(scope="module", params=[1, 10, 1_000])
def words(request: pytest.FixtureRequest) -> Iterator[Words]:
    """Some in many documents; kept are those of so many, or of none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frequent, "FROM", request.param)
        index = WordIndex()
        for ident, text in enumerate(TEXTS, 1):
            index.add(ident, {"title": [text], "names": [], "body": ["oak " + text]}, ())
        index.add(99, {"title": ["ash birch"], "names": [], "body": []}, ())
        index.commit()
        index.remove(99)
        found = index.commit()
        _ = found.frequent
        yield found


@given(ASKED)
@MANY
def test_all_words(words: Words, text: str) -> None:
    clauses = understand(text)
    assert words.sets.matching(clauses) == words.hits(words.query(clauses))


@given(ASKED)
@MANY
def test_so_many_of_the_words(words: Words, text: str) -> None:
    clauses = understand(text)
    asked = sum(not clause.negative for clause in clauses)
    for enough, level in enumerate(words.sets.at_least(clauses, asked)[1:], 1):
        assert level == words.hits(words.most(clauses, enough))


@given(ASKED, st.integers(1, 40))
@MANY
def test_documents_with_more_of_the_words_are_ranked_alone(words: Words, text: str, count: int) -> None:
    """And are the first that would be ranked with all others."""
    clauses = understand(text)
    asked = sum(not clause.negative for clause in clauses)
    levels = words.sets.at_least(clauses, asked)
    if asked < 2 or not levels[1]:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finding, "TIERS", (2, 5, 20))
        found = Found(levels[1], clauses, text, enough=1, tiers=tiers_of(levels))
    few = words.ranked(found.query(words), found.leading(found.ids, count), len(found.ids), count)
    everybody = words.ranked(found.query(words), found.ids, len(found.ids), count)
    having = {ident: sum(ident in words.sets.of(each) for each in clauses if not each.negative) for ident in found.ids}
    assert [having[ident] for ident in few] == [having[ident] for ident in everybody]
    assert len(few) == len(everybody)
    fullest = words.fullest(clauses, text, found.ids, count)
    assert [having[ident] for ident in fullest] == [having[ident] for ident in everybody]


def test_more_words_than_are_remembered(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.search.word_sets.REMEMBERED", 2)
    for _ in range(3):
        for place, word in enumerate(LETTERS):
            expected = BitMap(ident for ident in range(1, 33) if (ident - 1) >> place & 1)
            assert words.sets.of(Clause((Run(word),))) == expected
