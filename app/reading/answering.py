"""Answers made of a snapshot: a list, a single thing, a plain object."""

from datetime import datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.exports.formats import JSON, Format
from app.http.headers import PUBLIC, link_header
from app.kit.clock import http_date
from app.reading.addresses import Addresses
from app.reading.asking import Asked, ask_single, pairs_of, refuse_json_only
from app.reading.documents import ready, with_member
from app.reading.lists import Page, alternates, envelope, exported, find_page, link_fields, offered, page_links
from app.reading.representing import choose
from app.reading.singles import counts, find_single, narrower, terms_of, tree
from app.reading.size import TooManyBytes, as_refusal, check_size
from app.search.index import Index
from app.search.parsing import in_address
from app.search.snapshot import Snapshot

VARY = "Accept, Accept-Encoding"


def headers(modified: datetime, links: str = "") -> dict[str, str]:
    fields = {"Cache-Control": PUBLIC, "Last-Modified": http_date(modified), "Vary": VARY}
    return fields | {"Link": links} if links else fields


def answer_json(request: Request, snapshot: Snapshot, content: dict[str, Any]) -> Response:
    """Raises `NotAcceptable` where JSON will not do."""
    choose(None, (), request.headers.get("accept"), (JSON,))
    return Response(orjson.dumps(content), 200, headers(snapshot.modified), "application/json")


def answer_list(index: Index, addresses: Addresses, snapshot: Snapshot, asked: Asked, chosen: Format) -> Response:
    """Raises `BadQuery` for an answer that would be too large."""
    documents = asked.window.per_page
    try:
        page = find_page(snapshot, addresses, asked)
        documents = len(page.ids) or documents
        return _listed(index, addresses, snapshot, asked, page, chosen)
    except TooManyBytes as error:
        raise as_refusal(error, "per_page", documents, asked.place) from None


def _listed(
    index: Index, addresses: Addresses, snapshot: Snapshot, asked: Asked, page: Page, chosen: Format
) -> Response:
    path = f"/v1/{asked.query.collection}"
    others = alternates(addresses, path, asked.pairs, offered(snapshot, asked.query.collection))
    own_path = path if chosen is JSON else f"{path}.{chosen.extension}"
    links = page_links(addresses, own_path, asked, page)
    fields = headers(snapshot.modified, link_header(link_fields(links, others)))
    if chosen is not JSON:
        text = exported(index, snapshot, page.ids, chosen).encode()
        check_size((len(text),))
        return Response(text, 200, fields, chosen.media_type)
    body = envelope(index, snapshot, asked, page, {**links, "alternate": others})
    return Response(body, 200, fields, "application/json")


def answer_single(
    index: Index, addresses: Addresses, snapshot: Snapshot, request: Request, collection: str, key: str
) -> Response:
    pairs = pairs_of(request.scope["query_string"])
    found = find_single(index, snapshot, addresses, collection, key, pairs)
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
        return Response(exported(index, snapshot, ids, chosen), 200, fields, chosen.media_type)
    try:
        (body,) = ready(index, snapshot, [row.id], window.select, window.include)
    except TooManyBytes as error:
        raise as_refusal(error, "select", 0, in_address) from None
    if shape.defines and not window.select:
        body = with_member(body, b"terms", orjson.dumps(tree(snapshot, addresses, row.slug)))
    if shape.broader and not window.select:
        body = with_member(body, b"narrower", orjson.dumps(narrower(snapshot, addresses, row)))
        body = with_member(body, b"counts", orjson.dumps(counts(snapshot, row)))
    return Response(with_member(body, b"links", orjson.dumps(links)), 200, fields, "application/json")
