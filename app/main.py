"""The composition root: builds the service from the settings, and wires its parts."""

import logging
from dataclasses import dataclass
from functools import partial

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.assistants import composition as assistants
from app.catalogue.registry import ALL_ENTRIES, SEARCH_SCHEMAS
from app.config.settings import Settings
from app.config.version import VERSION
from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.db.timeouts import PUBLISHED_REVISION, READS, REPLICA, WRITES
from app.documents.readers import open_document_reader
from app.documents.revision_watcher import RevisionWatcher, SqliteRevisionWatcher, assumed, watch_revision
from app.harvest.changes_router import CHANGES_ROUTES
from app.harvest.context import HarvestContext
from app.harvest.description import describe_harvest
from app.harvest.dump_catalogue import LICENCES
from app.harvest.dump_router import DUMP_ROUTES
from app.harvest.dump_router import PATH as DUMP_PATH
from app.harvest.oai.repository import Repository
from app.harvest.oai.router import OAI_ROUTES
from app.http.cache.stale_responses import LastKnownRevision
from app.http.client_address import ClientAddressResolver
from app.http.config import HttpConfig
from app.http.docs import page as docs_page
from app.http.docs.page import DocsPage
from app.http.logging.access_log import AccessLog
from app.http.middleware.request_log import RequestLogMiddleware
from app.http.middleware.stack import build_stack
from app.http.readers import ReaderIdentifier
from app.http.services import Services
from app.intake.api.router import router as imports_router
from app.intake.doi_lookup import LookUps
from app.kit.clock import Clock, utc_now
from app.mailing.api import (
    announcements_router,
    bounce_reports_router,
    deliveries_router,
    manage_pages,
    signup_pages,
    subscribers_router,
    unsubscribe_router,
)
from app.mailing.api import subscriptions_router as subscriptions
from app.mailing.campaigns.announcements import planned_mails
from app.mailing.campaigns.digest_recipients import count_digest_recipients
from app.mailing.content.entries import PublishedEntries
from app.mailing.content.links import CONFIRM, MANAGE, NEVER_AGAIN, UNSUBSCRIBE
from app.mailing.context import MailContext, make_mail_context
from app.mailing.subscriptions.broken_queries import pending_broken_queries
from app.openapi import router as openapi_router
from app.openapi.document import OpenApiDocument, api_info
from app.openapi.staff.operations import describe_staff
from app.ops import health, security_txt
from app.ops.health import Readiness, StatusDetail
from app.ops.links import router as links_router
from app.ops.request_observers import make_access_log
from app.ops.security_txt import SecurityText, security_text
from app.ops.tracing.loader import NO_TELEMETRY, Tracing, load_tracing
from app.ops.usage import router as usage_router
from app.ops.usage.recorder import UsageRecorder
from app.ops.usage.summaries import UsageSummaries
from app.pages import assets
from app.pages.assets import Assets
from app.pages.context import PageContext
from app.pages.description import pages_description
from app.pages.endpoints import accessibility_page, guide_pages, problem_pages
from app.pages.endpoints.docs_page import make_docs_page
from app.pages.page_routes import FIXED_PATHS, PAGE_ROUTES
from app.pages.site import Website, make_site
from app.reading.content.citations import Citations
from app.reading.context import ReadingContext
from app.reading.requests.content_negotiation import preferred_formats
from app.reading.requests.urls import PageUrls, UrlBuilder
from app.reading.router import ROUTES
from app.search.index.index_folder import IndexFolder
from app.search.index.live_index import Index
from app.search.meaning.model import load_meaning_model
from app.search.query.schema_registry import SchemaRegistry
from app.staff.api import router as staff_router
from app.staff.api.router import PENDING_COUNTS, PendingWork
from app.staff.auth.context import StaffContext
from app.staff.workflow.publishing_effects import Recipients
from app.webhooks import router as webhooks_router
from app.webhooks.composition import add_webhooks
from app.websub.pings import hub_of
from app.worker import make_outbound

