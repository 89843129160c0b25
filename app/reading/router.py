"""Public endpoints: each parses the request, queries the index, and responds. None reads credentials or catalogue
tables."""

import asyncio
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.exports.formats import JSON, Format
from app.http.bodies import read_json
from app.http.cache.compression import compressed, negotiate_coding, should_compress
from app.http.context import Use, note_use, request_context
from app.http.headers import NO_STORE, link_header
from app.http.readers import identify_reader
from app.kit.error_collector import ErrorCollector
from app.kit.errors import BadQuery, ErrorDetail
from app.reading.content.citations import PARAMETERS, CitationOptions, check_number, take_citation_options
from app.reading.content.detail import find_document
from app.reading.content.lists import alternate_links, available_formats, collection_view, link_headers
from app.reading.content.overview import describe_collection, overview
from app.reading.content.suggestions import completions, related_documents
from app.reading.context import ReadingContext
from app.reading.evidence_map.router import ROUTES as MAP_ROUTES
from app.reading.export_stream import Export, ExportPlan, with_default_order
from app.reading.exports import file_headers, list_context
from app.reading.feeds.router import ROUTES as FEED_ROUTES
from app.reading.page_redirects import find_page_url, see_page, wants_page
from app.reading.requests.content_negotiation import negotiate_format, split_extension
from app.reading.requests.list_request import (
    ListRequest,
    parse_list_request,
    parse_query_string,
    parse_related_request,
    parse_search_request,
    reject_json_only,
    reject_parameters,
    with_parameters,
)
from app.reading.requests.suggestion_request import parse_limited
from app.reading.responses import cited_list_response, detail_response, headers, json_response, list_response
from app.reading.routing import AUTOCOMPLETE, PublicRoute, check_collection
from app.search.index.snapshot import Snapshot
from app.search.query.model import RELEVANCE

PAGES: Final = {"page", "per_page", "cursor", "sample"}
"""Parameters that ask for a part of what matches: without any, another format than JSON has all of it."""


async def get_overview(context: ReadingContext, request: Request) -> Response:
    reject_parameters(parse_query_string(request.scope["query_string"]))
    if wants_page(request):
        return see_page(f"{context.urls.pages.base}/")
    snapshot = await context.index.latest_snapshot()
    return json_response(request, snapshot, overview(snapshot, context.urls, context.about))


async def describe_fields(context: ReadingContext, request: Request, collection: str) -> Response:
    reject_parameters(parse_query_string(request.scope["query_string"]))
    snapshot = await context.index.latest_snapshot()
    check_collection(snapshot, collection)
    content = await asyncio.to_thread(describe_collection, snapshot, context.urls, collection)
    return json_response(request, snapshot, content)


async def list_documents(context: ReadingContext, request: Request, collection: str) -> Response:
    snapshot = await context.index.latest_snapshot()
    name, extension = split_extension(collection)
    check_collection(snapshot, name)
    pairs = parse_query_string(request.scope["query_string"])
    if extension is None and wants_page(request, pairs):
        return see_page(context.urls.pages.list_url(name, pairs))
    formats = [value for key, value in pairs if key == "as"]
    chosen = negotiate_format(extension, formats, request.headers.get("accept"), available_formats(snapshot, name))
    if chosen is not JSON:
        reject_json_only((key for key, _ in pairs), chosen.label)
    rest, citation_options = take_citation_options(pairs, chosen)
    errors = ErrorCollector()
    list_request = parse_list_request(errors, snapshot, name, rest)
    await raise_errors(errors)
    if chosen.is_formatted:
        return await _cited(context, snapshot, with_parameters(list_request, pairs, PARAMETERS), citation_options)
    if chosen is not JSON and PAGES.isdisjoint(list_request.names):
        return await _export(context, request, snapshot, list_request, chosen)
    return await _list(context, snapshot, list_request, chosen)


async def _export(
    context: ReadingContext, request: Request, snapshot: Snapshot, list_request: ListRequest, chosen: Format
) -> Response:
    """All matches, in the requested order or else the default one."""
    if list_request.query.sort == (RELEVANCE,) and "sort" in list_request.names:
        message = "A complete export cannot be sorted by relevance: give `per_page`."
        raise BadQuery(errors=[ErrorDetail("needs-pages", message, allowed=(), **list_request.location("sort"))])
    query = with_default_order(snapshot, list_request.query)
    note_use(Use("export", "", f"{query.collection}.{chosen.name}"))
    path = f"/v1/{query.collection}"
    others = alternate_links(context.urls, path, list_request.pairs, available_formats(snapshot, query.collection))
    fields = headers(snapshot.modified, link_header(link_headers({}, others)))
    fields |= file_headers(chosen, query.collection)
    view = collection_view(snapshot, query.collection, chosen)
    plan = ExportPlan(
        query, chosen, view, list_context(context, snapshot, query, list_request.pairs), context.max_export
    )
    return Export(context.index, plan, fields, context.exports, await identify_reader(request))


