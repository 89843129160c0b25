"""Cards: entries, lists and maps in a frame of any page. Each is at the address of its page, below `/embed`."""

import asyncio
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.kit.errors import AppError, Moved, NotFound
from app.kit.text.characters import sentence_case
from app.pages.context import PageContext
from app.pages.head.head_tags import DESCRIPTION
from app.pages.loaded_document import load_document
from app.pages.rendering import render_card
from app.pages.routing import PageRoute, error_head
from app.pages.site import Website
from app.pages.view_models.addressed_page import card_size
from app.pages.view_models.document_view import DocumentPresenter
from app.pages.view_models.map_view import map_view
from app.pages.view_models.page_requests import filled, parse_page_request, requested_map
from app.pages.view_models.result_items import load_items, people_of, shorten
from app.pages.view_models.search_urls import EMBED, MAP, SEARCH, search_path
from app.reading.evidence_map.representations import describe_map
from app.reading.evidence_map.svg import summarise
from app.reading.requests.list_request import parse_query_string
from app.reading.requests.urls import Pair
from app.reading.responses import headers
from app.reading.routing import check_collection
from app.search.index.fusion import find_listed
from app.search.index.snapshot import Snapshot
from app.search.query_summary import query_title


async def show_document_card(context: PageContext, request: Request, collection: str, key: str) -> Response:
    snapshot = await context.index.latest_snapshot()
    check_collection(snapshot, collection)
    return await asyncio.to_thread(render_document_card, context, snapshot, request, collection, key)


async def show_list_card(context: PageContext, request: Request, collection: str | None = None) -> Response:
    snapshot = await context.index.latest_snapshot()
    if collection is not None:
        check_collection(snapshot, collection)
        if collection == snapshot.registry.everything:
            raise NotFound(f"All entries are listed at {EMBED}{SEARCH}.")
    return await asyncio.to_thread(render_list_card, context, snapshot, _pairs_of(request), collection)


async def show_map_card(context: PageContext, request: Request) -> Response:
    snapshot = await context.index.latest_snapshot()
    return await asyncio.to_thread(render_map_card, context, snapshot, _pairs_of(request))


def _pairs_of(request: Request) -> list[Pair]:
    return filled(parse_query_string(request.scope["query_string"]))


def render_document_card(
    context: PageContext, snapshot: Snapshot, request: Request, collection: str, key: str
) -> Response:
    """Raises `Moved`, `Gone` and `NotFound`, as the document's own address does."""
    try:
        page = load_document(context, snapshot, request, collection, key)
    except Moved as error:
        base = context.site.base
        raise Moved(f"{base}{EMBED}{error.location.removeprefix(base)}", error.detail) from None
    vocabularies = {each.name: each.label for each in snapshot.registry.vocabularies.values()}
    view = DocumentPresenter(context.paths, vocabularies).view(page.document, snapshot.registry.schemas[page.row.kind])
    return render_card(
        "document",
        context.site,
        headers=headers(snapshot.modified),
        view=view,
        people=people_of(page.document),
        about=shorten(" ".join(view.lead), DESCRIPTION),
        url=page.url,
        pages=context.urls.pages.base,
    )


def render_list_card(context: PageContext, snapshot: Snapshot, pairs: list[Pair], collection: str | None) -> Response:
    """Of all entries, where no collection is named. Raises `BadQuery`."""
    wanted = parse_page_request(snapshot, collection or snapshot.registry.everything, pairs)
    matched = snapshot.match(wanted.query)
    size = card_size(pairs, wanted.window.per_page)
    ids, further = find_listed(snapshot, wanted.query, matched, skip=wanted.window.skip, take=size)
    rest = [pair for pair in pairs if pair[0] not in ("page", "per_page")]
    return render_card(
        "list",
        context.site,
        headers=headers(snapshot.modified),
        title=query_title(snapshot, wanted.query),
        items=load_items(context, snapshot, ids, None),
        count=len(matched) + further,
        url=context.urls.pages.list_url(wanted.query.collection, rest),
        pages=context.urls.pages.base,
    )


def render_map_card(context: PageContext, snapshot: Snapshot, pairs: list[Pair]) -> Response:
    """Raises `BadQuery`."""
    wanted, table, parameters = requested_map(snapshot, pairs)
    description = describe_map(snapshot, wanted)
    return render_card(
        "map",
        context.site,
        headers=headers(snapshot.modified),
        title=sentence_case(description),
        summary=summarise(table, description),
        view=map_view(snapshot, wanted, table, context.urls.pages.base),
        url=f"{context.urls.pages.base}{search_path(parameters, MAP)}",
    )


def error_card(site: Website, error: AppError) -> Response:
    """What is wrong, where the card would stand."""
    status, fields = error_head(error)
    return render_card("problem", site, status=status, headers=fields, error=error)


CardRoute: Final = partial(PageRoute, show_error=error_card)
CARD_ROUTES: Final = (
    CardRoute(f"{EMBED}{MAP}", show_map_card),
    CardRoute(f"{EMBED}{SEARCH}", show_list_card),
    CardRoute(f"{EMBED}/{{collection:page_collection}}", show_list_card),
    CardRoute(f"{EMBED}/{{collection:page_collection}}/{{key:key}}", show_document_card),
)
