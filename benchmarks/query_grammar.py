"""What is required of the query grammar: questions one at a time, and a walk through everything."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks import client, paths
from benchmarks.databases import service_database
from benchmarks.generate import COMMON_WORD, MIDDLING_WORD, RARE_WORD
from benchmarks.load import Load, LoadFailed
from benchmarks.rows import LARGE, PROBES, SMALL, Row, Scenario, alone, times
from benchmarks.servers import Server, service

PER_STEP = 100


@dataclass(frozen=True)
class Question:
    """`limit` is what 200,000 publications may take, in milliseconds."""

    what: str
    messages: Sequence[bytes]
    limit: float | None = None


@dataclass
class Walk:
    """Asks for the next page of everything once it has heard the last one."""

    cursor: str | None = "*"
    found: int = 0

    def __iter__(self) -> Iterator[bytes]:
        while self.cursor:
            path = f"{paths.COLLECTION}?per_page={PER_STEP}&cursor={self.cursor}"
            yield from client.requests([path], {})

    def hear(self, body: bytes) -> None:
        answer = json.loads(body)
        self.found += len(answer["results"])
        self.cursor = answer["meta"]["next_cursor"]


def _gets(urls: Sequence[str]) -> list[bytes]:
    return list(client.requests(urls, {}))


COMMON = (
    Question(
        "a word of one publication in three, three facets, less another word every time",
        _gets(paths.words_never_asked(PROBES)),
        10,
    ),
    Question("one such word, three facets, page after page", _gets(paths.pages_of_a_word(PROBES)), 10),
    Question("a phrase of two frequent words", _gets(paths.phrases(PROBES)), 60),
)
WORDS = (
    Question("a common word", _gets(paths.found_by(COMMON_WORD, PROBES))),
    Question("a middling word, of one in a hundred", _gets(paths.found_by(MIDDLING_WORD, PROBES))),
    Question("a rare word, of one in ten thousand", _gets(paths.found_by(RARE_WORD, PROBES))),
    Question("two frequent words", _gets(paths.pairs_of_words(PROBES))),
    Question("a misspelt word", _gets(paths.misspelt(PROBES))),
)
CONDITIONS = (
    Question("topic and stage", _gets(paths.filtered()[:PROBES])),
    Question("topic and stage, three facets", _gets(paths.faceted()[:PROBES])),
    Question("a JSON tree of twenty conditions", list(client.posts(f"{paths.COLLECTION}/search", paths.trees(PROBES)))),
    Question("autocomplete, letter by letter", _gets(paths.typed(PROBES)), 2),
    Question("related", _gets(paths.neighbours(PROBES))),
)


def cursor_walk(_load: Load) -> list[Row]:
    return [_walk(count) for count in (SMALL, LARGE)]


def _asked(questions: Sequence[Question]) -> Callable[[Load], list[Row]]:
    def measure(_load: Load) -> list[Row]:
        with (
            service(service_database(LARGE), paths.FIRST_PAGE) as large,
            service(service_database(SMALL), paths.FIRST_PAGE) as small,
        ):
            return [_answered(question, large, small) for question in questions]

    return measure


def _answered(question: Question, large: Server, small: Server) -> Row:
    ours, fewer = alone(large, question.messages), alone(small, question.messages)
    growth = f"{ours.cpu / fewer.cpu:.1f} times the CPU"
    what = f"{question.what}, 200,000 beside 10,000"
    if question.limit is None:
        return Row(what, str(ours), str(fewer), growth)
    required = f"p50 and CPU p99 under {question.limit:g} ms"
    return Row(what, str(ours), str(fewer), growth, required, ours.under(question.limit))


def _walk(count: int) -> Row:
    walk = Walk()
    with service(service_database(count), paths.FIRST_PAGE) as ours:
        probes = client.probe(ours.port, walk, ours.cpu, walk.hear)
    if walk.found != count:
        raise LoadFailed(f"a walk through {count} publications found {walk.found}")
    tenth = len(probes) // 10
    first, last = probes[:tenth], probes[-tenth:]
    cost = median(probe.cpu for probe in last) / median(probe.cpu for probe in first)
    wait = median(probe.wall for probe in last) / median(probe.wall for probe in first)
    what = f"by cursor through all of {count:,}, {PER_STEP} a page: the last tenth beside the first"
    result = f"{cost:.2f} times the CPU, {wait:.2f} times the time"
    return Row(what, str(times(last)), str(times(first)), result, "at most 1.3 times the CPU", cost <= 1.3)


SCENARIOS = (
    Scenario("common-word", True, _asked(COMMON)),
    Scenario("words", True, _asked(WORDS)),
    Scenario("conditions", True, _asked(CONDITIONS)),
    Scenario("cursor-walk", True, cursor_walk),
)
