"""What is required beside Datasette, Django REST framework and Directus: the same questions to both, the same counts in
both answers."""

import http.client
import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from itertools import permutations, product
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

from benchmarks import datasette, directus, paths, rest_framework
from benchmarks.databases import service_database
from benchmarks.generate import SEED, STAGES, TOPICS, WORDS
from benchmarks.load import Load, LoadFailed, Traffic, compare
from benchmarks.questions import FACETS, Counted, Question
from benchmarks.rows import LARGE, SMALL, Row, Scenario, compared
from benchmarks.servers import Server, service

TIMES = 10
"""How many times the requests per second of each other service are required."""
ENOUGH = 60_000
"""Questions that no run uses up."""
CHECKED = 12
"""Questions whose answers are compared before the load."""
MAX_LENGTH = 1.0
"""Seconds that an answer alone may take for there to be any sense in many at a time."""
PER_RUN = 60
"""A run lasts at least as long as so many answers of the other service, one after the other: several a connection."""

ORDERS = tuple(permutations(FACETS))


def filters() -> Iterator[Question]:
    """A topic, a stage and a day since when."""
    days = (
        f"{year}-{month:02}-{day:02}" for year, month, day in product(range(2005, 2011), range(1, 13), range(1, 29))
    )
    for topic, stage, day in _mixed(product(TOPICS, STAGES, days)):
        yield Question(FACETS, terms={"topic": topic, "stage": stage}, since=day)


def filters_alone() -> Iterator[Question]:
    """The same without facets."""
    return (replace(question, facets=()) for question in filters())


def common_words() -> Iterator[Question]:
    """Two words, each of 11 to 75 of a hundred publications."""
    for words in _mixed(permutations(WORDS[10:130], 2)):
        yield Question(FACETS, words=" ".join(words))


def middling_words() -> Iterator[Question]:
    """One word, of three publications in a hundred to three in a thousand; the facets in any order."""
    for word, facets in _mixed(product(WORDS[500:4500], ORDERS)):
        yield Question(facets, words=word)


def more_common_words() -> Iterator[Question]:
    """Two words, each of 7 to 75 of a hundred publications, no facets."""
    for words in _mixed(permutations(WORDS[10:190], 2)):
        yield Question((), words=" ".join(words))


def middling_words_since() -> Iterator[Question]:
    """One word, as above, since a day; no facets."""
    days = [f"{year}-{month:02}-01" for year, month in product(range(2005, 2011), (1, 7))]
    for word, day in _mixed(product(WORDS[500:4500], days)):
        yield Question((), words=word, since=day)


Questions = Mapping[str, Callable[[], Iterator[Question]]]
WITH_FACETS: Questions = {
    "topic, stage and since when, three facets": filters,
    "two common words, three facets": common_words,
    "a middling word, three facets": middling_words,
}
WITHOUT_FACETS: Questions = {
    "topic, stage and since when": filters_alone,
    "two common words": more_common_words,
    "a middling word since when": middling_words_since,
}


@dataclass(frozen=True)
class OtherService:
    """How its database is made, and how it is started, asked and understood."""

    name: str
    database: Callable[[int], Path]
    serve: Callable[[Path], AbstractContextManager[Server]]
    address: Callable[[Path, Question], str]
    counted: Callable[[Any], Counted]
    questions: Questions = field(default_factory=lambda: WITH_FACETS)


OTHERS = {
    "datasette": OtherService(
        "Datasette", datasette.datasette_database, datasette.datasette, datasette.address, datasette.counted
    ),
    "rest-framework": OtherService(
        "Django REST framework",
        datasette.datasette_database,
        rest_framework.rest_framework,
        rest_framework.address,
        rest_framework.counted,
    ),
    "directus": OtherService(
        "Directus",
        directus.directus_database,
        directus.directus,
        directus.address,
        directus.counted,
        WITHOUT_FACETS,
    ),
}


def beside(other: OtherService, count: int) -> Callable[[Load], list[Row]]:
    def measure(load: Load) -> list[Row]:
        database = other.database(count)
        with service(service_database(count), paths.FIRST_PAGE) as ours, other.serve(database) as theirs:
            rows = []
            for what, questions in other.questions.items():
                requests = [Asked(_address(each), other.address(database, each), other) for each in questions()]
                rows.append(_row(f"{what}, {count:,}; against {other.name}", requests, ours, theirs, load))
            return rows

    return measure


@dataclass(frozen=True)
class Asked:
    """One question in both tongues."""

    ours: str
    theirs: str
    other: OtherService


def _address(question: Question) -> str:
    conditions = [f"{name}={slug}" for name, slug in question.terms.items()]
    conditions += [f"issued__gte={question.since}"] if question.since else []
    conditions += [f"q={quote(question.words)}"] if question.words else []
    conditions += [f"facets={','.join(question.facets)}"] if question.facets else []
    return f"{paths.COLLECTION}?{'&'.join(conditions)}"


def _mixed(things: Any) -> list[Any]:
    listed = list(things)
    return Random(SEED).sample(listed, min(ENOUGH, len(listed)))


def _row(what: str, questions: Sequence[Asked], ours: Server, theirs: Server, load: Load) -> Row:
    checks = [_check(request, ours, theirs) for request in questions[:CHECKED]]
    rest = questions[CHECKED:]
    required = f"at least {TIMES} times"
    wait = statistics.median(seconds for _, seconds in checks)
    if wait > MAX_LENGTH:
        alone = statistics.median(seconds for seconds, _ in checks)
        answers = (f"{1000 * alone:.1f} ms, one at a time", f"{1000 * wait:,.0f} ms, one at a time")
        return Row(what, *answers, f"{wait / alone:.0f} times as fast", required, wait >= TIMES * alone)
    traffic = (
        Traffic(ours, [each.ours for each in rest], once=True),
        Traffic(theirs, [each.theirs for each in rest], once=True),
    )
    patient = replace(load, seconds=max(load.seconds, PER_RUN * wait))
    comparison = compare(*traffic, load, patient)
    ratio = comparison.rate_ratio()
    return compared(what, comparison, f"{ratio:.0f} times the requests/s", required, ratio >= TIMES)


def _check(request: Asked, ours: Server, theirs: Server) -> tuple[float, float]:
    """Seconds that each takes alone; raises `LoadFailed` unless both count the same."""
    (answer, mine), (other, its) = _get(ours, request.ours), _get(theirs, request.theirs)
    formats = answer["facets"]["format"]["values"] if "facets=" in request.ours else []
    counts: Counted = (answer["meta"]["count"], {each["slug"]: each["count"] for each in formats if each["count"]})
    others = request.other.counted(other)
    if counts != others:
        raise LoadFailed(f"{request.ours} finds {counts}, {request.theirs} {others}")
    return mine, its


def _get(server: Server, path: str) -> tuple[dict[str, Any], float]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=datasette.PATIENCE / 1000)
    began = time.perf_counter()
    connection.request("GET", path)
    body = connection.getresponse().read()
    seconds = time.perf_counter() - began
    connection.close()
    return json.loads(body), seconds


SCENARIOS = (
    *(Scenario(name, False, beside(other, SMALL)) for name, other in OTHERS.items()),
    Scenario("datasette-large", True, beside(OTHERS["datasette"], LARGE)),
)
