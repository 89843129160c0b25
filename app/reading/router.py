"""Public endpoints: each parses, asks the index, and answers. None looks at credentials or catalogue tables."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from functools import partial
from typing import Any

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from app.exports.formats import JSON, Format
from app.http.bodies import read_json
from app.http.coding import is_packed, packed, wanted_coding
from app.http.exchange import exchange_of
from app.http.headers import NO_STORE, link_header
from app.http.senders import sender_of
from app.kit.error_collector import ErrorCollector
from app.kit.errors import BadQuery, Fault, NotFound, Unavailable
from app.reading.addresses import Addresses
from app.reading.answering import answer_json, answer_list, answer_single, headers
from app.reading.asking import Asked, ask_list, ask_tree, pairs_of, refuse_json_only, refuse_parameters
from app.reading.export_stream import Export, ExportSlots, in_usual_order
from app.reading.lists import alternates, link_fields, offered
from app.reading.overview import askable, overview
from app.reading.representing import choose, split_extension
from app.reading.singles import find_single
from app.reading.suggestions import completions, neighbours, read_limited
from app.search.index import Index, Outdated
from app.search.query import RELEVANCE
from app.search.snapshot import Snapshot

TRIES = 5
PAGES = {"page", "per_page", "cursor", "sample"}
"""Parameters that ask for a part of what matches: without any, another format than JSON has all of it."""


class Key(Convertor[str]):
    """What names a thing: slashes and all, but not a word of the service's own."""

    regex = "(?!search$).+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class PlainName(Key):
    """What names a collection: no extension, and nothing that has an address of its own beside them."""

    regex = "(?!autocomplete$)[^./]+"


register_url_convertor("plain", PlainName())
register_url_convertor("key", Key())


class OfCollections(Route):
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


