"""The routes of what readers send: strict JSON, or a form with the same members."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from app.http.bodies import JSON, RouteHandler, media_type_of, model_of, parse_pairs, read_json
from app.http.client_address import client_address
from app.http.problems.handlers import map_exception
from app.http.problems.problem_types import problem_type_of
from app.http.rate_limits import count_request
from app.http.services import service, services_of
from app.kit.errors import AppError, ContentTooLarge, ErrorDetail, Invalid, Malformed, TooManyRequests, Unavailable
from app.kit.rate_limiter import rate_limit_headers
from app.kit.text.characters import ControlCharacterError, reject_control_characters
from app.mailing.context import MailContext
from app.pages.rendering import render_page
from app.search.index.live_index import Index

FORM: Final = ("application/x-www-form-urlencoded",)
MAX_FIELDS: Final = 200
MAX_FORM_SIZE: Final = 64 * 1024
"""Bytes."""
SINGLE_FIELDS: Final = frozenset({"address", "frequency", "language", "wording", "form", "website", "collection", "q"})
"""Fields of a form that may come once; `presets` may be repeated, and all others are filters of a query."""

FormFields = list[tuple[str, str]]
CurrentMailContext = Annotated[MailContext, service(MailContext)]


class MailRoute(APIRoute):
    """`request.state.form` tells the handler whether to answer with a page; errors are pages then, too.

    A writing request is counted by client address first, and then waits for a free write slot: see
    `MailContext.request_limiter` and `MailContext.writers`.
    """

    pages_only = False
    is_counted = True

    def get_route_handler(self) -> RouteHandler:
        inner = super().get_route_handler()
        model = model_of(self.body_field)

        async def handle(request: Request) -> Response:
            request.state.form = self.pages_only or (self.body_field is not None and _sends_form(request))
            try:
                if self.is_counted and request.method != "GET":
                    _check_rate(request)
                if self.body_field is not None:
                    request = await _read(request, model)
                async with writing(request):
                    return await inner(request)
            except (RequestValidationError, AppError, SQLAlchemyError) as error:
                meaning = map_exception(error)
                if meaning is None or not request.state.form:
                    raise
                return problem_page(request, meaning)

        return handle


class MailPageRoute(MailRoute):
    """For requests that only browsers make: every answer is a page."""

    pages_only = True


class UnsubscribeRoute(MailRoute):
    """Without the rate limit: one mail service may unsubscribe many of its users from one address."""

    is_counted = False


@asynccontextmanager
async def writing(request: Request) -> AsyncIterator[None]:
    """A write slot, taken once the whole body has arrived; a GET request only checks that the database is available.
    Raises `Unavailable`."""
    await services_of(request)[Index].published_revision()
    if request.method == "GET":
        yield
        return
    await request.body()
    async with services_of(request)[MailContext].writers.acquire():
        yield


def _check_rate(request: Request) -> None:
    """Raises TooManyRequests."""
    limiter = services_of(request)[MailContext].request_limiter
    detail = "Too many requests came from your network in the last minute."
    count_request(request, limiter, client_address(request), detail)


async def raw_body(request: Request) -> bytes:
    """A dependency: the body as it was sent."""
    return await request.body()


def _sends_form(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() in FORM


async def _read(request: Request, model: TypeAdapter[Any] | None) -> Request:
    """A request with a body of JSON: this one, or a new one with the members of the form."""
    if media_type_of(request, (*JSON, *FORM)) in JSON:
        await read_json(request, model=model)
        return request
    return _with_json_body(request, json.dumps(as_json(form_pairs(await request.body()))).encode())


def form_pairs(body: bytes) -> FormFields:
    """The fields of a form. Raises ContentTooLarge, Malformed and Invalid."""
    if len(body) > MAX_FORM_SIZE:
        raise ContentTooLarge(f"A form may have at most {MAX_FORM_SIZE} bytes.", limit=MAX_FORM_SIZE)
    try:
        pairs = parse_pairs(body, MAX_FIELDS)
    except ValueError:  # UnicodeError is one
        raise Malformed("The form cannot be read.") from None
    try:
        return [(reject_control_characters(name), reject_control_characters(value)) for name, value in pairs]
    except ControlCharacterError as error:
        raise Invalid(str(error)) from None


def as_json(pairs: FormFields) -> dict[str, Any]:
    """The JSON of a sign-up form. Raises Invalid if a field occurs twice."""
    single: dict[str, str] = {}
    filters: dict[str, list[str]] = {}
    presets = [value for name, value in pairs if name == "presets" and value]
    for name, value in pairs:
        if name in single:
            raise Invalid("A field was sent twice.", errors=[ErrorDetail("repeated", "Once only.", pointer=f"/{name}")])
        if name in SINGLE_FIELDS:
            single[name] = value
        elif name != "presets" and value:
            filters.setdefault(name, []).append(value)
    collection, words = single.pop("collection", ""), single.pop("q", "")
    members = {"collection": collection, "filters": filters, "q": words}
    query = {name: value for name, value in members.items() if value}
    body: dict[str, Any] = {name: value for name, value in single.items() if value or name == "address"}
    return body | ({"presets": presets} if presets else {}) | ({"queries": [query]} if query else {})


def _with_json_body(request: Request, body: bytes) -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    others = [field for field in request.scope["headers"] if field[0] not in (b"content-type", b"content-length")]
    scope = {**request.scope, "headers": [*others, (b"content-type", b"application/json")]}
    return Request(scope, receive)


def problem_page(request: Request, error: AppError) -> Response:
    """The problem as a page."""
    lines = [error.detail, *(error.message for error in error.errors)]
    status = problem_type_of(type(error)).status
    site = services_of(request)[MailContext].site
    answer = render_page("message", site, status=status, title=error.title, lines=lines)
    if isinstance(error, TooManyRequests | Unavailable):
        answer.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, TooManyRequests):
        answer.headers.update(rate_limit_headers(error.quotas))
    return answer
