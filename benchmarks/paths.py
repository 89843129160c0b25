"""What the servers are asked: enough different URLs that nobody can have the answer ready."""

import json
from collections.abc import Iterator, Sequence
from itertools import combinations, islice, permutations, product
from random import Random

from benchmarks.generate import AUDIENCES, COMMON_WORD, FORMATS, SEED, STAGES, TOPICS, WORDS

COLLECTION = "/v1/publications"
FIRST_PAGE = f"{COLLECTION}?per_page=25"
FACETS = "facets=topic,stage,format"
PAGES = range(1, 4)
FREQUENT = WORDS[10:35]
"""Each stands in 35 to 75 of a hundred publications."""


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


def found_by(word: str, count: int) -> list[str]:
    """A word, each time less another one that hardly anything has: no set of hits can be known already."""
    return [f"{COLLECTION}?q={word}%20-{other}" for other in WORDS[-count:]]


def pairs_of_words(count: int) -> list[str]:
    """Two frequent words."""
    return [f"{COLLECTION}?q={one}%20{other}" for one, other in islice(combinations(FREQUENT, 2), count)]


def phrases(count: int) -> list[str]:
    """Two frequent words side by side."""
    return [f"{COLLECTION}?q=%22{one}%20{other}%22" for one, other in islice(permutations(FREQUENT, 2), count)]


def misspelt(count: int) -> list[str]:
    """Words of one publication in forty with two letters swapped, which makes none of the others."""
    return [f"{COLLECTION}?q={word[:2]}{word[3]}{word[2]}{word[4:]}" for word in WORDS[500 : 500 + count]]


def typed(count: int) -> list[str]:
    """Two words as somebody types them: a request a letter."""
    words = Random(SEED).sample(WORDS[:1000], count)
    texts = (f"{one}%20{other}" for one, other in zip(words[::2], words[1::2], strict=True))
    starts = (text[:end] for text in texts for end in range(1, len(text) + 1) if text[end - 1] not in "%20")
    return [f"/v1/autocomplete?q={start}" for start in islice(dict.fromkeys(starts), count)]


def neighbours(count: int) -> list[str]:
    """What is related to publications of all ages."""
    return [f"{COLLECTION}/publication-{number:06}/related" for number in range(0, count * 33, 33)]


def trees(count: int) -> list[bytes]:
    """Bodies for `POST …/search`: twenty conditions, three levels deep, never the same."""
    random = Random(SEED)
    return [json.dumps({"where": _tree(random)}).encode() for _ in range(count)]


def _tree(random: Random) -> dict[str, object]:
    def any_of(field: str, slugs: Sequence[str], count: int) -> dict[str, object]:
        return {"or": [{"field": field, "value": slug} for slug in random.sample(slugs, count)]}

    def all_of() -> dict[str, object]:
        chosen = (("topic", TOPICS), ("stage", STAGES), ("audience", AUDIENCES))
        return {"and": [{"field": field, "value": random.choice(slugs)} for field, slugs in chosen]}

    since, until = random.randint(2005, 2012), random.randint(2018, 2025)
    parts = [
        {"or": [any_of("topic", TOPICS, 4), all_of(), all_of()]},
        any_of("stage", STAGES, 3),
        {"not": any_of("format", FORMATS, 3)},
        {"field": "issued", "op": "gte", "value": f"{since}-{random.randint(1, 12):02}"},
        {"field": "issued", "op": "lte", "value": f"{until}"},
        {"field": "doi", "op": "exists", "value": True},
        {"not": {"field": "audience", "value": random.choice(AUDIENCES)}},
    ]
    return {"and": parts}


def _one_or_two(slugs: Sequence[str]) -> Iterator[tuple[str, ...]]:
    yield from combinations(slugs, 1)
    yield from combinations(slugs, 2)


def _any_of(scheme: str, slugs: Sequence[str]) -> str:
    return "&".join(f"{scheme}={slug}" for slug in slugs)
