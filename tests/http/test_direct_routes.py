"""Routes that are run without FastAPI's own middleware answer as with it."""

import asyncio
import logging
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.config import HttpConfig
from app.http.middleware import direct_routes
from app.http.middleware.stack import build_stack
from app.kit.errors import ContentTooLarge, Gone, NotFound, TooManyRequests, Unavailable

ERRORS: dict[str, Exception] = {
    "missing": NotFound("Nothing here."),
    "gone": Gone("It was here."),
    "busy": TooManyRequests("Slowly.", retry_after=7),
    "away": Unavailable("Not now.", retry_after=3),
    "large": ContentTooLarge("At most a little.", limit=9),
    "refused": HTTPException(418, headers={"X-Pot": "tea"}),
    "hung-up": ClientDisconnect(),
    "broken": RuntimeError("a secret"),
}


async def greet(request: Request) -> Response:
    parameters = request.path_params
    answer = f"{parameters['name']} {request.url.path} {request.query_params} {request.app.title}"
    parameters["name"] = "somebody else"
    return Response(answer, headers={"Cache-Control": "public"})


async def fail(request: Request) -> Response:
    raise ERRORS[request.path_params["kind"]]


async def break_off(request: Request) -> Response:
    async def text() -> Any:
        yield b"half of"
        raise RuntimeError("a secret")

    return StreamingResponse(text())


class World:
    def __init__(self, *, direct: bool) -> None:
        routes = [
            Route("/hello/{name}", greet, methods=["GET"]),
            Route("/fail/{kind}", fail, methods=["GET"]),
            Route("/half", break_off, methods=["GET"]),
        ]
        self.api = FastAPI(title="Manners", routes=list(routes), openapi_url=None)

        @self.api.get("/hello/{name}/more")
        async def more(name: str) -> dict[str, str]:
            return {"more": name}

        async def revision() -> int:
            return 1

        self.heard: list[Exception] = []

        def traced(application: ASGIApp) -> ASGIApp:
            async def listen(scope: Scope, receive: Receive, send: Send) -> None:
                try:
                    await application(scope, receive, send)
                except Exception as error:
                    self.heard.append(error)
                    raise

            return listen

        self.asgi = build_stack(
            self.api,
            HttpConfig(base_url="http://kb"),
            revision=revision,
            negotiated=lambda _: "",
            max_bytes=0,
            traced=traced,
            direct=routes if direct else (),
        )

    def ask(self, *requests: tuple[str, str], **scope: Any) -> list[tuple[int, dict[str, str], bytes]]:
        async def main() -> list[httpx.Response]:
            transport = httpx.ASGITransport(self.asgi, raise_app_exceptions=False, **scope)
            async with httpx.AsyncClient(transport=transport, base_url="http://kb") as client:
                headers = {"X-Request-ID": "the-same-for-all"}
                return [await client.request(*request, headers=headers) for request in requests]

        return [(each.status_code, dict(each.headers), each.content) for each in asyncio.run(main())]


@pytest.mark.parametrize(
    "path",
    [
        "/hello/you",
        "/hello/you?twice=1",
        "/hello/caf%C3%A9%20au%20lait",
        f"/hello/{'x' * 300}",
        "/hello/you/more",
        "/hello",
        "/half",
        *(f"/fail/{name}" for name in ERRORS),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_direct_routes_answer_as_others(method: str, path: str) -> None:
    requests = [(method, path)] * 3
    direct, other = (World(direct=each) for each in (True, False))
    answers, expected = direct.ask(*requests), other.ask(*requests)
    assert answers == expected
    assert answers[0] == answers[2]
    assert list(map(repr, direct.heard)) == list(map(repr, other.heard))


def test_a_path_is_compared_with_the_routes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    matches = Route.matches

    def count(self: Route, scope: Any) -> Any:
        compared.append(scope["path"])
        return matches(self, scope)

    monkeypatch.setattr(Route, "matches", count)
    long = f"/hello/{'x' * direct_routes.MAX_LENGTH}"
    World(direct=True).ask(("GET", "/hello/you"), ("GET", "/hello/you?a=1"), ("GET", long), ("GET", f"{long}?a=1"))
    assert compared == ["/hello/you", long, long]


def test_what_nobody_foresaw_is_in_the_log_once_and_traced(caplog: pytest.LogCaptureFixture) -> None:
    world = World(direct=True)
    with caplog.at_level(logging.ERROR):
        ((status, _, body),) = world.ask(("GET", "/fail/broken"))
    assert status == 500
    assert b"secret" not in body
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [ERRORS["broken"]]
    assert world.heard == [ERRORS["broken"]]


def test_below_another_root_the_application_decides() -> None:
    direct, other = (World(direct=each).ask(("GET", "/hello/you"), root_path="/hello") for each in (True, False))
    assert direct == other
