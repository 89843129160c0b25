"""Judged questions, and how well the service answers them, by category, beside SQLite's FTS5 over the same words.

`python -m tests.relevance.judgements` seeds a database and prints the figures; `--questions` those of each question,
`--meaning` with the extra.
"""

from __future__ import annotations

import re
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from math import log2
from pathlib import Path
from statistics import mean
from typing import Any
from urllib.parse import quote

import orjson
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from app.documents.store import DocumentState, changed_since
from app.kit.clock import utc_now
from app.ops.seeding import seed
from tests.client import Client
from tests.corpus import Corpus
from tests.databases import Databases, SqliteServer
from tests.yaml_files import read_yaml

HERE = Path(__file__).parent
GRADES = {"perfect": 3, "good": 2, "related": 1}
RELEVANT = 2
"""The lowest grade that recall and the reciprocal rank ask for."""

CATEGORIES = (
    *("name", "title", "topic", "acronym", "format", "question", "paraphrase", "misspelling", "prefix"),
    "junk",
)
"""Junk is what nothing here answers: its figure is the number of results."""

SETS = (
    "judgements",
    "questions",
    "specialist",
    "readers",
    "visitors",
    "newcomers",
    "enquirers",
    "callers",
    "strangers",
)
"""The files of questions, in the order in which they were written: each before its results were seen."""

HELD = SETS[:-2]
"""Those that the floors are held to. The others were written after the floors were set: they are only shown."""

FEW = 2
"""Results up to which the answer to a question of junk is no noise."""

Ask = Callable[[str], tuple[int, tuple[str, ...]]]
"""To a text the number of results, and the first ten as collection/slug."""


@dataclass(frozen=True)
class Question:
    """`grades` by collection/slug; what is not in it is irrelevant (0). `written` is the set that it is of."""

    text: str
    category: str
    grades: dict[str, int]
    written: str = SETS[0]


@dataclass(frozen=True)
class Figures:
    """Of one question; of junk only the count says anything."""

    question: Question
    found: tuple[str, ...]
    count: int

    @property
    def ndcg(self) -> float:
        return ndcg(self.question, self.found)

    @property
    def recall(self) -> float:
        return recall(self.question, self.found)

    @property
    def reciprocal_rank(self) -> float:
        return reciprocal_rank(self.question, self.found)


@dataclass(frozen=True)
class Summary:
    """Means over questions that have an answer; the share of them without a result; and over questions of junk the
    mean number of results and the share with more than a few."""

    number: int
    ndcg: float = 0
    recall: float = 0
    reciprocal_rank: float = 0
    zero: float = 0
    noise: float = 0
    noisy: float = 0


def questions() -> list[Question]:
    """Every wording of every judged question."""
    read = ((name, _read(name)) for name in SETS)
    later = _later_grades()
    return [
        Question(text, each["category"], _grades(each) | later.get(text, {}), name)
        for name, judged in read
        for each in judged
        for text in each["ask"]
    ]


def _read(name: str) -> Any:
    return read_yaml(HERE / f"{name}.yaml")


def _grades(judged: dict[str, list[str]]) -> dict[str, int]:
    return {path: grade for name, grade in GRADES.items() for path in judged.get(name, ())}


def _later_grades() -> dict[str, dict[str, int]]:
    """Of the entries that came after a question was judged, by the question."""
    graded: dict[str, dict[str, int]] = {}
    for path, judged in _read("later_entries").items():
        for text, grade in _grades(judged).items():
            graded.setdefault(text, {})[path] = grade
    return graded


def dcg(gains: Iterable[int]) -> float:
    """Discounted cumulated gain (Järvelin & Kekäläinen 2002): each gain divided by log2(1 + its rank), added up.

    The gain is the grade itself; the first rank is not discounted.
    """
    return sum(gain / log2(1 + rank) for rank, gain in enumerate(gains, 1))


def ndcg(question: Question, found: Sequence[str], at: int = 10) -> float:
    """The DCG of the first `at` results, divided by that of the best possible order (0 to 1)."""
    ideal = sorted(question.grades.values(), reverse=True)[:at]
    return dcg(question.grades.get(path, 0) for path in found[:at]) / dcg(ideal)


def recall(question: Question, found: Sequence[str], at: int = 10) -> float:
    """The share of the good and perfect answers that are among the first `at` results; at most `at` can be."""
    relevant = {path for path, grade in question.grades.items() if grade >= RELEVANT}
    return len(relevant.intersection(found[:at])) / min(len(relevant), at)


def reciprocal_rank(question: Question, found: Sequence[str], at: int = 10) -> float:
    """One divided by the rank of the first good or perfect answer; nought if there is none among the first `at`."""
    ranks = (rank for rank, path in enumerate(found[:at], 1) if question.grades.get(path, 0) >= RELEVANT)
    return 1 / next(ranks, float("inf"))


def ask_service(client: Client, text: str) -> tuple[int, tuple[str, ...]]:
    page = client.json(f"/v1/entries?per_page=10&select=url&q={quote(text, safe='')}")
    return page["meta"]["count"], tuple("/".join(each["url"].rsplit("/", 2)[-2:]) for each in page["results"])


