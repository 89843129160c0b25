"""Django REST framework over the file that Datasette has, in an environment of its own (`rest_framework_site.py`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.databases import ROOT
from benchmarks.questions import Counted, Question
from benchmarks.servers import Server, ServerFailed, running, uvicorn

PYTHON = ROOT / ".venv" / "restframework" / "bin" / "python"
COLLECTION = "/publications/"


@contextmanager
def rest_framework(database: Path) -> Iterator[Server]:
    """By Uvicorn, as Django's documentation has it, one process.

    Raises `ServerFailed` where `make bench` has not set it up.
    """
    if not PYTHON.exists():
        raise ServerFailed(f"no {PYTHON.relative_to(ROOT)}: `make {PYTHON.parent.parent.relative_to(ROOT)}/.made`")
    arguments, settings = uvicorn("rest_framework_site"), {"BENCH_DATABASE": str(database)}
    with running("rest-framework", arguments, settings, COLLECTION, python=str(PYTHON)) as server:
        yield server


def address(_database: Path, question: Question) -> str:
    conditions = dict(question.terms)
    conditions |= {"issued_since": question.since} if question.since else {}
    conditions |= {"q": question.words} if question.words else {}
    return f"{COLLECTION}?{urlencode(conditions | {'facets': ','.join(question.facets)}, safe=',')}"


def counted(answer: Any) -> Counted:
    return answer["count"], answer["facets"]["format"]
