"""What is stored and what was changed since answer as one index that has seen both."""

from collections.abc import Mapping
from itertools import permutations
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from pyroaring import BitMap

from app.search.words.engine import TEXT, Levels
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


def add_all(index: WordIndex, texts: Mapping[int, str]) -> WordSearcher:
    for ident, text in texts.items():
        index.add(ident, {"title": [text], "names": [], "body": []}, (), name_words=len(text))
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
            for word in LETTERS:
                having = BitMap([ident for ident, text in now.items() if word in text.split()])
                assert found.engine.having(TEXT, word) == expected.engine.having(TEXT, word) == having
                assert found.engine.count(TEXT, word) == len(having)
                assert found.engine.at_least(TEXT, word) <= len(having) <= found.engine.at_most(TEXT, word)
                levels = expected.engine.levels(word)
                assert by_level(found.engine.levels(word), BitMap(now)) == by_level(levels, BitMap(now))
                assert by_level(found.engine.levels_among(word, SOME), SOME) == by_level(levels, SOME)
                shortest = expected.engine.shortest(expected.engine.term(TEXT, word), 3, entries=False)
                assert found.engine.shortest(found.engine.term(TEXT, word), 3, entries=False) == shortest
            for pair in permutations(LETTERS, 2):
                assert found.engine.having_all(TEXT, pair) == expected.engine.having_all(TEXT, pair)
                assert found.engine.having_phrase(pair) == expected.engine.having_phrase(pair)