class Reading:
    """The endpoints: plain routes, which read their own parameters; a framework that reads them first costs as much
    as a filter. Documented by `app.openapi`, which knows every collection.

    `about` describes the whole at `/v1`; `taken` are names below it that are no collections.
    """

    def __init__(
        self, index: Index, addresses: Addresses, about: dict[str, Any], taken: Collection[str] = frozenset()
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
        known(await self.index.fresh(), split_extension(collection)[0])

    async def root(self, request: Request) -> Response:
        refuse_parameters(pairs_of(request.scope["query_string"]))
        snapshot = await self.index.fresh()
        return answer_json(request, snapshot, overview(snapshot, self.addresses, self.about))

    async def fields(self, request: Request, collection: str) -> Response:
        refuse_parameters(pairs_of(request.scope["query_string"]))
        snapshot = await self.index.fresh()
        known(snapshot, collection)
        return answer_json(request, snapshot, askable(snapshot, self.addresses, collection))

    async def listing(self, request: Request, collection: str) -> Response:
        snapshot = await self.index.fresh()
        name, extension = split_extension(collection)
        known(snapshot, name)
        pairs = pairs_of(request.scope["query_string"])
        formats = [value for key, value in pairs if key == "as"]
        chosen = choose(extension, formats, request.headers.get("accept"), offered(snapshot, name))
        if chosen is not JSON:
            refuse_json_only(pairs, chosen.label)
        errors = ErrorCollector()
        asked = ask_list(errors, snapshot, name, pairs)
        await refuse(errors)
        if chosen.pieces is not None and not PAGES & {key for key, _ in pairs}:
            return self._export(request, snapshot, asked, chosen)
        return await self._list(snapshot, asked, chosen)

    def _export(self, request: Request, snapshot: Snapshot, asked: Asked, chosen: Format) -> Response:
        """All that matches, in the order asked for, else the usual one."""
        if asked.query.sort == (RELEVANCE,) and any(key == "sort" for key, _ in asked.pairs or ()):
            error = Fault("needs-pages", "All at once come in no order of relevance: give `per_page`.", "sort")
            raise BadQuery(errors=[error])
        query = in_usual_order(snapshot, asked.query)
        path = f"/v1/{query.collection}"
        others = alternates(self.addresses, path, asked.pairs, offered(snapshot, query.collection))
        fields = headers(snapshot.modified, link_header(link_fields({}, others)))
        return Export(self.index, query, chosen, fields, self.slots, sender_of(request))

    async def search(self, request: Request, collection: str) -> Response:
        snapshot = await self.index.fresh()
        known(snapshot, collection)
        refuse_parameters(pairs_of(request.scope["query_string"]))
        choose(None, (), request.headers.get("accept"), (JSON,))
        errors = ErrorCollector()
        asked = ask_tree(errors, snapshot, collection, await read_json(request))
        await refuse(errors)
        answer = await self._list(snapshot, asked, JSON)
        answer.headers["Cache-Control"] = NO_STORE
        return await _coded(answer, exchange_of(request.scope).fields.get(b"accept-encoding"))

    async def single(self, request: Request, collection: str, key: str) -> Response:
        snapshot = await self.index.fresh()
        known(snapshot, collection)
        work = partial(answer_single, self.index, self.addresses, snapshot, request, collection, key)
        whole = any(shape.defines for shape in snapshot.layout.collections[collection].shapes)
        return work() if self.index.is_quick(snapshot) and not whole else await asyncio.to_thread(work)

    async def autocomplete(self, request: Request) -> Response:
        snapshot = await self.index.fresh()
        text, limit = read_limited(pairs_of(request.scope["query_string"]), text="q")
        return answer_json(request, snapshot, completions(snapshot, self.addresses, text, limit))

    async def neighbourhood(self, request: Request, collection: str, key: str) -> Response:
        snapshot = await self.index.fresh()
        known(snapshot, collection)
        _, limit = read_limited(pairs_of(request.scope["query_string"]), text=None)
        row = find_single(self.index, snapshot, self.addresses, collection, key, (), ending="/related").row
        content = await asyncio.to_thread(neighbours, self.index, snapshot, self.addresses, row, limit)
        return answer_json(request, snapshot, content)

    async def _list(self, snapshot: Snapshot, asked: Asked, chosen: Format) -> Response:
        """Short work in the event loop, the rest in a thread: handing over costs more than a bitmap."""
        work = partial(answer_list, self.index, self.addresses, snapshot, asked, chosen)
        light = chosen is JSON and asked.window.is_light
        quick = light and self.index.is_quick(snapshot, asked.query, asked.window.facets)
        return work() if quick else await asyncio.to_thread(work)


def route(path: str, endpoint: Callable[..., Awaitable[Response]], *methods: str) -> OfCollections:
    """A route whose endpoint gets the request, and the parts of the path by name.

    An answer that was overtaken by a change is made again, from the next snapshot.
    """

    async def answer(request: Request) -> Response:
        for _ in range(TRIES):
            with suppress(Outdated):
                return await endpoint(request, **request.path_params)
        raise Unavailable("Too much is changing just now.", retry_after=1)

    return OfCollections(path, answer, methods=list(methods), include_in_schema=False)


async def _coded(answer: Response, accept_encoding: bytes | None) -> Response:
    """As its reader would have it: no front does it for what is not kept."""
    body = bytes(answer.body)
    if not is_packed(wanted_coding(accept_encoding), str(answer.media_type).encode(), len(body)):
        return answer
    fields = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return Response(await packed(body), 200, {**fields, "content-encoding": "gzip"})


async def refuse(errors: ErrorCollector) -> None:
    """Raise `BadQuery` with what was collected; suggestions are looked for in a thread."""
    if errors:
        await asyncio.to_thread(errors.check)


def known(snapshot: Snapshot, collection: str) -> None:
    """Raises `NotFound` for a collection that is not there."""
    if collection not in snapshot.layout.collections:
        raise NotFound("There is no such collection; /v1 lists those there are.")
