"""Judged questions, and how well the service answers them.

`python -m tests.relevance.judging` seeds a database and prints the figures of every question.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from math import log2
from pathlib import Path
from statistics import mean
from urllib.parse import quote

import yaml
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from app.kit.clock import utc_now
from app.ops.seeding import seed
from tests.client import Client
from tests.corpus import Corpus
from tests.databases import Databases, SqliteServer

HERE = Path(__file__).parent
GRADES = {"perfect": 3, "good": 2, "related": 1}
RELEVANT = 2
"""The lowest grade that recall asks for."""


@dataclass(frozen=True)
class Question:
    """`grades` by collection/slug; what is not in it is irrelevant (0)."""

    text: str
    by: str
    grades: dict[str, int]


@dataclass(frozen=True)
class Figures:
    question: Question
    ndcg: float
    recall: float
    found: tuple[str, ...]


def questions() -> list[Question]:
    """Every wording of every judged question."""
    judged = yaml.safe_load((HERE / "judgements.yaml").read_text("utf-8"))
    return [Question(text, each["by"], _grades(each)) for each in judged for text in each["ask"]]


def _grades(judged: dict[str, list[str]]) -> dict[str, int]:
    return {path: grade for name, grade in GRADES.items() for path in judged.get(name, ())}


def dcg(gains: Iterable[int]) -> float:
    """Discounted cumulated gain (Järvelin & Kekäläinen 2002): each gain divided by log2(1 + its rank), added up.

    The gain is the grade itself; the first rank is not discounted.
    """
    return sum(gain / log2(1 + rank) for rank, gain in enumerate(gains, 1))


def ndcg(question: Question, found: Sequence[str], at: int = 5) -> float:
    """The DCG of the first `at` results, divided by that of the best possible order (0 to 1)."""
    ideal = sorted(question.grades.values(), reverse=True)[:at]
    return dcg(question.grades.get(path, 0) for path in found[:at]) / dcg(ideal)


def recall(question: Question, found: Sequence[str], at: int = 10) -> float:
    """The share of the good and perfect answers that are among the first `at` results; at most `at` can be."""
    relevant = {path for path, grade in question.grades.items() if grade >= RELEVANT}
    return len(relevant.intersection(found[:at])) / min(len(relevant), at)


def ask(client: Client, text: str) -> tuple[str, ...]:
    """The first ten results, as collection/slug."""
    results = client.json(f"/v1/entries?per_page=10&select=url&q={quote(text, safe='')}")["results"]
    return tuple("/".join(each["url"].rsplit("/", 2)[-2:]) for each in results)


def judge(client: Client) -> list[Figures]:
    judged = [(question, ask(client, question.text)) for question in questions()]
    return [Figures(each, ndcg(each, found), recall(each, found), found) for each, found in judged]


def means(figures: Sequence[Figures]) -> tuple[float, float]:
    """nDCG@5 and recall@10 over all questions, each counting the same."""
    return mean(each.ndcg for each in figures), mean(each.recall for each in figures)


def table(figures: Sequence[Figures]) -> Table:
    """The worst first; found entries with their grades."""
    shown = Table("nDCG@5", "recall@10", "question", "first five")
    for each in sorted(figures, key=lambda each: each.ndcg + each.recall):
        first = "\n".join(f"{each.question.grades.get(path, 0)} {path}" for path in each.found[:5])
        shown.add_row(f"{each.ndcg:.2f}", f"{each.recall:.2f}", each.question.text, first, end_section=True)
    return shown


def fill(session: Session) -> None:
    seed(session, HERE.parents[1] / "seed_data", now=utc_now())


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases(SqliteServer(Path(folder)))
        url = databases.template("seeded", fill)
        with closing(Corpus(url)) as kb:
            figures = judge(kb.client)
    console = Console(width=150)
    console.print(table(figures))
    console.print("nDCG@5 {:.3f}, recall@10 {:.3f}".format(*means(figures)), f"over {len(figures)} questions")


if __name__ == "__main__":
    main()
