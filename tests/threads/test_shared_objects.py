"""What all threads of a process share is whole for each of them, wherever another one is just then."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import FrameType, ModuleType, SimpleNamespace
from typing import Any

from fastapi import FastAPI
from markdown_it.ruler import Ruler
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from app.documents.revisions import PublishedRevision
from app.kit.json_types import JsonObject
from app.kit.text import markdown
from app.openapi.document import OpenApiDocument
from app.published.confidentiality import ConfidentialityCheck
from tests.corpus import Corpus

PROJECT = Path(__file__).parents[2]
ABOUT = {"title": "Of tests", "description": "", "contact": None, "licence": "CC0-1.0"}
OLD, NEW = PublishedRevision(1, 1), PublishedRevision(2, 2)


class Description(OpenApiDocument):
    """Says which revision it is of, and nothing else."""

    def build(self, snapshot: Any) -> JsonObject:
        return {"number": snapshot.revision.number, "paths": {}, "components": {}, "tags": []}


def test_a_description_is_of_the_revision_that_was_requested() -> None:
    description = Description(FastAPI(), "1", ABOUT, "", ())

    class Overtaken:
        """Another thread asks for the next revision as soon as this one was found to be known."""

        @property
        def revision(self) -> PublishedRevision:
            description.render(SimpleNamespace(revision=NEW))  # type: ignore[arg-type]  # nothing else is asked of it
            return OLD

    known = description.render(SimpleNamespace(revision=OLD))  # type: ignore[arg-type]  # as above
    assert description.render(Overtaken()) == known  # type: ignore[arg-type]  # as above


@contextmanager
def at_each_line_of(function: Callable[..., object], work: Callable[[], object]) -> Iterator[None]:
    """Work that is done before each line of a function that this thread is in."""
    code = function.__code__

    def trace(frame: FrameType, what: str, _: object) -> Any:
        if frame.f_code is code:
            if what == "line":
                work()
            return trace
        return None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def fresh(module: ModuleType) -> Any:
    """The same, as it is when a process begins."""
    spec = spec_from_file_location("fresh", module.__file__ or "")
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_two_threads_may_read_the_first_markdown_of_a_process() -> None:
    made, elsewhere = fresh(markdown), list[str]()
    with (
        ThreadPoolExecutor(1) as other,
        at_each_line_of(
            Ruler.__compile__, lambda: elsewhere.append(other.submit(made.markdown_to_html, "*one*").result())
        ),
    ):
        here = made.markdown_to_html("*one*")
    assert {here, *elsewhere} == {"<p><em>one</em></p>\n"}


def test_who_looks_for_what_is_confidential_waits_for_nobody_else_who_does(kb: Corpus) -> None:
    """The first is answered by the database only after the second, as where it waits for a lock of that one's."""
    answered = threading.Event()
    with kb.read() as session, kb.read() as another, ThreadPoolExecutor(1) as other:

        def look(where: Session) -> None:
            assert not ConfidentialityCheck(where)._secrets

        @event.listens_for(session, "do_orm_execute")
        def wait(_: ORMExecuteState) -> None:
            other.submit(look, another).add_done_callback(lambda _: answered.set())
            assert answered.wait(10)

        look(session)


INTERRUPTED = """
import signal, sys
from app.kit.system.stop_request import StopRequest

def interrupt(frame, *_):
    signal.raise_signal(signal.SIGTERM)
    return interrupt

request = StopRequest()
sys.settrace(interrupt)
request.wait()
"""


def test_a_worker_may_be_stopped_while_it_begins_to_wait() -> None:
    """By a signal before each line; in a process of its own, which would else wait for ever."""
    assert subprocess.run([sys.executable, "-c", INTERRUPTED], cwd=PROJECT, timeout=60, check=False).returncode == 0
