"""The document that a page is about, found as its own address finds it."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from starlette.requests import Request

from app.exports.formats import Format
from app.exports.record import Record
from app.kit.errors import Gone, NotFound
from app.kit.json_types import JsonObject
from app.pages.context import PageContext
from app.reading.content.detail import find_document
from app.reading.content.lists import available_formats
from app.reading.content.projection import make_view
from app.reading.content.sections import resolve_sections
from app.reading.requests.list_request import parse_query_string, reject_parameters
from app.search.index.snapshot import Snapshot
from app.search.storage.rows import IndexRow


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """`record` is None for what cannot be cited; `url` is the public address of its page."""

    row: IndexRow
    document: JsonObject
    record: Record | None
    formats: Sequence[Format]
    url: str


def load_document(
    context: PageContext, snapshot: Snapshot, request: Request, collection: str, key: str
) -> LoadedDocument:
    """Raises `Moved`, `Gone` and `NotFound`, and `BadQuery` for parameters: a page takes none."""
    pairs = parse_query_string(request.scope["query_string"])
    try:
        found = find_document(context.index, snapshot, context.own, collection, key, pairs)
    except Gone as error:
        replacement = error.replacement and context.paths.path(error.replacement)
        raise Gone(error.detail, reason=error.reason, date=error.date, replacement=replacement) from None
    if found.extension is not None:
        raise NotFound("Nothing is published at this URL.")
    reject_parameters(pairs)
    row = found.row
    (body,) = context.index.bodies(snapshot, [row.id])
    if snapshot.registry.schemas[row.kind].has_sections:
        body = resolve_sections(context.index, snapshot, context.urls, body)
    document = orjson.loads(body)
    record = make_view(document, "record", context.urls.pages_elsewhere)
    return LoadedDocument(
        row,
        document,
        record=record if isinstance(record, Record) else None,
        formats=available_formats(snapshot, row.collection),
        url=context.urls.pages.item(row.collection, row.slug),
    )
