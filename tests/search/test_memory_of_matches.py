"""What is remembered of a text is counted by what it takes, and not for less: anybody may send any text."""

import tracemalloc

import pytest
from pyroaring import BitMap

from app.search.text.query_parser import Clause, parse_text
from app.search.words.word_search import WordMatch


@pytest.mark.parametrize(
    "text",
    [
        "innovation",
        "a cautious practitioner beyond the family home",
        " OR ".join(f"word{number}" for number in range(33)),
        "!" * 900 + "\N{GRINNING FACE}" * 20,
        '"' + " ".join(f"word{number}" for number in range(30)) + '"',
    ],
)
def test_no_text_takes_more_than_what_is_counted(text: str) -> None:
    tracemalloc.start()
    try:
        made = [WordMatch(BitMap(), searched(text), text + str(number % 10)) for number in range(100)]
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken / len(made) <= made[0].memory_size


def searched(text: str) -> tuple[Clause, ...]:
    """With what searching makes of it."""
    clauses = parse_text(text)
    for clause in clauses:
        _ = clause.stem, clause.is_bare_word, [run.tokens for run in clause.runs]
    return clauses


def test_a_set_is_counted_once_whatever_it_serves_as() -> None:
    ids = BitMap(range(0, 200_000, 3))
    once = WordMatch(ids, (), "").memory_size
    assert once == WordMatch(ids, (), "", tiers=(ids, ids, ids)).memory_size
    assert 200_000 / 8 <= once - WordMatch(BitMap(), (), "").memory_size <= 200_000 / 8 + 8192
