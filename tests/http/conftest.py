"""A small service behind the real middleware stack: routes that answer like the public and the private part."""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI, Query, Request
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from app.config.settings import Settings
from app.http.bodies import MERGE_PATCH, read_json
from app.http.config import HttpConfig
from app.http.logging.access_log import AccessLog
from app.http.middleware.stack import build_stack
from app.http.services import Services
from app.kit.errors import Gone, Moved
from app.pages.assets import Assets
from app.pages.endpoints import problem_pages
from app.pages.site import Website, make_site

BASE = "https://kb.example.org"
CHANGED = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


class Note(BaseModel, extra="forbid"):
    kind: str
    size: int = 0


@dataclass
class World:
    """What the tests turn: the published revision, the hour, and the text that `/page` shows. `calls` counts the times
    that the application itself was asked."""

    revision: int = 1
    now: datetime = datetime(2026, 1, 2, tzinfo=UTC)
    text: str = "a" * 1000
    calls: int = 0
    seen: list[dict[str, str]] = field(default_factory=list)
    log: io.StringIO = field(default_factory=io.StringIO)


class Line(asyncio.Transport):
    """The far end of a connection, which reads everything at once."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False
        self.unread = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.closed = True

    abort = close

    def get_write_buffer_size(self) -> int:
        return self.unread

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        """Everything is given at once."""

    resume_reading = pause_reading

    def answers(self) -> list[bytes]:
        """Each without its id and its date."""
        heard = re.sub(rb"(x-request-id|date): [^\r]*\r\n", b"", self.written)
        return [b"HTTP/1.1" + part for part in heard.split(b"HTTP/1.1")[1:]]


class Client:
    """Asks the service as a server would, one request at a time."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def __call__(self, method: str, url: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._ask(method, url, options))

    def get(self, url: str, **headers: str) -> httpx.Response:
        """Header names are given with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self("GET", url, headers={"Accept-Encoding": "", **named})

    async def _ask(self, method: str, url: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            return await client.request(method, url, **options)


def make_api(world: World) -> FastAPI:
    """Public and private routes of every sort that the room has to deal with."""
    api = FastAPI(openapi_url=None)
    api.router.redirect_slashes = False
    settings = Settings(_env_file=None)
    api.state.services = Services()
    api.state.services.add(Website, make_site(settings, Assets(settings)))
    api.include_router(problem_pages.router)

    def public(body: str, **headers: str) -> Response:
        fields = {"Cache-Control": "public, no-cache", **headers}
        return Response(body, media_type="application/json", headers=fields)

    @api.get("/page")
    async def page(request: Request) -> Response:
        world.calls += 1
        world.seen.append(dict(request.headers))
        return public(world.text, **{"Last-Modified": "Thu, 01 Jan 2026 12:00:00 GMT"})

    @api.get("/accepted")
    async def accepted(request: Request) -> Response:
        return public(request.headers.get("accept", ""))

    @api.get("/cookie")
    async def cookie() -> Response:
        world.calls += 1
        return public("{}", **{"Set-Cookie": "a=b"})

    @api.get("/by-language")
    async def by_language() -> Response:
        world.calls += 1
        return public("{}", Vary="Accept-Language")

    @api.get("/counter")
    async def counter() -> dict[str, int]:
        world.calls += 1
        return {"calls": world.calls}

    @api.get("/large")
    async def large() -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(9):
                yield b"x" * 2**20

        return StreamingResponse(pieces(), headers={"Cache-Control": "public, no-cache"})

    @api.get("/gone")
    async def gone() -> None:
        world.calls += 1
        raise Gone(reason="a duplicate", date="2026-01-01", replacement=f"{BASE}/page")

    @api.get("/moved")
    async def moved() -> None:
        raise Moved(f"{BASE}/page")

    @api.get("/v1/staff/gone")
    async def gone_for_staff() -> None:
        raise Gone

    @api.get("/v1/staff/me")
    async def me(request: Request) -> Response:
        world.calls += 1
        return public(request.headers.get("authorization", "nobody"))

    @api.get("/broken")
    async def broken() -> None:
        raise RuntimeError("secret of the house")

    @api.get("/breaks-off")
    async def breaks_off() -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"half"
            raise RuntimeError("no more")

        return StreamingResponse(pieces(), headers={"Cache-Control": "no-store"})

    @api.get("/numbers")
    async def numbers(size: Annotated[int, Query()]) -> int:
        return size

    @api.post("/numbers")
    async def add_number(note: Note) -> Note:
        return note

    @api.api_route("/length", methods=["GET", "HEAD", "DELETE", "PUT", "QUERY"])
    async def length(request: Request) -> int:
        return len(await request.body())

    @api.post("/json")
    async def any_json(request: Request) -> Response:
        return Response(json.dumps(await read_json(request)), media_type="application/json")

    @api.patch("/json")
    async def patch_json(request: Request) -> Response:
        return Response(json.dumps(await read_json(request, MERGE_PATCH)), media_type="application/json")

    return api


Serve = Callable[..., Client]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def serve(world: World) -> Serve:
    """Make a client of a service with these manners."""

    def make(*, max_bytes: int = 2**20, log: AccessLog | None = None, **config: Any) -> Client:
        async def revision() -> int:
            return world.revision

        def negotiated(accept: bytes | None) -> str:
            return "csv" if accept and b"csv" in accept else "json"

        asgi = build_stack(
            make_api(world),
            HttpConfig(base_url=BASE, **config),
            revision=revision,
            negotiated=negotiated,
            max_bytes=max_bytes,
            clock=lambda: world.now,
            log=log,
        )
        return Client(asgi)

    return make


@pytest.fixture
def client(serve: Serve) -> Client:
    return serve()