_LOG = logging.getLogger(__name__)
IMPORT_PREFIX = "/v1/staff/import"
SECRET_PREFIXES = ("/v1/staff/keys/", CONFIRM, MANAGE, NEVER_AGAIN, UNSUBSCRIBE)
"""Below these a path may hold a secret, or what somebody pasted by mistake: the access log shows the prefix only."""
UNCACHED_PREFIXES = ("/v1/subscriptions", UNSUBSCRIBE, "/subscribe", "/usage", "/v1/usage", DUMP_PATH, "/mcp")
"""Responses below these are never cached."""

ROUTERS = (
    docs_page.router,
    problem_pages.router,
    assets.router,
    accessibility_page.router,
    guide_pages.router,
    health.router,
    subscriptions.router,
    signup_pages.router,
    manage_pages.router,
    bounce_reports_router.router,
    unsubscribe_router.page_router,
    unsubscribe_router.unsubscribe_router,
    openapi_router.router,
    staff_router.router,
    *staff_router.RESOURCE_ROUTERS,
    imports_router,
    links_router.router,
    *usage_router.ROUTERS,
    subscribers_router.router,
    announcements_router.router,
    deliveries_router.router,
    webhooks_router.router,
    *staff_router.OTHER_ROUTERS,
)


@dataclass(frozen=True)
class Service:
    """The application as the server runs it (`asgi`), and the parts that commands and tests use."""

    asgi: RequestLogMiddleware
    api: FastAPI
    index: Index
    sessions: Sessions
    revision_watcher: RevisionWatcher
    settings: Settings
    services: Services
    access_log: AccessLog
    tracing: Tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.asgi(scope, receive, send)

    def close(self) -> None:
        self.access_log.close()
        self.services[StaffContext].close()
        self.services[UsageRecorder].close()
        self.services[LookUps].close()
        self.tracing.close()
        self.revision_watcher.close()
        self.services[Readiness].close()
        self.index.close()
        self.sessions.dispose()


