"""The routes of public endpoints: Starlette's own, whose handlers read their parameters themselves.

FastAPI's solving of dependencies costs as much as a filter, and its included routers match every path twice; so these
routes stand before all others, as they are. `app.openapi` documents them, as it knows every collection.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.catalogue.reserved_names import API_PATHS
from app.http.services import services_of
from app.kit.errors import NotFound, Unavailable
from app.reading.context import ReadingContext
from app.reading.requests.content_negotiation import split_extension
from app.search.index.live_index import StaleSnapshot
from app.search.index.snapshot import Snapshot

TRIES: Final = 5
AUTOCOMPLETE: Final = "autocomplete"
AsyncEndpoint = Callable[..., Awaitable[Response]]
"""Gets the context, the request, and the parts of the path by name."""


def _none_of(*names: str) -> str:
    return f"(?!(?:{'|'.join(sorted(names))})(?:/|$))"


class KeyConvertor(Convertor[str]):
    """What names a thing: slashes and all, but not a word of the service's own."""

    regex = "(?!search$).+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class CollectionConvertor(KeyConvertor):
    """What names a collection, perhaps with an extension. Others have all there is below the other paths."""

    regex = f"{_none_of(*API_PATHS - {AUTOCOMPLETE})}[^/]+"


class PlainCollectionConvertor(KeyConvertor):
    """The same, without an extension."""

    regex = f"{_none_of(*API_PATHS)}[^./]+"


register_url_convertor("collection", CollectionConvertor())
register_url_convertor("plain", PlainCollectionConvertor())
register_url_convertor("key", KeyConvertor())


class PublicRoute(Route):
    """An answer that was overtaken by a change is made again, from the next snapshot."""

    def __init__(self, path: str, handler: AsyncEndpoint, *methods: str) -> None:
        async def endpoint(request: Request) -> Response:
            context = services_of(request)[ReadingContext]
            for _ in range(TRIES):
                with suppress(StaleSnapshot):
                    return await handler(context, request, **request.path_params)
            raise Unavailable("Too many changes are in progress.", retry_after=1)

        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            response = await endpoint(Request(scope, receive, send))
            await response(scope, receive, send)

        super().__init__(path, endpoint, methods=list(methods), include_in_schema=False)
        self.app = respond  # errors go to the handlers of the whole application, not to the same around each route

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Only what exists has methods, and may lack one: raises `NotFound` for the name of no collection."""
        collection = scope["path_params"].get("collection")
        if collection is not None and scope["method"] not in (self.methods or ()):
            context = services_of(Request(scope))[ReadingContext]
            check_collection(await context.index.latest_snapshot(), split_extension(collection)[0])
        await super().handle(scope, receive, send)


def check_collection(snapshot: Snapshot, collection: str) -> None:
    """Raises `NotFound` for a collection that is not there."""
    if collection not in snapshot.registry.collections:
        raise NotFound("Unknown collection; `/v1` lists the collections.")
