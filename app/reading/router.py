"""Public endpoints: each parses, asks the index, and answers. None looks at credentials or catalogue tables."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from functools import partial

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from app.exports.formats import JSON, Format
from app.http.bodies import read_json
from app.http.cache.compression import is_packed, negotiate_coding, packed
from app.http.client_address import client_address
from app.http.context import request_context
from app.http.headers import NO_STORE, link_header
from app.kit.error_collector import ErrorCollector
from app.kit.errors import BadQuery, ErrorDetail, NotFound, Unavailable
from app.kit.json_types import JsonObject
from app.reading.content_negotiation import negotiate_format, split_extension
from app.reading.detail import find_document
from app.reading.export_stream import Export, ExportSlots, with_default_order
from app.reading.list_request import (
    ListRequest,
    parse_list_request,
    parse_query_string,
    parse_search_request,
    reject_json_only,
    reject_parameters,
)
from app.reading.lists import alternate_links, available_formats, link_headers
from app.reading.overview import describe_collection, overview
from app.reading.responses import detail_response, headers, json_response, list_response
from app.reading.suggestions import completions, parse_limited, related_documents
from app.reading.urls import UrlBuilder
from app.search.index.live_index import Index, StaleSnapshot
from app.search.index.snapshot import Snapshot
from app.search.query.model import RELEVANCE

TRIES = 5
PAGES = {"page", "per_page", "cursor", "sample"}
"""Parameters that ask for a part of what matches: without any, another format than JSON has all of it."""


class KeyConvertor(Convertor[str]):
    """What names a thing: slashes and all, but not a word of the service's own."""

    regex = "(?!search$).+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class CollectionConvertor(KeyConvertor):
    """What names a collection: no extension, and nothing that has an address of its own beside them."""

    regex = "(?!autocomplete$)[^./]+"


register_url_convertor("plain", CollectionConvertor())
register_url_convertor("key", KeyConvertor())


class CollectionRoute(Route):
    """A route of every collection. Below `taken` names others have all there is, and say which methods it has."""

    taken: Collection[str] = ()
    check: Callable[[str], Awaitable[None]]
    """Raises `NotFound` for the name of no collection."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, found = super().matches(scope)
        theirs = match is not Match.NONE and found["path_params"].get("collection") in self.taken
        return (Match.NONE, {}) if theirs else (match, found)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Only what exists has methods, and may lack one."""
        collection = scope["path_params"].get("collection")
        if collection is not None and scope["method"] not in (self.methods or ()):
            await self.check(collection)
        await super().handle(scope, receive, send)


