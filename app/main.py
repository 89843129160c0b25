"""The composition root: everything is made here, from settings, and handed on."""

import asyncio
import logging
import sys
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from app.catalogue.registry import EVERYTHING, SHAPES
from app.config.settings import Settings
from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.db.timeouts import PUBLISHED_REVISION, READS, WRITES
from app.documents.heads import Head, SqliteHead, assumed, watch_head
from app.http import problem_pages
from app.http.access_log import AccessLog
from app.http.docs_page import docs_routes
from app.http.edge import wrap
from app.http.headers import PUBLIC
from app.http.manners import Manners
from app.http.senders import Senders
from app.http.stale import LastKnown
from app.intake import jobs as imports
from app.intake import pruning as old_imports
from app.intake.looking_up import LookUps
from app.intake.router import router as imports_router
from app.jobs.kinds import JobKind, by_name
from app.jobs.periodic import Periodic
from app.jobs.pruning import PRUNING
from app.jobs.working import Worker
from app.kit.clock import Clock, utc_now
from app.mailing import (
    deliveries_router,
    manage_pages,
    page_router,
    people_router,
    reports_router,
    unsubscribe_router,
    updates_router,
    vanished,
)
from app.mailing import router as subscriptions
from app.mailing.erasure import scrub_job
from app.mailing.library import Library
from app.mailing.links import CONFIRM, MANAGE, NEVER_AGAIN, UNSUBSCRIBE
from app.mailing.office import make_office
from app.mailing.post import make_post
from app.mailing.retention import forgetting
from app.mailing.signing_up import sign_up_job
from app.mailing.work import sending_jobs, sending_tasks
from app.openapi.document import OpenApiDocument, Part
from app.ops import health, links_router, security_txt
from app.ops.health import Readiness
from app.ops.link_checking import link_job, weekly
from app.ops.link_visits import PRODUCT, Visitor
from app.ops.security_txt import SecurityText, security_text
from app.outbound.client import Outbound
from app.reading.addresses import Addresses
from app.reading.representing import accepted_names
from app.reading.router import Reading
from app.search.index import Index
from app.search.layout import Layout
from app.staff.describing import describe_staff
from app.staff.desk import Desk
from app.staff.idempotency import FORGETTING
from app.staff.router import staff_routes
from app.staff.scheduling import PUBLISHING

_LOG = logging.getLogger(__name__)
VERSION = "0.1.0"
IMPORTING = "/v1/staff/import"
PERSONAL = ("/v1/staff/keys/", CONFIRM, MANAGE, NEVER_AGAIN, UNSUBSCRIBE)
"""Below these an address may hold a secret, or what somebody pasted by mistake: the access log does not show it."""
SUBSCRIBING = ("/v1/subscriptions", UNSUBSCRIBE, "/subscribe")
"""Below these nothing is ever kept."""

SUBSCRIBERS = (
    subscriptions.router,
    page_router.router,
    manage_pages.router,
    reports_router.router,
    unsubscribe_router.shown_router,
    unsubscribe_router.acting_router,
)


@dataclass(frozen=True)
class Service:
    """The application as the server runs it (`asgi`), and the parts that commands and tests use."""

    asgi: ASGIApp
    api: FastAPI
    index: Index
    sessions: Sessions
    head: Head
    settings: Settings
    described: OpenApiDocument
    desk: Desk
    readiness: Readiness
    look_ups: LookUps

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.asgi(scope, receive, send)

    def close(self) -> None:
        self.desk.close()
        self.look_ups.close()
        self.head.close()
        self.readiness.close()
        self.index.close()
        self.sessions.dispose()


