"""The composition root: everything is made here, from settings, and handed on."""

import sys
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from app.catalogue.registry import EVERYTHING, SHAPES
from app.config.settings import Settings
from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.documents.heads import Head, SqliteHead, watch_head
from app.http import problem_pages
from app.http.access_log import AccessLog
from app.http.docs_page import docs_routes
from app.http.edge import wrap
from app.http.headers import PUBLIC
from app.http.manners import Manners
from app.kit.clock import Clock, utc_now
from app.ops.health import health_router
from app.reading.addresses import Addresses
from app.reading.describing import OpenApi
from app.reading.representing import accepted_names
from app.reading.router import Reading
from app.search.index import Index
from app.search.layout import Layout

VERSION = "0.1.0"


@dataclass(frozen=True)
class Service:
    """The application as the server runs it (`asgi`), and the parts that commands and tests use."""

    asgi: ASGIApp
    api: FastAPI
    index: Index
    sessions: Sessions
    head: Head
    settings: Settings
    described: OpenApi

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.asgi(scope, receive, send)

    def close(self) -> None:
        self.head.close()
        self.index.close()
        self.sessions.engine.dispose()


def create_app(settings: Settings, *, clock: Clock = utc_now) -> Service:
    """The whole service over a migrated database; the index is filled before the first request can come."""
    sessions = Sessions(make_engine(settings.database_url))
    head = watch_head(sessions.engine)
    addresses = Addresses(settings.base)
    layout = Layout(SHAPES, EVERYTHING)
    index = Index(sessions, head, layout, addresses.absolute, settings.document_memory)
    index.warm()
    api = FastAPI(title=settings.title, version=VERSION, openapi_url=None, docs_url=None, redoc_url=None)
    api.router.redirect_slashes = False
    api.router.routes.extend(docs_routes(settings.title))
    api.include_router(problem_pages.router, tags=["explore"])
    api.include_router(health_router(sessions, index))
    described = OpenApi(api, VERSION, _about(settings), settings.base)
    api.router.routes.append(_openapi_route(described, index))
    api.router.routes.extend(Reading(index, addresses, _about(settings)).routes())
    manners = Manners(
        base_url=settings.base,
        origins=frozenset(settings.staff_origins),
        hosts=frozenset(settings.allowed_hosts),
        max_body=settings.max_body,
    )
    asgi = wrap(
        api,
        manners,
        head=head,
        head_now=head.read if isinstance(head, SqliteHead) else None,
        negotiated=accepted_names,
        max_bytes=settings.answer_memory,
        clock=clock,
        log=AccessLog(sys.stdout) if settings.access_log else None,
    )
    return Service(asgi, api, index, sessions, head, settings, described)


def _about(settings: Settings) -> dict[str, Any]:
    return {
        "title": settings.title,
        "description": settings.description,
        "licence": settings.licence,
        "contact": settings.contact,
    }


def _openapi_route(described: OpenApi, index: Index) -> Route:
    async def openapi(_: Any) -> Response:
        body = described.document(await index.fresh())
        return Response(body, 200, {"Cache-Control": PUBLIC}, "application/json")

    return Route("/openapi.json", openapi, methods=["GET"], include_in_schema=False)
