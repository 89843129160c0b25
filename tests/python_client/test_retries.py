"""What is tried again, how often, and after how long."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from knowledge_base_client import ApiError, AsyncKnowledgeBase, KnowledgeBase, Options, Retries

PROBLEM = {"type": "about:blank", "title": "Too many requests", "status": 429}
ADDRESS = "https://kb.example.org"

Answer = httpx.Response | Exception


def refusal(status: int = 429, **headers: str) -> httpx.Response:
    fields = {"content-type": "application/problem+json", **{n.replace("_", "-"): v for n, v in headers.items()}}
    return httpx.Response(status, json=PROBLEM | {"status": status}, headers=fields)


class Network:
    """The far side: gives these answers, one a request, and then success."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = [*answers]
        self.seen: list[httpx.Request] = []
        self.waits: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        answer = self.answers.pop(0) if self.answers else httpx.Response(200, json={"slug": "a"})
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def options(self) -> Options:
        async def sleep_async(seconds: float) -> None:
            self.waits.append(seconds)

        return Options(
            retries=Retries(sleep=self.waits.append, sleep_async=sleep_async, uniform=lambda least, most: most)
        )

    def ask(self, question: Callable[[KnowledgeBase], Any] = KnowledgeBase.overview) -> Any:
        with KnowledgeBase(ADDRESS, self.options, transport=httpx.MockTransport(self)) as kb:
            return question(kb)

    def ask_async(self) -> Any:
        async def get() -> Any:
            async with AsyncKnowledgeBase(ADDRESS, self.options, transport=httpx.MockTransport(self)) as kb:
                return await kb.overview()

        return asyncio.run(get())


def test_retry_after_is_obeyed_and_a_little_more() -> None:
    network = Network(refusal(retry_after="10"), refusal(503, retry_after="2"))
    assert network.ask() == {"slug": "a"}
    assert network.waits == [11, 2.2]


def test_a_date_is_understood_as_well() -> None:
    network = Network(refusal(retry_after=format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)))
    network.ask()
    assert 15 < network.waits[0] <= 21


def test_nobody_waits_for_an_hour() -> None:
    network = Network(refusal(retry_after="3600"))
    with pytest.raises(ApiError) as raised:
        network.ask()
    assert raised.value.response.headers["retry-after"] == "3600"
    assert network.waits == []


def test_without_it_the_waits_grow_and_end() -> None:
    network = Network(*[httpx.ConnectError("refused")] * 9)
    with pytest.raises(httpx.ConnectError):
        network.ask()
    assert network.waits == [0.5, 1, 2, 4]
    assert len(network.seen) == 5


def test_the_asynchronous_client_waits_alike() -> None:
    network = Network(refusal(retry_after="10"), httpx.ReadTimeout("late"), refusal(502))
    assert network.ask_async() == {"slug": "a"}
    assert network.waits == [11, 1, 2]
    network = Network(*[httpx.ConnectError("refused")] * 9)
    with pytest.raises(httpx.ConnectError):
        network.ask_async()
    assert len(network.seen) == 5


def test_what_will_not_pass_is_not_repeated() -> None:
    for status in (400, 401, 403, 409, 500):
        network = Network(refusal(status))
        with pytest.raises(ApiError):
            network.ask()
        assert len(network.seen) == 1


def test_what_creates_is_repeated_with_the_same_key_only() -> None:
    network = Network(httpx.ReadTimeout("late"), refusal(409))
    assert network.ask(lambda kb: kb.staff.create("publications", {"title": "A"})) == {"slug": "a"}
    keys = {request.headers["idempotency-key"] for request in network.seen}
    assert len(network.seen) == 3
    assert len(keys) == 1
    assert {request.content for request in network.seen} == {b'{"title":"A"}'}


def test_an_edit_is_not_repeated_and_a_search_is() -> None:
    network = Network(httpx.ReadTimeout("late"))
    with pytest.raises(httpx.ReadTimeout):
        network.ask(lambda kb: kb.staff.edit("publications", "a", 1, {"title": "B"}))
    network = Network(refusal(503), httpx.Response(200, json={"meta": {}, "results": [], "links": {}}))
    network.ask(lambda kb: kb.entries.search({"field": "kind", "value": "site"}))
    assert len(network.seen) == 2


def test_who_waits_for_a_change_has_time_enough() -> None:
    page = {"meta": {"has_more": False, "next": "x"}, "results": []}
    network = Network(httpx.Response(200, json=page))
    network.ask(lambda kb: list(kb.changes(1, wait=50)))
    assert network.seen[0].extensions["timeout"]["read"] == 80


def test_an_answer_of_something_between_is_no_problem_document() -> None:
    network = Network(httpx.Response(404, text="<html>nginx</html>"))
    with pytest.raises(ApiError, match="404 Not Found"):
        network.ask()
