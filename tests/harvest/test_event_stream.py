"""Server-Sent Events on `/v1/changes`: pages of changes on one connection, from a real server."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.harvest.context import HarvestContext
from app.harvest.signal import PER_CLIENT
from app.http.readers import Pool
from tests.client import problem
from tests.corpus import Corpus
from tests.factories import make_publication
from tests.served import served
from tests.waiting import wait_until

EVENTS = {"Accept": "text/event-stream"}


@pytest.fixture
def kb(database: str, tmp_path: Path) -> Iterator[Corpus]:
    with served(database, tmp_path) as found:
        yield found


@contextmanager
def listening(kb: Corpus, query: str = "since=0", **headers: str) -> Iterator[Iterator[dict[str, str]]]:
    """What comes, event by event, each by its fields; comments as `comment`."""
    sent = {**EVENTS, **{name.replace("_", "-"): value for name, value in headers.items()}}
    with httpx.stream("GET", f"{kb.service.settings.base}/v1/changes?{query}", headers=sent, timeout=30) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        yield events(answer.iter_lines())


def events(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        if line:
            fields[name or "comment"] = value.removeprefix(" ")
        elif fields:
            yield fields
            fields = {}


def slugs(event: dict[str, str]) -> list[str]:
    assert event["event"] == "changes"
    page: dict[str, Any] = json.loads(event["data"])
    assert page["meta"]["next"] == event["id"]
    return [line["slug"] for line in page["results"] if line["change"] != "left" and line["kind"] == "publication"]


def publish(kb: Corpus, *names: str) -> None:
    with kb.write() as session:
        for name in names:
            make_publication(session, slug=name)


def waiting(kb: Corpus) -> int:
    return kb.service.services[HarvestContext].signal.waiting


def test_what_there_is_comes_first_and_then_each_publication_as_it_happens(kb: Corpus) -> None:
    publish(kb, "one", "two", "three")
    query = "since=0&collection=publications"
    with listening(kb, query) as stream, listening(kb, query) as other:
        assert next(stream) == {"retry": "3000"}
        assert next(other) == {"retry": "3000"}
        first = next(stream)
        assert sorted(slugs(first)) == ["one", "three", "two"]
        assert next(other) == first
        wait_until(lambda: waiting(kb) == 2)
        publish(kb, "four")
        assert slugs(next(stream)) == slugs(next(other)) == ["four"]
        publish(kb, "five")
        last = next(stream)
        assert slugs(last) == ["five"]
    wait_until(lambda: waiting(kb) == 0)
    publish(kb, "six")
    with listening(kb, query, last_event_id=last["id"]) as stream:
        assert next(stream) == {"retry": "3000"}
        assert slugs(next(stream)) == ["six"], "it goes on where it was"


@pytest.mark.one_engine
def test_much_comes_page_by_page_and_the_same_as_without_a_stream(kb: Corpus) -> None:
    publish(kb, *(f"number-{number}" for number in range(7)))
    found: list[Any] = []
    has_more = True
    with listening(kb, "since=0&per_page=3") as stream:
        next(stream)
        while has_more:
            page = json.loads(next(stream)["data"])
            found += page["results"]
            has_more = page["meta"]["has_more"]
    assert found == kb.client.json("/v1/changes?since=0&per_page=500")["results"]


@pytest.mark.one_engine
def test_what_changes_elsewhere_only_moves_the_position_on(kb: Corpus) -> None:
    since = kb.client.json("/v1/changes?since=0")["meta"]["next"]
    with listening(kb, f"since={since}&collection=events") as stream:
        next(stream)
        beginning = next(stream)
        assert set(beginning) == {"comment", "id"}
        wait_until(lambda: waiting(kb) == 1)
        publish(kb, "one")
        moved = next(stream)
        assert set(moved) == {"comment", "id"}
        assert moved["id"] != beginning["id"]


@pytest.mark.one_engine
def test_so_many_streams_of_one_client_and_what_is_wrong_is_said_before_it_begins(kb: Corpus) -> None:
    base = kb.service.settings.base
    problem(httpx.get(f"{base}/v1/changes", headers=EVENTS), 400)
    wrong = problem(httpx.get(f"{base}/v1/changes?since=0", headers={**EVENTS, "Last-Event-ID": "nonsense"}), 400)
    assert wrong["errors"][0]["parameter"] == "Last-Event-ID"
    problem(httpx.get(f"{base}/v1/changes?since=2147483647", headers=EVENTS), 410)
    streams = [listening(kb) for _ in range(PER_CLIENT[Pool.anonymous])]
    for stream in streams:
        stream.__enter__()
    wait_until(lambda: waiting(kb) == len(streams))
    refused = httpx.get(f"{base}/v1/changes?since=0", headers=EVENTS)
    problem(refused, 429)
    assert int(refused.headers["retry-after"]) > 0
    for stream in streams:
        stream.__exit__(None, None, None)
    wait_until(lambda: waiting(kb) == 0)


@pytest.mark.one_engine
def test_head_has_the_header_fields_of_get(kb: Corpus) -> None:
    answer = httpx.head(f"{kb.service.settings.base}/v1/changes?since=0", headers=EVENTS)
    assert (answer.status_code, answer.content) == (200, b"")
    wait_until(lambda: waiting(kb) == 0)