def create_app(settings: Settings, *, clock: Clock = utc_now) -> Service:
    """The whole service over a migrated database; the index is filled before the first request can come."""
    sessions = Sessions(make_engine(settings.database_url, READS), make_engine(settings.database_url, WRITES))
    probing = make_engine(settings.database_url, PUBLISHED_REVISION, pool_size=3, max_overflow=0, pre_ping=False)
    head = watch_head(probing)
    addresses = Addresses(settings.base)
    layout = Layout(SHAPES, EVERYTHING)
    index = Index(sessions, head, layout, addresses.absolute, settings.document_memory)
    index.warm()
    api = FastAPI(title=settings.title, version=VERSION, openapi_url=None, docs_url=None, redoc_url=None)
    api.router.redirect_slashes = False
    api.router.routes.extend(docs_routes(settings.title))
    api.include_router(problem_pages.router, tags=["explore"])
    api.include_router(health.router)
    _tell_where_to_report(api, security_text(settings, clock))
    desk = Desk(
        sessions,
        clock,
        settings.base,
        pace=settings.key_pace,
        failures=settings.key_failures,
        four_eyes=settings.four_eyes,
    )
    api.state.desk = desk
    api.state.senders = Senders(settings.trusted_proxies)
    api.state.office = make_office(sessions, settings, clock)
    api.state.index = index
    api.state.head = head
    readiness = api.state.readiness = Readiness(probing, head, index)
    look_ups = api.state.look_ups = LookUps(make_outbound(settings))
    api.state.library = Library(sessions, layout, settings.base, lambda: index)
    api.router.routes.extend(route for each in SUBSCRIBERS for route in each.routes)
    described = OpenApiDocument(api, VERSION, _about(settings), settings.base, describe_staff)
    api.router.routes.extend(_openapi_routes(described, index))
    api.router.routes.extend(staff_routes(_staff_routers(settings), [links_router.broken_links, vanished.awaiting]))
    reading = Reading(index, addresses, _about(settings), _taken(api))
    api.router.routes[:0] = reading.routes()  # first: each route before them is compared with what readers ask
    manners = Manners(
        base_url=settings.base,
        origins=frozenset(settings.staff_origins),
        hosts=frozenset(settings.allowed_hosts),
        max_body=settings.max_body,
        larger_bodies={IMPORTING: settings.max_import},
        unkept=SUBSCRIBING,
    )
    asgi = wrap(
        api,
        manners,
        head=head,
        head_now=head.read_now if isinstance(head, SqliteHead) else None,
        negotiated=accepted_names,
        max_bytes=settings.answer_memory,
        clock=clock,
        log=AccessLog(sys.stdout, PERSONAL) if settings.access_log else None,
        senders=api.state.senders,
        most_of_one=settings.max_connections_per_client,
        last_known=LastKnown(settings.stale_if_error, assumed) if settings.stale_if_error else None,
    )
    return Service(asgi, api, index, sessions, head, settings, described, desk, readiness, look_ups)


def _tell_where_to_report(api: FastAPI, text: SecurityText | None) -> None:
    if text is None:
        return
    if text.has_expired:
        _LOG.warning("KB_SECURITY_EXPIRES has passed: %s is not served", security_txt.PATH)
    api.state.security_text = text
    api.include_router(security_txt.router)


def _staff_routers(settings: Settings) -> tuple[APIRouter, ...]:
    return (
        imports_router,
        links_router.router,
        people_router.router,
        updates_router.router,
        deliveries_router.router,
    )


def background_sessions(service: Service) -> Sessions:
    """For a worker beside this service: what the service writes rings its bell, and neither waits for the other's
    connections."""
    return Sessions(make_engine(service.settings.database_url), after_write=service.sessions.after_write)


def make_worker(
    sessions: Sessions, settings: Settings, *, clock: Clock = utc_now, index: Index | None = None
) -> Worker:
    """All that is done later, over a migrated database. It does nothing until somebody starts it. Without an index of
    somebody else it makes one of its own when it needs one."""
    layout = Layout(SHAPES, EVERYTHING)
    library = Library(sessions, layout, settings.base, lambda: index or _own_index(sessions, settings, layout))
    post = make_post(make_office(sessions, settings, clock), library)
    kinds = (*_job_kinds(settings, clock), sign_up_job(post.office), scrub_job(post.office), *sending_jobs(post))
    tasks = (*_periodic_tasks(settings), *sending_tasks(post, layout))
    return Worker(sessions, by_name(*kinds), tasks, clock=clock, at_end=(post.transport.close,))


def _own_index(sessions: Sessions, settings: Settings, layout: Layout) -> Index:
    return Index(sessions, watch_head(sessions.engine), layout, Addresses(settings.base).absolute, memory=0)


def make_outbound(settings: Settings) -> Outbound:
    """For everything that is asked of other servers."""
    return Outbound(user_agent=f"{PRODUCT}/{VERSION} (+{settings.base})", enabled=settings.outbound)


def _job_kinds(settings: Settings, clock: Clock) -> tuple[JobKind, ...]:
    outbound = make_outbound(settings)
    return (link_job(Visitor(outbound.fetch, clock)), imports.JOB)


def _periodic_tasks(settings: Settings) -> tuple[Periodic, ...]:
    outside = (weekly(),) if settings.outbound else ()
    return (PUBLISHING, PRUNING, old_imports.PRUNING, FORGETTING, forgetting(settings), *outside)


def _taken(api: FastAPI) -> frozenset[str]:
    """What stands after `/v1/` in the addresses there are."""
    paths = (getattr(route, "path", "").split("/") for route in api.routes)
    return frozenset(path[2] for path in paths if path[1:2] == ["v1"] and len(path) > 2)


def _about(settings: Settings) -> dict[str, Any]:
    return {
        "title": settings.title,
        "description": settings.description,
        "licence": settings.licence,
        "contact": settings.contact,
    }


def _openapi_routes(described: OpenApiDocument, index: Index) -> list[Route]:
    """The whole document, and its two parts."""

    def route(path: str, part: Part) -> Route:
        async def openapi(_: Any) -> Response:
            body = await asyncio.to_thread(described.render, await index.fresh(), part)
            return Response(body, 200, {"Cache-Control": PUBLIC}, "application/json")

        return Route(path, openapi, methods=["GET"], include_in_schema=False)

    return [
        route("/openapi.json", Part.whole),
        route("/openapi/public.json", Part.public),
        route("/openapi/staff.json", Part.staff),
    ]
