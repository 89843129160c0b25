"""`/oai`, by GET and POST."""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.harvest.oai.repository import PATH, Repository
from app.http.bodies import media_type_of, parse_pairs
from app.http.services import services_of
from app.kit.errors import BadQuery
from app.reading.context import ReadingContext
from app.reading.requests.list_request import parse_query_string
from app.reading.requests.urls import Pair
from app.reading.responses import headers
from app.reading.routing import PublicRoute

MEDIA_TYPE: Final = "text/xml; charset=utf-8"
FORM: Final = "application/x-www-form-urlencoded"
MAX_ARGUMENTS: Final = 20


async def harvest(context: ReadingContext, request: Request) -> Response:
    """Every error of the protocol is a response of status 200."""
    pairs = await _read_pairs(request)
    repository = services_of(request)[Repository]

    def respond() -> Response:
        with context.index.open_view() as view:
            text = repository.respond(view, pairs)
            return Response(text.encode(), 200, headers(view.snapshot.modified), MEDIA_TYPE)

    return await asyncio.to_thread(respond)


async def _read_pairs(request: Request) -> tuple[Pair, ...]:
    if request.method != "POST":
        return parse_query_string(request.scope["query_string"])
    body = await request.body()
    if not body:
        return ()
    media_type_of(request, (FORM,))
    try:
        return tuple(parse_pairs(body, MAX_ARGUMENTS))
    except ValueError:
        raise BadQuery("The body is not a form of a few arguments in UTF-8.") from None


OAI_ROUTES: Final = (PublicRoute(PATH, harvest, "GET", "POST"),)
