"""Deterministic catalogues of any size, in the shape of the seed files.

Words, topics, stages and formats follow Zipf's law, as they do in real catalogues: a few are everywhere,
most are rare.
"""

from collections.abc import Iterator
from itertools import accumulate, product
from random import Random
from typing import Any

Item = dict[str, Any]

SEED = 2019
SUMMARY_WORDS = 150

COMMON_WORD = "safeguarding"
"""In one summary of three."""
MIDDLING_WORD = "contextual"
"""In one summary of a hundred."""
RARE_WORD = "serendipity"
"""In one summary of ten thousand, the first of them at position 17."""
RARE_EVERY, RARE_FIRST = 10_000, 17

FORMATS = [
    "article",
    "book",
    "book-chapter",
    "discussion-paper",
    "infographic",
    "tool",
    "webinar",
    "video",
    "podcast",
    "blog-post",
    "practice-article",
    "interview",
    "report",
]
STAGES = ["mobilising", "designing", "developing", "integrating", "growing", "changing"]
AUDIENCES = ["practitioners", "managers", "researchers", "policy-makers"]
TOPICS = [f"topic-{number:02}" for number in range(1, 41)]
LICENCES = ("CC-BY-4.0", "CC-BY-NC-ND-4.0", None)
YEARS = range(2005, 2026)

SCHEMES = {
    "topic": ("topics", TOPICS),
    "stage": ("stages", STAGES),
    "format": ("formats", FORMATS),
    "audience": ("audiences", AUDIENCES),
}


def _made_up_words(count: int) -> list[str]:
    """Pronounceable words of seven letters, none of them English, in no order."""
    syllables = [consonant + vowel for consonant, vowel in product("bdfgklmnprtvz", "aiou")]
    words = ["".join(parts) + "k" for parts in product(syllables, repeat=3)]
    return Random(SEED).sample(words, count)


def _zipf(count: int) -> list[float]:
    return list(accumulate(1 / rank for rank in range(1, count + 1)))


WORDS = _made_up_words(12_000)
"""The other words of the summaries, most frequent first."""
_WORD_WEIGHTS = _zipf(len(WORDS))
_TERM_WEIGHTS = {scheme: _zipf(len(slugs)) for scheme, (_, slugs) in SCHEMES.items()}


def catalogue(count: int) -> dict[str, list[Item]]:
    """What `publications(count)` refers to, by collection, in an order in which it can be created."""
    terms = {collection: _terms(slugs) for collection, slugs in SCHEMES.values()}
    return {"vocabularies": _vocabularies(), **terms, "people": [_person(n) for n in range(people(count))]}


def people(count: int) -> int:
    """How many people write `count` publications."""
    return max(1, count // 20)


def publications(count: int) -> Iterator[Item]:
    """Publications in the seed format; the same `count` gives the same items, always."""
    random = Random(SEED)
    for number in range(count):
        yield _publication(random, number, people(count))


def _vocabularies() -> list[Item]:
    return [
        {
            "slug": scheme,
            "collection": collection,
            "label": collection.capitalize(),
            "single": scheme == "format",
            "required": scheme == "format",
            "ordered": scheme == "stage",
            "sources": ["generated"],
        }
        for scheme, (collection, _) in SCHEMES.items()
    ]


def _terms(slugs: list[str]) -> list[Item]:
    return [
        {"slug": slug, "label": label(slug), "position": position, "sources": ["generated"]}
        for position, slug in enumerate(slugs, 1)
    ]


def label(slug: str) -> str:
    return slug.replace("-", " ").capitalize()


def _person(number: int) -> Item:
    family, given = (WORDS[(number * step + 7) % len(WORDS)].capitalize() for step in (1, 31))
    return {
        "slug": f"person-{number:05}",
        "name": f"{given} {family}",
        "family": family,
        "given": given,
        "sources": ["generated"],
    }


def _publication(random: Random, number: int, writers: int) -> Item:
    doi = f"10.5555/bench.{number:06}"
    licence = random.choice(LICENCES)
    item = {
        "slug": f"publication-{number:06}",
        "title": " ".join(_draw(random, random.randint(6, 12))).capitalize(),
        "summary": _summary(random, number),
        "language": "en",
        "issued": _issued(random),
        "terms": _tagging(random),
        "contributors": [
            {"agent": f"people/person-{writer:05}", "role": "author"}
            for writer in random.sample(range(writers), min(writers, random.randint(1, 4)))
        ],
        "identifiers": [{"scheme": "doi", "value": doi}],
        "resources": [{"type": "landing_page", "url": f"https://example.org/publications/{number}"}],
        "venue": f"Journal of {label(WORDS[random.randrange(40)])}",
        "volume": str(random.randint(1, 60)),
        "pages": f"{(first := random.randint(1, 400))}-{first + random.randint(4, 30)}",
        "sources": ["generated"],
    }
    return item | ({"licence": licence} if licence else {})


def _draw(random: Random, count: int) -> list[str]:
    return random.choices(WORDS, cum_weights=_WORD_WEIGHTS, k=count)


def _summary(random: Random, number: int) -> str:
    words = _draw(random, random.randint(SUMMARY_WORDS - 20, SUMMARY_WORDS + 20))
    known = {
        COMMON_WORD: random.random() < 1 / 3,
        MIDDLING_WORD: random.random() < 1 / 100,
        RARE_WORD: number % RARE_EVERY == RARE_FIRST,
    }
    for word, present in known.items():
        if present:
            words[random.randrange(len(words))] = word
    sentences = (words[start : start + 15] for start in range(0, len(words), 15))
    return " ".join(" ".join(sentence).capitalize() + "." for sentence in sentences)


def _issued(random: Random) -> str:
    year, month, day = random.choice(YEARS), random.randint(1, 12), random.randint(1, 28)
    return random.choice((f"{year}", f"{year}-{month:02}", f"{year}-{month:02}-{day:02}"))


def _tagging(random: Random) -> dict[str, list[str]]:
    most = {"topic": 3, "stage": 2, "format": 1, "audience": 2}
    return {scheme: _some_of(random, scheme, random.randint(1, limit)) for scheme, limit in most.items()}


def _some_of(random: Random, scheme: str, count: int) -> list[str]:
    """Between one and `count` different terms, for the same one may be drawn twice."""
    slugs = SCHEMES[scheme][1]
    return list(dict.fromkeys(random.choices(slugs, cum_weights=_TERM_WEIGHTS[scheme], k=count)))
