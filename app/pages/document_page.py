"""The page of one document: an entry, a person, an organisation, a term, a vocabulary."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import orjson
from pyroaring import BitMap
from starlette.requests import Request
from starlette.responses import Response

from app.exports.formats import JSON
from app.kit.errors import Gone, NotFound
from app.pages.context import PageContext
from app.pages.document_view import DocumentReader
from app.pages.hyperlinks import Hyperlink
from app.pages.labels import kind_label, member_label
from app.pages.rendering import render_public_page
from app.pages.result_items import ResultItem, load_items
from app.pages.search_urls import search_path
from app.reading.detail import find_document, narrower, tree
from app.reading.list_request import parse_query_string, reject_parameters
from app.reading.lists import available_formats
from app.reading.responses import headers
from app.reading.routing import check_collection
from app.search.index.rows import IndexRow
from app.search.index.snapshot import Snapshot
from app.search.query.model import Query

MAX_SHOWN: Final = 10
"""Entries on the page of what they have: the rest is a search."""


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries that have a term, a person or an organisation: the first ones, and where all are."""

    label: str
    count: int
    path: str
    items: list[ResultItem]


async def show_document(context: PageContext, request: Request, collection: str, key: str) -> Response:
    snapshot = await context.index.latest_snapshot()
    check_collection(snapshot, collection)
    return await asyncio.to_thread(render_document, context, snapshot, request, collection, key)


def render_document(context: PageContext, snapshot: Snapshot, request: Request, collection: str, key: str) -> Response:
    """Raises `Moved`, `Gone` and `NotFound`, as the document's own address does."""
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
    document = orjson.loads(body)
    schema = snapshot.registry.schemas[row.kind]
    vocabularies = {each.name: each.label for each in snapshot.registry.vocabularies.values()}
    return render_public_page(
        "document",
        context.site,
        headers=headers(snapshot.modified),
        view=DocumentReader(context.paths, vocabularies).view(document, schema),
        formats=list(_formats(context, snapshot, row)),
        parent=_parent(snapshot, row),
        entries=list(_entries(context, snapshot, row)),
        narrower=_narrower(context, snapshot, row),
        terms=tree(snapshot, context.own, row.slug) if schema.defines else (),
        report=_report_url(context, row),
    )


def _formats(context: PageContext, snapshot: Snapshot, row: IndexRow) -> Iterator[Hyperlink]:
    path = f"/v1/{row.collection}/{row.slug}"
    for each in available_formats(snapshot, row.collection):
        yield Hyperlink(each.label, f"{path}?as=json" if each is JSON else f"{path}.{each.extension}")


def _parent(snapshot: Snapshot, row: IndexRow) -> Hyperlink:
    """The list that the document is in."""
    vocabularies = {each.collection: each for each in snapshot.registry.vocabularies.values()}
    if row.collection in vocabularies:
        vocabulary = vocabularies[row.collection]
        return Hyperlink(vocabulary.label, f"/vocabularies/{vocabulary.name}")
    return Hyperlink(kind_label(row.collection), f"/{row.collection}")


def _narrower(context: PageContext, snapshot: Snapshot, row: IndexRow) -> list[Hyperlink]:
    if not snapshot.registry.schemas[row.kind].broader:
        return []
    below = narrower(snapshot, context.own, row)
    return [Hyperlink(each["label"], f"/{row.collection}/{each['slug']}") for each in below]


def _entries(context: PageContext, snapshot: Snapshot, row: IndexRow) -> Iterator[Entries]:
    """By every field of entries that has this document as its value; what another field has found is not repeated."""
    everything = snapshot.registry.everything
    shown = BitMap()
    for field in snapshot.fields(everything).values():
        if row.collection not in field.collections:
            continue
        having = (
            snapshot.closure(field, row.slug) if field.type.name == "term" else snapshot.posting(field.name, row.slug)
        )
        if having <= shown:
            continue
        shown |= having
        query = Query(everything, sort=snapshot.default_order(everything))
        ids = snapshot.page(query, having, skip=0, take=MAX_SHOWN)
        items = load_items(context, snapshot, ids, None)
        yield Entries(member_label(field.name), len(having), search_path([(field.name, row.slug)]), items)


def _report_url(context: PageContext, row: IndexRow) -> str | None:
    """A mail to the contact that says which page it is about; the page of the contact where that is no address."""
    return context.site.report_url(context.urls.pages.item(row.collection, row.slug), row.label)