def create_app(settings: Settings, *, clock: Clock = utc_now) -> Service:
    """The whole service over a migrated database; the index is built before the first request can arrive."""
    sessions = Sessions(make_engine(settings.database_url, READS), make_engine(settings.database_url, WRITES))
    probing = make_engine(settings.database_url, PUBLISHED_REVISION, pool_size=3, max_overflow=0, pre_ping=False)
    revision_watcher = watch_revision(probing)
    addresses = UrlBuilder(settings.base, settings.pages_url)
    registry = SchemaRegistry(SEARCH_SCHEMAS, ALL_ENTRIES)
    meaning = load_meaning_model() if settings.meaning else None
    stored = IndexFolder(settings.index, registry)
    replica = make_engine(settings.replica_url, REPLICA) if settings.replica_url else None
    fetch = open_document_reader(sessions.engine, replica)
    memory = settings.document_memory
    index = Index(sessions, revision_watcher, registry, addresses.absolute, memory, fetch, meaning, stored)
    index.warm()
    services = _make_services(settings, clock, sessions, index)
    services.add(Readiness, Readiness(probing, revision_watcher, index))
    services.add(StatusDetail, StatusDetail(services[StaffContext], settings, VERSION))
    published = services.add(
        PublishedEntries, PublishedEntries(sessions, registry, PageUrls(settings.pages), lambda: index)
    )
    services.add(Recipients, Recipients(partial(count_digest_recipients, published)))
    citations = Citations(index, addresses.pages_elsewhere)
    reading = ReadingContext(index, addresses, api_info(settings), citations, settings.max_export, hub_of(settings))
    services.add(ReadingContext, reading)
    services.add(HarvestContext, HarvestContext(index, addresses, settings.dumps, settings.max_connections // 2))
    licence = f"{LICENCES}{settings.licence}"
    services.add(Repository, Repository(settings.title, addresses, settings.admin_email, licence, clock))
    services.add(PageContext, PageContext(index, services[Website], addresses, citations, settings.count_links))
    services.add(UsageSummaries, UsageSummaries(sessions, clock, settings.public_usage))
    assistants.add_services(services, settings, VERSION)
    add_webhooks(services, settings)
    api = _make_api(settings, services, security_text(settings, clock))
    access_log = make_access_log(settings, services, api, sessions, clock, VERSION, SECRET_PREFIXES)
    tracing = load_tracing(settings, VERSION)
    asgi = build_stack(
        api,
        _http_config(settings),
        revision=revision_watcher,
        assume=assumed,
        current_revision=revision_watcher.read_now if isinstance(revision_watcher, SqliteRevisionWatcher) else None,
        negotiated=preferred_formats,
        max_bytes=settings.response_memory,
        clock=clock,
        log=access_log,
        client_addresses=services[ClientAddressResolver],
        max_connections_per_client=settings.max_connections_per_client,
        last_known=LastKnownRevision(settings.stale_if_error) if settings.stale_if_error else None,
        traced=partial(tracing.application, routes=api.routes),
        direct=ROUTES,
    )
    return Service(asgi, api, index, sessions, revision_watcher, settings, services, access_log, tracing)


def _make_services(settings: Settings, clock: Clock, sessions: Sessions, index: Index) -> Services:
    services = Services()
    services.add(Index, index)
    services.add(ClientAddressResolver, ClientAddressResolver(settings.trusted_proxies))
    site_assets = services.add(Assets, Assets(settings))
    services.add(Website, make_site(settings, site_assets))
    services.add(DocsPage, make_docs_page(settings.title, settings.timezone, practice=settings.practice))
    services.add(MailContext, make_mail_context(sessions, settings, clock))
    services.add(LookUps, LookUps(make_outbound(settings)))
    counts = (*PENDING_COUNTS, links_router.broken_links, pending_broken_queries)
    services.add(PendingWork, PendingWork(counts, links_router.entries_with_broken_links, planned_mails))
    services.add(
        StaffContext,
        StaffContext(
            sessions,
            clock,
            settings.base,
            requests_per_minute=settings.key_rate_limit,
            failures_per_minute=settings.invalid_key_rate_limit,
            four_eyes=settings.four_eyes,
        ),
    )
    services.add(ReaderIdentifier, ReaderIdentifier(services[StaffContext].partner_key))
    return services


def _make_api(settings: Settings, services: Services, text: SecurityText | None) -> FastAPI:
    """Public reading routes come first, for every request is compared with each route before its own, and pages last.

    FastAPI gets the routes of all routers as they are: `include_router` would create each anew for every application
    (90 ms) and compare each path twice.
    """
    routers = (*ROUTERS, *(() if text is None else (security_txt.router,)))
    routes = [
        *CHANGES_ROUTES,
        *DUMP_ROUTES,
        *OAI_ROUTES,
        *assistants.assistant_routes(settings),
        *ROUTES,
        *(route for router in routers for route in router.routes),
        *PAGE_ROUTES,
    ]
    api = FastAPI(
        title=settings.title,
        version=VERSION,
        routes=routes,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        telemetry=NO_TELEMETRY,
    )
    api.router.redirect_slashes = False
    api.state.services = services
    own = (describe_staff, describe_harvest, pages_description(settings.base))
    describers = (*own, *assistants.assistant_descriptions(settings))
    described = OpenApiDocument(api, VERSION, api_info(settings), settings.base, describers)
    services.add(OpenApiDocument, described)
    api.openapi = partial(described.current, services[Index])  # type: ignore[method-assign]  # FastAPI's own hook
    if text is not None:
        if text.has_expired:
            _LOG.warning("KB_SECURITY_EXPIRES has passed: %s is not served", security_txt.PATH)
        services.add(SecurityText, text)
    return api


def _http_config(settings: Settings) -> HttpConfig:
    return HttpConfig(
        base_url=settings.base,
        origins=frozenset(settings.staff_origins),
        hosts=frozenset(settings.allowed_hosts),
        max_body=settings.max_body,
        shared_cache_seconds=settings.shared_cache_seconds,
        max_body_by_prefix={IMPORT_PREFIX: settings.max_import, **assistants.BODY_LIMITS},
        uncached=UNCACHED_PREFIXES,
        fixed=FIXED_PATHS,
        practice=settings.practice,
    )
