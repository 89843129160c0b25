"""`GET /v1/changes`: a page, or pages as they come."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.exports.formats import JSON
from app.exports.negotiation import negotiate
from app.harvest.changes import PATH, ChangesPage, ChangesRequest
from app.harvest.context import HarvestContext
from app.harvest.event_stream import LAST_EVENT, MEDIA_TYPE, ChangesStream
from app.harvest.positions import parse_position
from app.http.context import request_context
from app.http.headers import NO_STORE
from app.http.readers import identify_reader
from app.http.services import services_of
from app.kit.error_collector import ErrorCollector
from app.kit.errors import ErrorDetail, repeated
from app.reading.context import ReadingContext
from app.reading.requests.content_negotiation import negotiate_format
from app.reading.requests.list_request import parse_query_string
from app.reading.requests.urls import Pair
from app.reading.responses import headers
from app.reading.routing import PublicRoute, check_collection

PER_PAGE: Final = 100
MAX_PER_PAGE: Final = 500
MAX_WAIT: Final = 60
"""Seconds."""
OWN: Final = ("since", "collection", "include", "per_page", "wait")


async def list_changes(context: ReadingContext, request: Request) -> Response:
    accept = request.headers.get("accept")
    is_stream = negotiate(accept, (JSON.media_type, MEDIA_TYPE)) == MEDIA_TYPE
    if not is_stream:
        negotiate_format(None, (), accept, (JSON,))
    last_event = request.headers.get(LAST_EVENT) if is_stream else None
    changes_request = parse_changes_request(parse_query_string(request.scope["query_string"]), context, last_event)
    if changes_request.collection is not None:
        check_collection(await context.index.latest_snapshot(), changes_request.collection)
    harvest = services_of(request)[HarvestContext]
    if is_stream:
        changes_request = replace(changes_request, wait=0)
    page = await harvest.page(changes_request)
    if is_stream:
        return ChangesStream(harvest, changes_request, page, await identify_reader(request))
    if page.count or not changes_request.wait:
        return _response(page)
    with harvest.signal.places.place(await identify_reader(request)) as quota:
        request_context(request.scope).quotas = (quota,)
        await harvest.signal.wait(page.revision, changes_request.wait, request.receive)
    answer = _response(await harvest.page(changes_request))
    answer.headers["Cache-Control"] = NO_STORE
    return answer


def _response(page: ChangesPage) -> Response:
    return Response(page.body, 200, headers(page.modified), "application/json")


def parse_changes_request(
    pairs: Sequence[Pair], context: ReadingContext, last_event: str | None = None
) -> ChangesRequest:
    """`last_event` takes precedence over `since`: it is the position of a client that reconnects. Raises `BadQuery`;
    errors in the filters are raised when they are evaluated."""
    errors = ErrorCollector()
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            errors.add(repeated(name))
        if name in OWN:
            given[name] = value
    filters = tuple(pair for pair in pairs if pair[0] not in OWN)
    if any(name == "sort" for name, _ in filters):
        errors.add(ErrorDetail("unknown-parameter", "Changes come in the order of their commits.", parameter="sort"))
    since = last_event or given.get("since", "")
    try:
        position = parse_position(since)
    except ValueError:
        message = "Must be the number of a revision, or `meta.next` of an earlier response."
        named = "Last-Event-ID" if last_event else "since"
        errors.add(ErrorDetail("invalid-cursor" if since else "missing", message, parameter=named))
        position = parse_position("0")
    if given.get("include", "document") != "document":
        errors.add(ErrorDetail("unknown-value", "Must be `document`.", parameter="include", allowed=("document",)))
    per_page = _number(errors, given, "per_page", PER_PAGE, 1, MAX_PER_PAGE)
    wait = _number(errors, given, "wait", 0, 0, MAX_WAIT)
    errors.check()
    everything = context.index.snapshot.registry.everything
    collection = given.get("collection", everything if filters else None)
    return ChangesRequest(position, since, per_page, "include" in given, wait, collection, filters)


def _number(errors: ErrorCollector, given: dict[str, str], name: str, usual: int, least: int, most: int) -> int:
    text = given.get(name, str(usual))
    if text.isascii() and text.isdigit() and len(text) < 4 and least <= int(text) <= most:
        return int(text)
    errors.add(ErrorDetail("out-of-range", f"Must be a whole number from {least} to {most}.", parameter=name))
    return usual


CHANGES_ROUTES: Final = (PublicRoute(PATH, list_changes, "GET"),)
