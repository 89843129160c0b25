"""The middleware stack around the application, outermost first: request log, concurrency of clients behind proxies,
request limits, methods, response cache, URL validation, direct routes."""

from collections.abc import Callable, Collection

from fastapi import FastAPI
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from app.http.cache.response_cache import AssumeRevision, ReadRevision, ResponseCache, assume_nothing
from app.http.cache.stale_responses import LastKnownRevision
from app.http.cache.variants import NegotiateFormat
from app.http.client_address import ClientAddressResolver
from app.http.config import HttpConfig
from app.http.logging.access_log import AccessLog
from app.http.methods import MethodsMiddleware
from app.http.middleware.client_concurrency import ClientConcurrencyMiddleware
from app.http.middleware.direct_routes import DirectRoutes
from app.http.middleware.fast_path import CurrentRevision
from app.http.middleware.practice import PracticeMiddleware
from app.http.middleware.request_checks import RequestChecks
from app.http.middleware.request_limits import RequestLimitsMiddleware
from app.http.middleware.request_log import RequestLogMiddleware
from app.http.middleware.url_validation import UrlValidationMiddleware
from app.http.problems.handlers import ProblemHandlers
from app.kit.clock import Clock, utc_now

MAX_CONNECTIONS_PER_CLIENT = 100


def build_stack(
    app: FastAPI,
    config: HttpConfig,
    *,
    revision: ReadRevision,
    assume: AssumeRevision = assume_nothing,
    negotiated: NegotiateFormat,
    max_bytes: int,
    clock: Clock = utc_now,
    log: AccessLog | None = None,
    current_revision: CurrentRevision | None = None,
    client_addresses: ClientAddressResolver | None = None,
    max_connections_per_client: int = MAX_CONNECTIONS_PER_CLIENT,
    last_known: LastKnownRevision | None = None,
    traced: Callable[[ASGIApp], ASGIApp] = lambda application: application,
    direct: Collection[BaseRoute] = (),
) -> RequestLogMiddleware:
    """What the server should run instead of `app`, which gets its error handlers here, so before its first request.
    `max_bytes` bounds the response cache; `revision`, `assume`, `negotiated` and `last_known` are for it as well.
    Clients behind the proxies of `client_addresses` may have `max_connections_per_client` requests in progress each.
    `traced` is put around what makes an answer that the cache has not; routes of `app` that are `direct` need nothing
    that FastAPI puts around them."""
    problems = ProblemHandlers(config)
    problems.install(app)
    passed = (*config.private, *config.uncached, *config.any_host)
    application: ASGIApp = UrlValidationMiddleware(DirectRoutes(app, direct, problems))
    if config.practice:
        application = PracticeMiddleware(application)
    application = traced(application)
    response_cache = ResponseCache(
        application,
        revision,
        negotiated,
        max_bytes,
        clock,
        assume=assume,
        private=passed,
        last_known=last_known,
        shared_seconds=config.shared_cache_seconds,
        fixed=config.fixed,
    )
    checks = RequestChecks(config)
    layers: ASGIApp = RequestLimitsMiddleware(MethodsMiddleware(response_cache, app.routes, config), config, checks)
    if client_addresses is not None and client_addresses.proxies:
        layers = ClientConcurrencyMiddleware(layers, client_addresses, max_connections_per_client)
    return RequestLogMiddleware(
        layers,
        other=app,
        response_cache=response_cache,
        config=config,
        checks=checks,
        problems=problems,
        log=log,
        current_revision=current_revision,
    )
