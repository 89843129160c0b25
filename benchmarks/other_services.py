"""What is required beside Datasette and Django REST framework: the same questions to both, the same counts in both
answers."""

import http.client
import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import permutations, product
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

from benchmarks import datasette, paths, rest_framework
from benchmarks.databases import service_database
from benchmarks.generate import SEED, STAGES, TOPICS, WORDS
from benchmarks.load import Load, LoadFailed, Traffic, compare
from benchmarks.questions import FACETS, Counted, Question
from benchmarks.rows import LARGE, SMALL, Row, Scenario, compared
from benchmarks.servers import Server, service

TIMES = 10
"""How many times the requests per second of each other service are required."""
ENOUGH = 30_000
"""Questions that no run uses up."""
CHECKED = 12
"""Questions whose answers are compared before the load."""
MAX_LENGTH = 1.0
"""Seconds that an answer alone may take for there to be any sense in many at a time."""
PER_RUN = 60
"""A run lasts at least as long as so many answers of the other service, one after the other: several a connection."""

ORDERS = tuple(permutations(FACETS))


@dataclass(frozen=True)
class OtherService:
    """Over the file that `datasette_database` makes: how it is started, asked and understood."""

    name: str
    serve: Callable[[Path], AbstractContextManager[Server]]
    address: Callable[[Path, Question], str]
    counted: Callable[[Any], Counted]


OTHERS = {
    "datasette": OtherService("Datasette", datasette.datasette, datasette.address, datasette.counted),
    "rest-framework": OtherService(
        "Django REST framework", rest_framework.rest_framework, rest_framework.address, rest_framework.counted
    ),
}


def filters() -> Iterator[Question]:
    """A topic, a stage and a day since when."""
    days = (
        f"{year}-{month:02}-{day:02}" for year, month, day in product(range(2005, 2011), range(1, 13), range(1, 29))
    )
    for topic, stage, day in _mixed(product(TOPICS, STAGES, days)):
        yield Question(FACETS, terms={"topic": topic, "stage": stage}, since=day)


def common_words() -> Iterator[Question]:
    """Two words, each of 11 to 75 of a hundred publications."""
    for words in _mixed(permutations(WORDS[10:130], 2)):
        yield Question(FACETS, words=" ".join(words))


def middling_words() -> Iterator[Question]:
    """One word, of three publications in a hundred to three in a thousand; the facets in any order."""
    for word, facets in _mixed(product(WORDS[500:4500], ORDERS)):
        yield Question(facets, words=word)


QUESTIONS: dict[str, Callable[[], Iterator[Question]]] = {
    "topic, stage and since when, three facets": filters,
    "two common words, three facets": common_words,
    "a middling word, three facets": middling_words,
}


def beside(other: OtherService, count: int) -> Callable[[Load], list[Row]]:
    def measure(load: Load) -> list[Row]:
        database = datasette.datasette_database(count)
        with service(service_database(count), paths.FIRST_PAGE) as ours, other.serve(database) as theirs:
            rows = []
            for what, questions in QUESTIONS.items():
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
    return f"{paths.COLLECTION}?{'&'.join(conditions)}&facets={','.join(question.facets)}"


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
    formats = answer["facets"]["format"]["values"]
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
