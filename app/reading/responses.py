"""Answers made of a snapshot: a list, a single thing, a plain object."""

from datetime import datetime
from functools import partial

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.exports.formats import CITATION, JSON, Format
from app.http.context import Use, note_use
from app.http.headers import PUBLIC, link_header
from app.kit.clock import http_date
from app.kit.json_types import JsonObject
from app.reading.content.citations import (
    CitationOptions,
    CitationResponse,
    bibliography,
    citation_headers,
    take_citation_options,
)
from app.reading.content.detail import counts, find_document, narrower, terms_of, tree
from app.reading.content.lists import (
    ResultPage,
    alternate_links,
    available_formats,
    collection_view,
    envelope,
    export_documents,
    find_page,
    link_headers,
    page_links,
)
from app.reading.content.projection import append_member, load_documents
from app.reading.content.response_size import TooManyBytes, check_size, size_error
from app.reading.content.sections import resolve_sections
from app.reading.context import ReadingContext
from app.reading.exports import file_headers, item_context, list_context
from app.reading.feed_links import feed_headers, feed_links
from app.reading.fruitless_searches import note_fruitless_search
from app.reading.requests.content_negotiation import negotiate_format
from app.reading.requests.list_request import ListRequest, parse_detail_request, parse_query_string, reject_json_only
from app.search.index.snapshot import Snapshot
from app.search.query.condition_parser import in_url
from app.search.storage.rows import IndexRow

VARY = "Accept, Accept-Encoding"


def headers(modified: datetime, links: str = "") -> dict[str, str]:
    fields = {"Cache-Control": PUBLIC, "Last-Modified": http_date(modified), "Vary": VARY}
    return fields | {"Link": links} if links else fields


def json_response(request: Request, snapshot: Snapshot, content: JsonObject) -> Response:
    """Raises `NotAcceptable` where `Accept` does not allow JSON."""
    negotiate_format(None, (), request.headers.get("accept"), (JSON,))
    return Response(orjson.dumps(content), 200, headers(snapshot.modified), "application/json")


def list_response(context: ReadingContext, snapshot: Snapshot, list_request: ListRequest, chosen: Format) -> Response:
    """Raises `BadQuery` for an answer that would be too large."""
    documents = list_request.window.per_page
    if chosen is not JSON:
        note_use(Use("export", "", f"{list_request.query.collection}.{chosen.name}"))
    try:
        page = find_page(snapshot, context.urls, list_request, by_meaning=chosen is JSON)
        note_fruitless_search(snapshot, list_request.query, page.count)
        documents = len(page.ids) or documents
        return _listed(context, snapshot, list_request, page, chosen)
    except TooManyBytes as error:
        raise size_error(error, "per_page", documents, list_request.location) from None


def _listed(
    context: ReadingContext, snapshot: Snapshot, list_request: ListRequest, page: ResultPage, chosen: Format
) -> Response:
    collection = list_request.query.collection
    links, others = _list_links(context, snapshot, list_request, page, chosen)
    feeds = {} if list_request.pairs is None else feed_links(snapshot, context.urls, list_request.query)
    fields = headers(snapshot.modified, link_header([*link_headers(links, others), *feed_headers(feeds)]))
    if chosen is not JSON:
        of = list_context(context, snapshot, list_request.query, list_request.pairs)
        view = collection_view(snapshot, collection, chosen)
        text = export_documents(context.index, snapshot, page.ids, chosen, view, of).encode()
        check_size((len(text),))
        return Response(text, 200, fields | file_headers(chosen, collection), chosen.media_type)
    html = None if list_request.pairs is None else context.urls.pages.list_url(collection, list_request.pairs)
    shown = {**links, "html": html, "alternate": others, "feeds": feeds}
    body = envelope(context.index, snapshot, list_request, page, shown)
    return Response(body, 200, fields, "application/json")


