"""What is stored and what was changed since answer as one index that has seen both."""

from collections.abc import Mapping
from itertools import permutations
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from pyroaring import BitMap

from app.search.words import updated_engine
from app.search.words.engine import MOST_COUNTED, MOST_KEYS, TEXT, Levels
from app.search.words.word_index import WordIndex, WordSearcher, open_stored_words
from tests.chance import by_chance

LETTERS = ("ash", "birch", "cedar", "elm")


def a_text(random: Random) -> str:
    return " ".join(random.choices(LETTERS, k=random.randint(1, 4)))


BEFORE = by_chance(
    lambda random: {ident: a_text(random) for ident in random.sample(range(1, 13), random.randint(1, 12))}
)
CHANGES = by_chance(
    lambda random: {
        ident: a_text(random) if random.random() < 0.7 else None
        for ident in random.sample(range(1, 17), random.randint(0, 12))
    }
)
"""None: it is withdrawn."""
SOME = BitMap(range(1, 17, 2))


def is_entry(ident: int) -> bool:
    return ident % 3 > 0


def add_all(index: WordIndex, texts: Mapping[int, str]) -> WordSearcher:
    for ident, text in texts.items():
        texts_by_field = {"title": [text], "names": [], "body": []}
        index.add(ident, texts_by_field, (), name_words=len(text), is_entry=is_entry(ident))
    return index.commit()


def change_all(index: WordIndex, changes: Mapping[int, str | None], *, known: Mapping[int, str]) -> WordSearcher:
    """What is changed was there before, with other words."""
    add_all(index, dict.fromkeys(changes.keys() - known.keys(), " ".join(LETTERS)))
    for ident in changes:
        index.remove(ident)
    return add_all(index, {ident: text for ident, text in changes.items() if text is not None})


def updated(folder: Path, before: Mapping[int, str], changes: Mapping[int, str | None]) -> WordSearcher:
    """What is stored in a folder, with the changes on top of it."""
    stored = add_all(WordIndex(folder=folder), before)
    return change_all(WordIndex(open_stored_words(folder, stored.everything, {}, {})), changes, known=before)


def changed(before: Mapping[int, str], changes: Mapping[int, str | None]) -> WordSearcher:
    """The same in one index."""
    index = WordIndex()
    add_all(index, before)
    return change_all(index, changes, known=before)


def by_level(levels: Levels, within: BitMap) -> dict[str, set[int]]:
    return {level: set(ids & within) for level, ids in levels if ids & within}


def shortest(words: WordSearcher, word: str, most: int, entries: bool) -> list[int]:
    return words.engine.shortest(words.engine.term(TEXT, word), most, entries=entries)


@given(BEFORE, CHANGES)
@settings(max_examples=25, deadline=None)
def test_it_answers_as_an_index_of_what_is_there_now(
    before: Mapping[int, str], changes: Mapping[int, str | None]
) -> None:
    now = {ident: text for ident, text in {**before, **changes}.items() if text is not None}
    expected = add_all(WordIndex(), now)
    with TemporaryDirectory() as folder:
        for found in (updated(Path(folder), before, changes), changed(before, changes)):
            assert found.everything == expected.everything == BitMap(now)
            assert found.engine.counts(TEXT, LETTERS) == [len(expected.engine.having(TEXT, word)) for word in LETTERS]
            for word in LETTERS:
                having = BitMap([ident for ident, text in now.items() if word in text.split()])
                assert found.engine.having(TEXT, word) == expected.engine.having(TEXT, word) == having
                assert found.engine.count(TEXT, word) == len(having)
                assert found.engine.at_least(TEXT, word) <= len(having) <= found.engine.at_most(TEXT, word)
                assert found.engine.beginning(TEXT, word) in ([], [(word, found.engine.at_most(TEXT, word))])
                levels = expected.engine.levels(word)
                assert by_level(found.engine.levels(word), BitMap(now)) == by_level(levels, BitMap(now))
                assert by_level(found.engine.levels_among(word, SOME), SOME) == by_level(levels, SOME)
                for entries in (False, True):
                    assert shortest(found, word, 3, entries) == shortest(expected, word, 3, entries)
            for pair in permutations(LETTERS, 2):
                assert found.engine.having_all(TEXT, pair) == expected.engine.having_all(TEXT, pair)
                assert found.engine.having_phrase(pair) == expected.engine.having_phrase(pair)


@pytest.mark.parametrize("changes", [1, MOST_KEYS, MOST_KEYS + 1, 290])
def test_very_much_of_what_is_stored_may_have_changed(
    tmp_path: Path, changes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updated_engine, "MOST_AMONG", 280)
    random = Random(changes)
    before = {ident: a_text(random) for ident in range(1, 301)}
    shortest_first = sorted(before, key=lambda ident: (len(before[ident]), ident))
    gone = set(shortest_first[:changes])
    found = updated(tmp_path, before, dict.fromkeys(gone))
    for many in (MOST_COUNTED, MOST_COUNTED + 1):  # a document's score has the first bit and the last, or there are two
        several = [*LETTERS, *(f"none{number}" for number in range(many - 2 * len(LETTERS))), *reversed(LETTERS)]
        assert found.engine.counts(TEXT, several) == [found.engine.count(TEXT, word) for word in several]
    for word in LETTERS:
        kept = [ident for ident in shortest_first if ident not in gone and word in before[ident].split()]
        ids = BitMap(kept)
        assert found.engine.count(TEXT, word) == len(ids)
        assert by_level(found.engine.levels_among(word, ids), ids) == by_level(found.engine.levels(word), ids)
        for entries in (False, True):
            wanted = [ident for ident in kept if is_entry(ident) == entries]
            assert shortest(found, word, 20, entries) == wanted[:20]


def test_where_nothing_went_it_is_known_without_counting_how_many_have_a_word(tmp_path: Path) -> None:
    stored = add_all(WordIndex(folder=tmp_path), {1: "ash", 2: "ash elm"})
    found = add_all(WordIndex(open_stored_words(tmp_path, stored.everything, {}, {})), {3: "ash birch"})
    for word, many in (("ash", 3), ("birch", 1), ("cedar", 0), ("elm", 1)):
        assert found.engine.at_least(TEXT, word) == found.engine.at_most(TEXT, word) == many
