"""What is required beside Datasette: the same questions to both, the same counts in both answers."""

import http.client
import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations, product
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

from benchmarks import datasette, paths
from benchmarks.databases import service_database
from benchmarks.generate import SEED, STAGES, TOPICS, WORDS
from benchmarks.load import Load, LoadFailed, Traffic, compare
from benchmarks.rows import LARGE, SMALL, Row, Scenario, compared
from benchmarks.servers import Server, service

TIMES = 10
"""How many times Datasette's requests per second are required."""
ENOUGH = 30_000
"""Questions that no run uses up."""
CHECKED = 12
"""Questions whose answers are compared before the load."""
MAX_LENGTH = 1.0
"""Seconds that an answer alone may take for there to be any sense in many at a time."""
PER_RUN = 60
"""A run lasts at least as long as so many answers of Datasette, one after the other: several from each connection."""

ORDERS = tuple(permutations(datasette.FACETS))


@dataclass(frozen=True)
class Asked:
    """One question in both tongues."""

    ours: str
    theirs: str


Questions = Callable[[Path], Iterator[Asked]]


def filters(database: Path) -> Iterator[Asked]:
    """A topic, a stage and a day since when."""
    days = (
        f"{year}-{month:02}-{day:02}" for year, month, day in product(range(2005, 2011), range(1, 13), range(1, 29))
    )
    for topic, stage, day in _mixed(product(TOPICS, STAGES, days)):
        ours = f"topic={topic}&stage={stage}&issued__gte={day}"
        conditions = (datasette.tagged("topic", topic), datasette.tagged("stage", stage), datasette.since(day))
        yield _asked(database, tuple(datasette.FACETS), ours, *conditions)


def common_words(database: Path) -> Iterator[Asked]:
    """Two words, each of 11 to 75 of a hundred publications."""
    for words in _mixed(permutations(WORDS[10:130], 2)):
        yield _searched(database, " ".join(words), tuple(datasette.FACETS))


def middling_words(database: Path) -> Iterator[Asked]:
    """One word, of three publications in a hundred to three in a thousand; the facets in any order."""
    for word, facets in _mixed(product(WORDS[500:4500], ORDERS)):
        yield _searched(database, word, facets)


QUESTIONS: dict[str, Questions] = {
    "topic, stage and since when, three facets": filters,
    "two common words, three facets": common_words,
    "a middling word, three facets": middling_words,
}


def beside_datasette(count: int) -> Callable[[Load], list[Row]]:
    def measure(load: Load) -> list[Row]:
        database = datasette.datasette_database(count)
        with (
            service(service_database(count), paths.FIRST_PAGE) as ours,
            datasette.datasette(database) as theirs,
        ):
            return [
                _row(f"{what}, {count:,}; against Datasette", list(questions(database)), ours, theirs, load)
                for what, questions in QUESTIONS.items()
            ]

    return measure


def _mixed(things: Any) -> list[Any]:
    listed = list(things)
    return Random(SEED).sample(listed, min(ENOUGH, len(listed)))


def _searched(database: Path, words: str, facets: Sequence[str]) -> Asked:
    return _asked(database, facets, f"q={quote(words)}", ("_search", words))


def _asked(database: Path, facets: Sequence[str], ours: str, *theirs: tuple[str, str]) -> Asked:
    path = f"{paths.COLLECTION}?{ours}&facets={','.join(facets)}"
    return Asked(path, datasette.asked(database, facets, *theirs))


def _row(what: str, questions: Sequence[Asked], ours: Server, theirs: Server, load: Load) -> Row:
    checks = [_check(asked, ours, theirs) for asked in questions[:CHECKED]]
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


def _check(asked: Asked, ours: Server, theirs: Server) -> tuple[float, float]:
    """Seconds that each takes alone; raises `LoadFailed` unless both count the same."""
    (answer, mine), (other, its) = _get(ours, asked.ours), _get(theirs, asked.theirs)
    counts = answer["meta"]["count"], _formats(answer["facets"]["format"]["values"], "slug")
    others = other["filtered_table_rows_count"], _formats(other["facet_results"]["format"]["results"], "value")
    if counts != others:
        raise LoadFailed(f"{asked.ours} finds {counts}, {asked.theirs} {others}")
    return mine, its


def _formats(values: Sequence[dict[str, Any]], name: str) -> dict[str, int]:
    return {value[name]: value["count"] for value in values if value["count"]}


def _get(server: Server, path: str) -> tuple[dict[str, Any], float]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=datasette.PATIENCE / 1000)
    began = time.perf_counter()
    connection.request("GET", path)
    body = connection.getresponse().read()
    seconds = time.perf_counter() - began
    connection.close()
    return json.loads(body), seconds


SCENARIOS = (
    Scenario("datasette", False, beside_datasette(SMALL)),
    Scenario("datasette-large", True, beside_datasette(LARGE)),
)
