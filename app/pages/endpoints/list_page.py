"""Lists as pages: the search over all entries, and the list of each collection, with the parameters of the API."""

import asyncio
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.exports.formats import JSON
from app.kit.errors import NotFound
from app.pages.context import PageContext
from app.pages.embeds.oembed import oembed_tags
from app.pages.head.feed_tags import feed_tags
from app.pages.hyperlinks import Hyperlink
from app.pages.rendering import render_public_page
from app.pages.view_models.facet_view import WINDOW, FacetViews
from app.pages.view_models.labels import kind_label
from app.pages.view_models.page_requests import filled, parse_page_request
from app.pages.view_models.result_items import load_items
from app.pages.view_models.search_urls import MAP, SEARCH, search_path
from app.reading.content.lists import available_formats
from app.reading.fruitless_searches import note_fruitless_search
from app.reading.requests.list_request import ListRequest, parse_query_string
from app.reading.requests.result_window import MAX_RESULTS
from app.reading.requests.urls import Pair, replace_parameters
from app.reading.responses import headers
from app.reading.routing import check_collection
from app.search.index.fusion import find_listed
from app.search.index.snapshot import Snapshot
from app.search.query.model import RELEVANCE

ORDERS: Final = (("issued", "-issued", "Newest first"), ("title", "title", "By title"))
"""Field, order and its name."""


@dataclass(frozen=True, slots=True)
class Pager:
    """Where the pages before and after this one are."""

    number: int
    last: int
    previous: str | None
    following: str | None


async def show_search(context: PageContext, request: Request) -> Response:
    snapshot = await context.index.latest_snapshot()
    return await asyncio.to_thread(render_list, context, snapshot, request, snapshot.registry.everything)


async def show_list(context: PageContext, request: Request, collection: str) -> Response:
    snapshot = await context.index.latest_snapshot()
    check_collection(snapshot, collection)
    if collection == snapshot.registry.everything:
        raise NotFound(f"All entries are listed at {SEARCH}.")
    return await asyncio.to_thread(render_list, context, snapshot, request, collection)


def render_list(context: PageContext, snapshot: Snapshot, request: Request, collection: str) -> Response:
    """Empty form fields are ignored. Raises `BadQuery`."""
    pairs = filled(parse_query_string(request.scope["query_string"]))
    wanted = parse_page_request(snapshot, collection, pairs)
    query, window = wanted.query, wanted.window
    is_search = collection == snapshot.registry.everything
    path = SEARCH if is_search else f"/{collection}"
    matched = snapshot.match(query)
    ids, further = find_listed(snapshot, query, matched, skip=window.skip, take=window.per_page)
    note_fruitless_search(snapshot, query, len(matched))
    links = FacetViews(snapshot, query, path, pairs)
    found = snapshot.find(query.words) if query.words else None
    mended = snapshot.correction(query)
    return render_public_page(
        "list",
        context.site,
        headers=headers(snapshot.modified),
        title="Search" if is_search else _title(snapshot, collection),
        path=path,
        words=query.words or "",
        kept=[pair for pair in pairs if pair[0] not in ("q", "page") and pair != ("sort", str(RELEVANCE))],
        count=len(matched),
        items=load_items(context, snapshot, ids, query.words),
        facets=list(links.facets(matched)),
        chosen=list(links.chosen()),
        orders=_orders(snapshot, wanted, path, pairs),
        further=further,
        pager=_pager(window.page or 1, window.per_page, len(matched) + further, path, pairs),
        mended=Hyperlink(mended, search_path(replace_parameters(pairs, q=mended, page=None), path)) if mended else None,
        is_partial=found is not None and found.is_partial,
        formats=_formats(snapshot, collection, pairs),
        feeds=list(feed_tags(snapshot, context.urls, query)),
        oembed=oembed_tags(context.site, f"{context.site.base}{search_path(pairs, path)}"),
        map=search_path([pair for pair in pairs if pair[0] not in WINDOW or pair[0] == "q"], MAP)
        if is_search
        else None,
        is_filtered=any(name not in WINDOW for name, _ in pairs),
    )


def _title(snapshot: Snapshot, collection: str) -> str:
    vocabularies = {each.collection: each.label for each in snapshot.registry.vocabularies.values()}
    return vocabularies.get(collection) or kind_label(collection)


def _orders(snapshot: Snapshot, wanted: ListRequest, path: str, pairs: list[Pair]) -> list[Hyperlink]:
    """The orders there are to choose from; the present one leads nowhere."""
    query = wanted.query
    fields = snapshot.fields(query.collection)
    offered = [(order, label) for name, order, label in ORDERS if name in fields and fields[name].sortable]
    if query.words:
        offered.insert(0, (str(RELEVANCE), "Best match first"))
    now = str(query.sort[0]) if query.sort else ""
    return [
        Hyperlink(label, None if order == now else search_path(replace_parameters(pairs, sort=order, page=None), path))
        for order, label in offered
    ]


def _pager(number: int, per_page: int, count: int, path: str, pairs: list[Pair]) -> Pager:
    last = max(1, min(-(-count // per_page), MAX_RESULTS // per_page))
    before = search_path(replace_parameters(pairs, page=number - 1 if number > 2 else None), path)
    after = search_path(replace_parameters(pairs, page=number + 1), path)
    return Pager(number, last, before if number > 1 else None, after if number < last else None)


def _formats(snapshot: Snapshot, collection: str, pairs: list[Pair]) -> list[Hyperlink]:
    """The same list for programs; one of citations has all that match."""
    rest = replace_parameters(pairs, page=None, per_page=None)
    return [
        Hyperlink(each.label, search_path([*pairs, ("as", "json")], f"/v1/{collection}"))
        if each is JSON
        else Hyperlink(each.label, search_path(rest, f"/v1/{collection}.{each.extension}"))
        for each in available_formats(snapshot, collection)
    ]
