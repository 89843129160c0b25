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
from app.http.context import Use, note_use
from app.http.headers import link_header
from app.kit.errors import NotFound
from app.pages.context import PageContext
from app.pages.embeds.oembed import oembed_tags
from app.pages.head.feed_tags import FeedTag, feed_tags
from app.pages.head.head_tags import DESCRIPTION, citation_tags, dublin_core_tags, open_graph_tags, structured_data
from app.pages.head.signposting import LINK_SET, header_links, link_set
from app.pages.hyperlinks import Hyperlink
from app.pages.loaded_document import LoadedDocument, load_document
from app.pages.rendering import render_public_page
from app.pages.view_models.document_view import DocumentPresenter
from app.pages.view_models.labels import kind_label, member_label
from app.pages.view_models.result_items import ResultItem, load_items, shorten
from app.pages.view_models.search_urls import search_path
from app.reading.content.detail import narrower, tree
from app.reading.responses import headers
from app.reading.routing import check_collection
from app.search.index.snapshot import Snapshot
from app.search.query.model import Leaf, Query
from app.search.storage.rows import IndexRow

MAX_SHOWN: Final = 10
"""Entries on the page of what they have: the rest is a search."""


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries that have a term, a person or an organisation: the first ones, and where all are."""

    label: str
    count: int
    path: str
    items: list[ResultItem]
    feeds: list[FeedTag]


async def show_document(context: PageContext, request: Request, collection: str, key: str) -> Response:
    snapshot = await context.index.latest_snapshot()
    check_collection(snapshot, collection)
    return await asyncio.to_thread(render_document, context, snapshot, request, collection, key)


async def show_link_set(context: PageContext, request: Request, collection: str, key: str) -> Response:
    """The typed links of an entry (RFC 9264)."""
    snapshot = await context.index.latest_snapshot()
    check_collection(snapshot, collection)
    page = await asyncio.to_thread(load_document, context, snapshot, request, collection, key)
    if page.record is None:
        raise NotFound("Only entries have typed links.")
    content = orjson.dumps(link_set(context.urls, page, page.record))
    return Response(content, 200, headers(snapshot.modified), LINK_SET)


def render_document(context: PageContext, snapshot: Snapshot, request: Request, collection: str, key: str) -> Response:
    """Raises `Moved`, `Gone` and `NotFound`, as the document's own address does."""
    page = load_document(context, snapshot, request, collection, key)
    row, record = page.row, page.record
    note_use(Use("view", row.uuid, "html"))
    schema = snapshot.registry.schemas[row.kind]
    vocabularies = {each.name: each.label for each in snapshot.registry.vocabularies.values()}
    view = DocumentPresenter(context.paths, vocabularies, context.leave(row.uuid)).view(page.document, schema)
    about = " ".join(view.lead)
    return render_public_page(
        "document",
        context.site,
        headers=headers(snapshot.modified, link_header(header_links(context.urls, page))),
        view=view,
        canonical=page.url,
        is_elsewhere=context.urls.pages.base != context.site.base,
        about=shorten(about, DESCRIPTION),
        tags=[*citation_tags(record, page.url), *dublin_core_tags(record, page.url)] if record else [],
        properties=list(open_graph_tags(view.heading, about, row.kind, page.url, context.site.title)),
        identifier=f"https://doi.org/{record.doi}" if record and record.doi else page.url,
        citations=f"/{row.collection}/{row.slug}/citation" if record else None,
        structured=structured_data(record, page.url) if record else None,
        formats=list(_formats(page)),
        oembed=oembed_tags(context.site, page.url),
        parent=_parent(snapshot, row),
        entries=list(_entries(context, snapshot, row)),
        narrower=_narrower(context, snapshot, row),
        terms=tree(snapshot, context.own, row.slug) if schema.defines else (),
        report=context.site.report_url(page.url, row.label),
    )


def _formats(page: LoadedDocument) -> Iterator[tuple[Hyperlink, str]]:
    """Links and their media types."""
    path = f"/v1/{page.row.collection}/{page.row.slug}"
    for each in page.formats:
        yield Hyperlink(each.label, f"{path}?as=json" if each is JSON else f"{path}.{each.extension}"), each.media_type


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
        query = Query(everything, sort=snapshot.default_order(everything), where=Leaf(field.name, "any", (row.slug,)))
        ids = snapshot.page(query, having, skip=0, take=MAX_SHOWN)
        items = load_items(context, snapshot, ids, None)
        path = search_path([(field.name, row.slug)])
        feeds = list(feed_tags(snapshot, context.urls, query))
        yield Entries(member_label(field.name), len(having), path, items, feeds)
