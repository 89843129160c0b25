"""The layers together, in the places where only their order matters."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import Response

from app.http.config import HttpConfig
from app.http.middleware.stack import build_stack
from tests.http.conftest import Client, World


def test_the_lifespan_reaches_the_application() -> None:
    sent: list[dict[str, Any]] = []
    waiting = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    async def revision() -> int:
        raise AssertionError("asked")

    app = build_stack(FastAPI(), HttpConfig(base_url=""), revision=revision, negotiated=lambda _: "", max_bytes=0)
    asyncio.run(app({"type": "lifespan", "state": {}}, receive, send))
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_an_answer_that_was_made_while_the_revision_was_read_is_used() -> None:
    calls: list[int] = []
    made: list[int] = []
    answered = asyncio.Event()
    api = FastAPI()

    @api.get("/")
    async def page() -> Response:
        made.append(1)
        return Response("{}", headers={"Cache-Control": "public"})

    async def revision() -> int:
        calls.append(1)
        if len(calls) > 1:
            await answered.wait()
        return 1

    app = build_stack(api, HttpConfig(base_url=""), revision=revision, negotiated=lambda _: "", max_bytes=10_000)

    async def both() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://kb") as client:
            first, second = (asyncio.create_task(client.get("/")) for _ in range(2))
            earlier = await first
            answered.set()
            return [earlier, await second]

    assert [answer.status_code for answer in asyncio.run(both())] == [200, 200]
    assert (len(calls), len(made)) == (2, 1)


@pytest.mark.parametrize("error", [RuntimeError("no database"), OSError("no disk")])
def test_a_revision_that_cannot_be_read_is_a_problem_document(error: Exception) -> None:
    async def revision() -> int:
        raise error

    app = build_stack(FastAPI(), HttpConfig(base_url=""), revision=revision, negotiated=lambda _: "", max_bytes=0)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://kb") as client:
            return await client.get("/")

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert str(error) not in answer.text


def test_long_fields_are_understood_without_being_remembered(client: Client, world: World) -> None:
    long = ", ".join(f"text/x-{number}" for number in range(60)) + ", text/csv"
    for _ in range(2):
        assert client.get("/page", accept=long).status_code == 200
    assert world.calls == 1


def test_many_different_fields_are_understood(client: Client, world: World) -> None:
    for number in range(1100):
        client.get("/page", accept=f"text/x-{number}")
    assert world.calls == 1