def _list_links(
    context: ReadingContext, snapshot: Snapshot, list_request: ListRequest, page: ResultPage, chosen: Format
) -> tuple[dict[str, str | None], dict[str, str]]:
    """Those of the pages, and those of the same page in other formats."""
    path = f"/v1/{list_request.query.collection}"
    formats = available_formats(snapshot, list_request.query.collection)
    own_path = path if chosen is JSON else f"{path}.{chosen.extension}"
    others = alternate_links(context.urls, path, list_request.pairs, formats)
    return page_links(context.urls, own_path, list_request, page), others


def cited_list_response(
    context: ReadingContext, snapshot: Snapshot, list_request: ListRequest, options: CitationOptions
) -> Response:
    """Citations of a page, as they are made; not for the event loop."""
    page = find_page(snapshot, context.urls, list_request)
    links, others = _list_links(context, snapshot, list_request, page, CITATION)
    fields = headers(snapshot.modified, link_header(link_headers(links, others)))
    text = bibliography(context.citations.of(snapshot, page.ids, options), options)
    return Response(text, 200, fields | citation_headers(options), options.media_type)


def detail_response(
    context: ReadingContext, snapshot: Snapshot, request: Request, collection: str, key: str
) -> Response:
    index, addresses = context.index, context.urls
    pairs = parse_query_string(request.scope["query_string"])
    found = find_document(index, snapshot, addresses, collection, key, pairs)
    row = found.row
    formats = [value for name, value in pairs if name == "as"]
    chosen = negotiate_format(
        found.extension, formats, request.headers.get("accept"), available_formats(snapshot, row.collection)
    )
    if chosen is not JSON:
        reject_json_only((name for name, _ in pairs), chosen.label)
    rest, citation_options = take_citation_options(pairs, chosen)
    window = parse_detail_request(snapshot, collection, rest)
    path = f"/v1/{row.collection}/{row.slug}"
    others = alternate_links(addresses, path, (), available_formats(snapshot, row.collection))
    links: JsonObject = {"self": addresses.item(row.collection, row.slug), "alternate": others}
    links["collection"] = addresses.collection(row.collection)
    links["html"] = addresses.pages.item(row.collection, row.slug)
    schema = snapshot.registry.schemas[row.kind]
    alone = schema.has_terms and not (schema.has_sections or window.include)
    modified = row.modified if alone else snapshot.modified  # what is not alone shows what other documents say
    fields = headers(modified, link_header(link_headers({"collection": links["collection"]}, others)))
    note_use(Use("api" if chosen is JSON else "download", row.uuid, chosen.name))
    if chosen.is_formatted:
        make = partial(context.citations.of, snapshot, [row.id], citation_options)
        return CitationResponse(make, fields, citation_options)
    if chosen is not JSON:
        return _exported(context, snapshot, row, chosen, fields)
    try:
        (body,) = load_documents(index, snapshot, [row.id], window.select, window.include, alone=True)
    except TooManyBytes as error:
        raise size_error(error, "select", 0, in_url) from None
    if schema.has_sections:
        body = resolve_sections(index, snapshot, addresses, body)
    if schema.defines and not window.select:
        body = append_member(body, b"terms", orjson.dumps(tree(snapshot, addresses, row.slug)))
    if schema.broader and not window.select:
        body = append_member(body, b"narrower", orjson.dumps(narrower(snapshot, addresses, row)))
        body = append_member(body, b"counts", orjson.dumps(counts(snapshot, row)))
    return Response(append_member(body, b"links", orjson.dumps(links)), 200, fields, "application/json")


def _exported(
    context: ReadingContext, snapshot: Snapshot, row: IndexRow, chosen: Format, fields: dict[str, str]
) -> Response:
    """A vocabulary has its terms with it."""
    view = collection_view(snapshot, row.collection, chosen)
    ids = [row.id, *(terms_of(snapshot, row) if view == "concept" else ())]
    text = export_documents(context.index, snapshot, ids, chosen, view, item_context(context, snapshot, row))
    return Response(text, 200, fields | file_headers(chosen, row.slug), chosen.media_type)