class FullTextControl:
    """The same words of the same entries in FTS5, with Porter's stems and its own BM25, weighted as here: all words of
    a question, where no entry has them all any of them."""

    def __init__(self, kb: Corpus) -> None:
        self._database = sqlite3.connect(":memory:")
        self._database.execute("CREATE VIRTUAL TABLE entry USING fts5(path, title, names, body, tokenize='porter')")
        self._database.executemany("INSERT INTO entry VALUES (?, ?, ?, ?)", self._rows(kb))

    @staticmethod
    def _rows(kb: Corpus) -> Iterator[tuple[str, ...]]:
        schemas = kb.snapshot.registry.schemas
        with kb.read() as session:
            for stored in changed_since(session, 0):
                schema = schemas[stored.kind]
                if schema.has_terms and stored.state is DocumentState.live:
                    document = orjson.loads(stored.body)
                    hidden = schema.hidden(document) if schema.hidden else []
                    texts = (schema.title(document), schema.names(document), [*schema.body(document), *hidden])
                    yield (f"{stored.collection}/{stored.slug}", *map("\n".join, texts))

    def ask(self, text: str) -> tuple[int, tuple[str, ...]]:
        words = [f'"{word}"' for word in re.findall(r"\w+", text)]
        found = self._matching(" AND ".join(words)) or self._matching(" OR ".join(words))
        return len(found), found

    def _matching(self, expression: str) -> tuple[str, ...]:
        statement = "SELECT path FROM entry WHERE entry MATCH ? ORDER BY bm25(entry, 0, 3, 2, 1), path"
        return tuple(path for (path,) in self._database.execute(statement, (f"{{title names body}}: ({expression})",)))


def judge(ask: Ask, sets: Sequence[str] = SETS) -> list[Figures]:
    results = ((question, *ask(question.text)) for question in questions() if question.written in sets)
    return [Figures(question, found[:10], count) for question, count, found in results]


def summarise(figures: Iterable[Figures]) -> Summary:
    """Over some questions, each counting the same."""
    figures = list(figures)
    judged, junk = ([each for each in figures if bool(each.question.grades) is some] for some in (True, False))
    return Summary(
        len(figures),
        _mean(each.ndcg for each in judged),
        _mean(each.recall for each in judged),
        _mean(each.reciprocal_rank for each in judged),
        _mean(not each.count for each in judged),
        _mean(each.count for each in junk),
        _mean(each.count > FEW for each in junk),
    )


def _mean(numbers: Iterable[float]) -> float:
    numbers = list(numbers)
    return mean(numbers) if numbers else 0.0


def by_category(figures: Iterable[Figures]) -> dict[str, Summary]:
    figures = list(figures)
    return {name: summarise(each for each in figures if each.question.category == name) for name in CATEGORIES}


def _of_set(figures: Iterable[Figures], name: str) -> Summary:
    return summarise(each for each in figures if each.question.written == name)


def summary_table(service: Sequence[Figures], control: Sequence[Figures]) -> Table:
    shown = Table("category", "questions", "nDCG@10", "recall@10", "MRR", "no result", "results to junk", "noisy")
    compared = {name: (one, by_category(control)[name]) for name, one in by_category(service).items()}
    for name in SETS:
        compared[f"set {name}"] = _of_set(service, name), _of_set(control, name)
    compared["all"] = summarise(service), summarise(control)
    for name, (one, other) in compared.items():
        number = str(one.number)
        if name == "junk":
            shown.add_row(name, number, "", "", "", "", *_pairs(one, other, "noise", "noisy"))
        else:
            shown.add_row(name, number, *_pairs(one, other, "ndcg", "recall", "reciprocal_rank", "zero"))
    return shown


def _pairs(one: Summary, other: Summary, *figures: str) -> list[str]:
    """The service's and the control's."""
    return [f"{getattr(one, name):.2f} ({getattr(other, name):.2f})" for name in figures]


def question_table(figures: Sequence[Figures]) -> Table:
    """The worst of each category first; found entries with their grades."""
    shown = Table("category", "nDCG@10", "results", "question", "first five")
    judged = (each for each in figures if each.question.grades)
    for each in sorted(judged, key=lambda each: (CATEGORIES.index(each.question.category), each.ndcg)):
        first = "\n".join(f"{each.question.grades.get(path, 0)} {path}" for path in each.found[:5])
        texts = (each.question.category, f"{each.ndcg:.2f}", str(each.count), each.question.text, first)
        shown.add_row(*texts, end_section=True)
    for each in figures:
        if not each.question.grades:
            shown.add_row("junk", "", str(each.count), each.question.text, "\n".join(each.found[:5]), end_section=True)
    return shown


def fill(session: Session) -> None:
    seed(session, HERE.parents[1] / "seed_data", now=utc_now())


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases(SqliteServer(Path(folder)))
        url = databases.template("seeded", fill)
        with closing(Corpus(url, meaning="--meaning" in sys.argv)) as kb:
            service = judge(lambda text: ask_service(kb.client, text))
            control = judge(FullTextControl(kb).ask)
    console = Console(width=150)
    if "--questions" in sys.argv:
        console.print(question_table(service))
    console.print(summary_table(service, control))
    console.print("In brackets: SQLite FTS5 with BM25.")


if __name__ == "__main__":
    main()