async def search_documents(context: ReadingContext, request: Request, collection: str) -> Response:
    snapshot = await context.index.latest_snapshot()
    check_collection(snapshot, collection)
    reject_parameters(parse_query_string(request.scope["query_string"]))
    chosen = negotiate_format(None, (), request.headers.get("accept"), available_formats(snapshot, collection))
    errors = ErrorCollector()
    list_request = parse_search_request(errors, snapshot, collection, await read_json(request))
    await raise_errors(errors)
    if chosen is not JSON:
        reject_json_only(list_request.names, chosen.label, list_request.location)
    if chosen.is_formatted:
        answer = await _cited(context, snapshot, list_request, CitationOptions())
    elif chosen is not JSON and PAGES.isdisjoint(list_request.names):
        export = await _export(context, request, snapshot, list_request, chosen)
        export.headers["Cache-Control"] = NO_STORE
        return export
    else:
        answer = await _list(context, snapshot, list_request, chosen)
    answer.headers["Cache-Control"] = NO_STORE
    return await _coded(answer, request_context(request.scope).fields.get(b"accept-encoding"))


async def get_document(context: ReadingContext, request: Request, collection: str, key: str) -> Response:
    snapshot = await context.index.latest_snapshot()
    check_collection(snapshot, collection)
    if wants_page(request, parse_query_string(request.scope["query_string"])):
        page = await asyncio.to_thread(find_page_url, context, snapshot, collection, key)
        if page is not None:
            return see_page(page)
    work = partial(detail_response, context, snapshot, request, collection, key)
    quick = context.index.is_quick(snapshot) and not _shows_others(snapshot, collection, key)
    return work() if quick else await asyncio.to_thread(work)


def _shows_others(snapshot: Snapshot, collection: str, key: str) -> bool:
    """Whether many other documents are shown with this one, or may be: it is then made in a thread."""
    row = snapshot.lookup(collection, split_extension(key)[0])
    schema = snapshot.registry.schemas[row.kind] if row is not None else None
    return schema is not None and (schema.defines is not None or schema.has_sections)


async def autocomplete(context: ReadingContext, request: Request) -> Response:
    snapshot = await context.index.latest_snapshot()
    text, limit = parse_limited(parse_query_string(request.scope["query_string"]), text="q")
    return json_response(request, snapshot, completions(snapshot, context.urls, text, limit))


async def find_related(context: ReadingContext, request: Request, collection: str, key: str) -> Response:
    snapshot = await context.index.latest_snapshot()
    check_collection(snapshot, collection)
    pairs = parse_query_string(request.scope["query_string"])
    limit, select = parse_related_request(snapshot, collection, pairs)
    row = find_document(context.index, snapshot, context.urls, collection, key, pairs, ending="/related").row
    content = await asyncio.to_thread(related_documents, context.index, snapshot, context.urls, row, limit, select)
    return json_response(request, snapshot, content)


async def _cited(
    context: ReadingContext, snapshot: Snapshot, list_request: ListRequest, options: CitationOptions
) -> Response:
    check_number(list_request.window, list_request.location)
    return await asyncio.to_thread(cited_list_response, context, snapshot, list_request, options)


async def _list(context: ReadingContext, snapshot: Snapshot, list_request: ListRequest, chosen: Format) -> Response:
    """Short work in the event loop, the rest in a thread: handing over costs more than a bitmap."""
    work = partial(list_response, context, snapshot, list_request, chosen)
    light = chosen is JSON and list_request.window.is_light
    quick = light and context.index.is_quick(snapshot, list_request.query, list_request.window.facets)
    return work() if quick else await asyncio.to_thread(work)


async def _coded(answer: Response, accept_encoding: bytes | None) -> Response:
    """Compressed where the client accepts it: the response cache compresses only what it stores."""
    body = bytes(answer.body)
    if not should_compress(negotiate_coding(accept_encoding), str(answer.media_type).encode(), len(body)):
        return answer
    fields = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return Response(await compressed(body), 200, {**fields, "content-encoding": "gzip"})


async def raise_errors(errors: ErrorCollector) -> None:
    """Raise `BadQuery` with what was collected; suggestions are looked for in a thread."""
    if errors:
        await asyncio.to_thread(errors.check)


ROUTES: Final = (
    PublicRoute("/v1", get_overview, "GET"),
    PublicRoute(f"/v1/{AUTOCOMPLETE}", autocomplete, "GET"),
    *MAP_ROUTES,
    *FEED_ROUTES,
    PublicRoute("/v1/{collection:plain}", search_documents, "QUERY"),
    PublicRoute("/v1/{collection:collection}", list_documents, "GET"),
    PublicRoute("/v1/{collection:collection}/fields", describe_fields, "GET"),
    PublicRoute("/v1/{collection:collection}/search", search_documents, "POST", "QUERY"),
    PublicRoute("/v1/{collection:collection}/{key:path}/related", find_related, "GET"),
    PublicRoute("/v1/{collection:collection}/{key:key}", get_document, "GET"),
)
"""In this order, before the routes of all other packages."""
