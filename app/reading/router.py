"""Public endpoints: each parses, asks the index, and answers. None looks at credentials or catalogue tables."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.exports.formats import JSON, Format
from app.http.bodies import read_json
from app.http.headers import NO_STORE, PUBLIC, link_header
from app.kit.clock import http_date
from app.kit.errors import NotFound
from app.reading.addresses import Addresses
from app.reading.asking import Asked, ask_list, ask_single, ask_tree, pairs_of, refuse_json_only, refuse_parameters
from app.reading.documents import ready, with_member
from app.reading.lists import alternates, envelope, exported, find_page, link_fields, offered, page_links
from app.reading.overview import askable, overview
from app.reading.representing import choose, split_extension
from app.reading.singles import counts, find_single, narrower, terms_of, tree
from app.reading.suggestions import completions, neighbours, read_limited
from app.search.index import Index
from app.search.snapshot import Snapshot

VARY = "Accept, Accept-Encoding"


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


@dataclass(frozen=True)
class Reading:
    """What the endpoints work with. `about` describes the whole at `/v1`."""

    index: Index
    addresses: Addresses
    about: dict[str, Any]


def reading_routes(reading: Reading) -> list[Route]:
    """The endpoints; documented by `app.reading.describing`, which knows every collection.

    Plain routes: they read their own parameters, and a framework that reads them first costs as much as a filter.
    """

    async def root(request: Request) -> Response:
        refuse_parameters(pairs_of(request.scope["query_string"]))
        snapshot = await reading.index.fresh()
        return answer_json(snapshot, overview(snapshot, reading.addresses, reading.about))

    async def fields(request: Request, collection: str) -> Response:
        refuse_parameters(pairs_of(request.scope["query_string"]))
        snapshot = await reading.index.fresh()
        known(snapshot, collection)
        return answer_json(snapshot, askable(snapshot, reading.addresses, collection))

    async def listing(request: Request, collection: str) -> Response:
        snapshot = await reading.index.fresh()
        name, extension = split_extension(collection)
        known(snapshot, name)
        pairs = pairs_of(request.scope["query_string"])
        formats = [value for key, value in pairs if key == "as"]
        chosen = choose(extension, formats, request.headers.get("accept"), offered(snapshot, name))
        if chosen is not JSON:
            refuse_json_only(pairs, chosen.label)
        asked = ask_list(snapshot, name, pairs)
        return await somewhere(snapshot, asked, lambda: answer_list(reading, snapshot, asked, chosen))

    async def search(request: Request, collection: str) -> Response:
        snapshot = await reading.index.fresh()
        known(snapshot, collection)
        refuse_parameters(pairs_of(request.scope["query_string"]))
        body = await read_json(request)
        asked = ask_tree(snapshot, collection, body)
        response = await somewhere(snapshot, asked, lambda: answer_list(reading, snapshot, asked, JSON))
        response.headers["Cache-Control"] = NO_STORE
        return response

    async def single(request: Request, collection: str, key: str) -> Response:
        snapshot = await reading.index.fresh()
        known(snapshot, collection)
        return answer_single(reading, snapshot, request, collection, key)

    async def autocomplete(request: Request) -> Response:
        snapshot = await reading.index.fresh()
        text, limit = read_limited(pairs_of(request.scope["query_string"]), text="q")
        return answer_json(snapshot, completions(snapshot, reading.addresses, text, limit))

    async def neighbourhood(request: Request, collection: str, key: str) -> Response:
        snapshot = await reading.index.fresh()
        known(snapshot, collection)
        _, limit = read_limited(pairs_of(request.scope["query_string"]), text=None)
        row = find_single(reading.index, snapshot, reading.addresses, collection, key, (), ending="/related").row
        content = await asyncio.to_thread(neighbours, reading.index, snapshot, reading.addresses, row, limit)
        return answer_json(snapshot, content)

    return [
        route("/v1", root, "GET"),
        route("/v1/autocomplete", autocomplete, "GET"),
        route("/v1/{collection:plain}", search, "QUERY"),
        route("/v1/{collection}", listing, "GET"),
        route("/v1/{collection}/fields", fields, "GET"),
        route("/v1/{collection}/search", search, "POST", "QUERY"),
        route("/v1/{collection}/{key:path}/related", neighbourhood, "GET"),
        route("/v1/{collection}/{key:key}", single, "GET"),
    ]


def route(path: str, endpoint: Callable[..., Awaitable[Response]], *methods: str) -> Route:
    """A route whose endpoint gets the request, and the parts of the path by name."""

    async def answer(request: Request) -> Response:
        return await endpoint(request, **request.path_params)

    return Route(path, answer, methods=list(methods), include_in_schema=False)


def known(snapshot: Snapshot, collection: str) -> None:
    """Raises `NotFound` for a collection that is not there."""
    if collection not in snapshot.layout.collections:
        raise NotFound("There is no such collection; /v1 lists those there are.")


async def somewhere(snapshot: Snapshot, asked: Asked, work: Callable[[], Response]) -> Response:
    """Short work in the event loop, ranked search in a thread: handing over costs more than a bitmap."""
    if asked.query.words is None:
        return work()
    return await asyncio.to_thread(work)


def headers(modified: Any, links: str = "") -> dict[str, str]:
    fields = {"Cache-Control": PUBLIC, "Last-Modified": http_date(modified), "Vary": VARY}
    return fields | {"Link": links} if links else fields


def answer_json(snapshot: Snapshot, content: dict[str, Any]) -> Response:
    return Response(orjson.dumps(content), 200, headers(snapshot.modified), "application/json")


def answer_list(reading: Reading, snapshot: Snapshot, asked: Asked, chosen: Format) -> Response:
    addresses = reading.addresses
    path = f"/v1/{asked.query.collection}"
    page = find_page(snapshot, addresses, asked)
    others = alternates(addresses, path, asked.pairs, offered(snapshot, asked.query.collection))
    own_path = path if chosen is JSON else f"{path}.{chosen.extension}"
    links = page_links(addresses, own_path, asked, page)
    fields = headers(snapshot.modified, link_header(link_fields(links, others)))
    if chosen is not JSON:
        return Response(exported(reading.index, snapshot, page.ids, chosen), 200, fields, chosen.media_type)
    body = envelope(reading.index, snapshot, asked, page, {**links, "alternate": others})
    return Response(body, 200, fields, "application/json")


def answer_single(reading: Reading, snapshot: Snapshot, request: Request, collection: str, key: str) -> Response:
    addresses = reading.addresses
    pairs = pairs_of(request.scope["query_string"])
    found = find_single(reading.index, snapshot, addresses, collection, key, pairs)
    row = found.row
    formats = [value for name, value in pairs if name == "as"]
    chosen = choose(found.extension, formats, request.headers.get("accept"), offered(snapshot, row.collection))
    if chosen is not JSON:
        refuse_json_only(pairs, chosen.label)
    window = ask_single(snapshot, collection, pairs)
    path = f"/v1/{row.collection}/{row.slug}"
    others = alternates(addresses, path, (), offered(snapshot, row.collection))
    links: dict[str, Any] = {"self": addresses.item(row.collection, row.slug), "alternate": others}
    links["collection"] = addresses.collection(row.collection)
    shape = snapshot.layout.shapes[row.kind]
    whole = shape.classified and not window.include  # anything else shows what other documents say
    modified = row.modified if whole else snapshot.modified
    fields = headers(modified, link_header(link_fields({"collection": links["collection"]}, others)))
    if chosen is not JSON:
        ids = [row.id, *terms_of(snapshot, row)]
        return Response(exported(reading.index, snapshot, ids, chosen), 200, fields, chosen.media_type)
    (body,) = ready(reading.index, snapshot, [row.id], window.select, window.include)
    if shape.defines and not window.select:
        body = with_member(body, b"terms", orjson.dumps(tree(snapshot, addresses, row.slug)))
    if shape.broader and not window.select:
        body = with_member(body, b"narrower", orjson.dumps(narrower(snapshot, addresses, row)))
        body = with_member(body, b"counts", orjson.dumps(counts(snapshot, row)))
    return Response(with_member(body, b"links", orjson.dumps(links)), 200, fields, "application/json")
