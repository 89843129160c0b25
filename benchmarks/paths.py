"""What the servers are asked: enough different URLs that nobody can have the answer ready."""

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from random import Random

from benchmarks.generate import COMMON_WORD, SEED, STAGES, TOPICS, WORDS

COLLECTION = "/v1/publications"
FIRST_PAGE = f"{COLLECTION}?per_page=25"
FACETS = "facets=topic,stage,format"
PAGES = range(1, 4)


def filtered() -> list[str]:
    """Every one or two topics with every one or two stages, three pages of each, in mixed order."""
    paths = [
        f"{COLLECTION}?{_any_of('topic', topics)}&{_any_of('stage', stages)}&page={page}"
        for topics, stages, page in product(_one_or_two(TOPICS), _one_or_two(STAGES), PAGES)
    ]
    Random(SEED).shuffle(paths)
    return paths


def faceted() -> list[str]:
    """The same with three facets."""
    return [f"{path}&{FACETS}" for path in filtered()]


def words_never_asked(count: int) -> list[str]:
    """The word of one summary in three, each time less another word: no set of hits can be known already."""
    return [f"{COLLECTION}?q={COMMON_WORD}%20-{word}&{FACETS}" for word in WORDS[1000 : 1000 + count]]


def pages_of_a_word(count: int) -> list[str]:
    """Page after page of the word of one summary in three."""
    return [f"{COLLECTION}?q={COMMON_WORD}&{FACETS}&page={page}" for page in range(1, count + 1)]


def _one_or_two(slugs: Sequence[str]) -> Iterator[tuple[str, ...]]:
    yield from combinations(slugs, 1)
    yield from combinations(slugs, 2)


def _any_of(scheme: str, slugs: Sequence[str]) -> str:
    return "&".join(f"{scheme}={slug}" for slug in slugs)