class PublicEndpoints:
    """The endpoints: plain routes, which read their own parameters; a framework that reads them first costs as much
    as a filter. Documented by `app.openapi`, which knows every collection.

    `about` describes the whole at `/v1`; `taken` are names below it that are no collections.
    """

    def __init__(
        self, index: Index, addresses: UrlBuilder, about: JsonObject, taken: Collection[str] = frozenset()
    ) -> None:
        self.index = index
        self.taken = taken
        self.addresses = addresses
        self.about = about
        self.slots = ExportSlots()

    def routes(self) -> list[Route]:
        made = [
            route("/v1", self.root, "GET"),
            route("/v1/autocomplete", self.autocomplete, "GET"),
            route("/v1/{collection:plain}", self.search, "QUERY"),
            route("/v1/{collection}", self.listing, "GET"),
            route("/v1/{collection}/fields", self.fields, "GET"),
            route("/v1/{collection}/search", self.search, "POST", "QUERY"),
            route("/v1/{collection}/{key:path}/related", self.neighbourhood, "GET"),
            route("/v1/{collection}/{key:key}", self.single, "GET"),
        ]
        for each in made:
            each.taken = self.taken
            each.check = self.check
        return [*made]

    async def check(self, collection: str) -> None:
        """Raises `NotFound`; the name may have an extension."""
        check_collection(await self.index.latest_snapshot(), split_extension(collection)[0])

    async def root(self, request: Request) -> Response:
        reject_parameters(parse_query_string(request.scope["query_string"]))
        snapshot = await self.index.latest_snapshot()
        return json_response(request, snapshot, overview(snapshot, self.addresses, self.about))

    async def fields(self, request: Request, collection: str) -> Response:
        reject_parameters(parse_query_string(request.scope["query_string"]))
        snapshot = await self.index.latest_snapshot()
        check_collection(snapshot, collection)
        return json_response(request, snapshot, describe_collection(snapshot, self.addresses, collection))

    async def listing(self, request: Request, collection: str) -> Response:
        snapshot = await self.index.latest_snapshot()
        name, extension = split_extension(collection)
        check_collection(snapshot, name)
        pairs = parse_query_string(request.scope["query_string"])
        formats = [value for key, value in pairs if key == "as"]
        chosen = negotiate_format(extension, formats, request.headers.get("accept"), available_formats(snapshot, name))
        if chosen is not JSON:
            reject_json_only(pairs, chosen.label)
        errors = ErrorCollector()
        list_request = parse_list_request(errors, snapshot, name, pairs)
        await raise_errors(errors)
        if chosen.pieces is not None and not PAGES & {key for key, _ in pairs}:
            return self._export(request, snapshot, list_request, chosen)
        return await self._list(snapshot, list_request, chosen)

    def _export(self, request: Request, snapshot: Snapshot, list_request: ListRequest, chosen: Format) -> Response:
        """All that matches, in the order asked for, else the usual one."""
        if list_request.query.sort == (RELEVANCE,) and any(key == "sort" for key, _ in list_request.pairs or ()):
            error = ErrorDetail("needs-pages", "All at once come in no order of relevance: give `per_page`.", "sort")
            raise BadQuery(errors=[error])
        query = with_default_order(snapshot, list_request.query)
        path = f"/v1/{query.collection}"
        others = alternate_links(
            self.addresses, path, list_request.pairs, available_formats(snapshot, query.collection)
        )
        fields = headers(snapshot.modified, link_header(link_headers({}, others)))
        return Export(self.index, query, chosen, fields, self.slots, client_address(request))

    async def search(self, request: Request, collection: str) -> Response:
        snapshot = await self.index.latest_snapshot()
        check_collection(snapshot, collection)
        reject_parameters(parse_query_string(request.scope["query_string"]))
        negotiate_format(None, (), request.headers.get("accept"), (JSON,))
        errors = ErrorCollector()
        list_request = parse_search_request(errors, snapshot, collection, await read_json(request))
        await raise_errors(errors)
        answer = await self._list(snapshot, list_request, JSON)
        answer.headers["Cache-Control"] = NO_STORE
        return await _coded(answer, request_context(request.scope).fields.get(b"accept-encoding"))

    async def single(self, request: Request, collection: str, key: str) -> Response:
        snapshot = await self.index.latest_snapshot()
        check_collection(snapshot, collection)
        work = partial(detail_response, self.index, self.addresses, snapshot, request, collection, key)
        whole = any(schema.defines for schema in snapshot.registry.collections[collection].schemas)
        return work() if self.index.is_quick(snapshot) and not whole else await asyncio.to_thread(work)

    async def autocomplete(self, request: Request) -> Response:
        snapshot = await self.index.latest_snapshot()
        text, limit = parse_limited(parse_query_string(request.scope["query_string"]), text="q")
        return json_response(request, snapshot, completions(snapshot, self.addresses, text, limit))

    async def neighbourhood(self, request: Request, collection: str, key: str) -> Response:
        snapshot = await self.index.latest_snapshot()
        check_collection(snapshot, collection)
        _, limit = parse_limited(parse_query_string(request.scope["query_string"]), text=None)
        row = find_document(self.index, snapshot, self.addresses, collection, key, (), ending="/related").row
        content = await asyncio.to_thread(related_documents, self.index, snapshot, self.addresses, row, limit)
        return json_response(request, snapshot, content)

    async def _list(self, snapshot: Snapshot, list_request: ListRequest, chosen: Format) -> Response:
        """Short work in the event loop, the rest in a thread: handing over costs more than a bitmap."""
        work = partial(list_response, self.index, self.addresses, snapshot, list_request, chosen)
        light = chosen is JSON and list_request.window.is_light
        quick = light and self.index.is_quick(snapshot, list_request.query, list_request.window.facets)
        return work() if quick else await asyncio.to_thread(work)


def route(path: str, endpoint: Callable[..., Awaitable[Response]], *methods: str) -> CollectionRoute:
    """A route whose endpoint gets the request, and the parts of the path by name.

    An answer that was overtaken by a change is made again, from the next snapshot.
    """

    async def answer(request: Request) -> Response:
        for _ in range(TRIES):
            with suppress(StaleSnapshot):
                return await endpoint(request, **request.path_params)
        raise Unavailable("Too many changes are in progress.", retry_after=1)

    return CollectionRoute(path, answer, methods=list(methods), include_in_schema=False)


async def _coded(answer: Response, accept_encoding: bytes | None) -> Response:
    """As its reader would have it: no front does it for what is not kept."""
    body = bytes(answer.body)
    if not is_packed(negotiate_coding(accept_encoding), str(answer.media_type).encode(), len(body)):
        return answer
    fields = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return Response(await packed(body), 200, {**fields, "content-encoding": "gzip"})


async def raise_errors(errors: ErrorCollector) -> None:
    """Raise `BadQuery` with what was collected; suggestions are looked for in a thread."""
    if errors:
        await asyncio.to_thread(errors.check)


def check_collection(snapshot: Snapshot, collection: str) -> None:
    """Raises `NotFound` for a collection that is not there."""
    if collection not in snapshot.registry.collections:
        raise NotFound("Unknown collection; `/v1` lists the collections.")
