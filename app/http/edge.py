"""The layers around the application, outermost first: access, clients of proxies, limits, methods, front, addresses."""

from fastapi import FastAPI
from starlette.types import ASGIApp

from app.http.access import Access
from app.http.access_log import AccessLog
from app.http.addresses import Addresses
from app.http.front import Front, Head
from app.http.limits import Limits
from app.http.manners import Manners
from app.http.methods import Methods
from app.http.problems import Problems
from app.http.prompt import HeadNow
from app.http.proxied_clients import ProxiedClients
from app.http.request_checks import RequestChecks
from app.http.senders import Senders
from app.http.stale import LastKnown
from app.http.variants import Negotiated
from app.kit.clock import Clock, utc_now

MOST_OF_ONE = 100


def wrap(
    app: FastAPI,
    manners: Manners,
    *,
    head: Head,
    negotiated: Negotiated,
    max_bytes: int,
    clock: Clock = utc_now,
    log: AccessLog | None = None,
    head_now: HeadNow | None = None,
    senders: Senders | None = None,
    most_of_one: int = MOST_OF_ONE,
    last_known: LastKnown | None = None,
) -> Access:
    """What the server should run instead of `app`, which gets its error handlers here, so before its first
    request. `max_bytes` bounds the answers that are kept; `head`, `negotiated` and `last_known` are the front's."""
    problems = Problems(manners)
    problems.install(app)
    passed = (*manners.private, *manners.unkept, *manners.any_host)
    front = Front(Addresses(app), head, negotiated, max_bytes, clock, private=passed, last_known=last_known)
    checks = RequestChecks(manners)
    layers: ASGIApp = Limits(Methods(front, app.routes, manners), manners, checks)
    if senders is not None and senders.proxies:
        layers = ProxiedClients(layers, senders, most_of_one)
    return Access(
        layers,
        other=app,
        front=front,
        manners=manners,
        checks=checks,
        problems=problems,
        log=log,
        head_now=head_now,
    )
