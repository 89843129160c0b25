"""The first page: what this is, a search, the journey through the stages, the collections, and what is new."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.pages.context import PageContext
from app.pages.head.feed_tags import feed_tags
from app.pages.rendering import render_public_page
from app.pages.view_models.journey import Drawing, Stop, draw_tall, draw_wide, is_journey
from app.pages.view_models.labels import kind_label
from app.pages.view_models.result_items import load_items
from app.reading.requests.list_request import parse_query_string, reject_parameters
from app.reading.responses import headers
from app.search.index.snapshot import Snapshot
from app.search.query.model import Query

NEWEST: Final = 6
"""Entries under what is new."""


@dataclass(frozen=True, slots=True)
class CollectionCard:
    label: str
    path: str
    count: int


@dataclass(frozen=True, slots=True)
class JourneyView:
    """The same journey twice: for wide screens and for narrow ones."""

    label: str
    path: str
    drawings: tuple[tuple[str, Drawing], ...]


async def show_home(context: PageContext, request: Request) -> Response:
    reject_parameters(parse_query_string(request.scope["query_string"]))
    snapshot = await context.index.latest_snapshot()
    return await asyncio.to_thread(render_home, context, snapshot)


def render_home(context: PageContext, snapshot: Snapshot) -> Response:
    everything = snapshot.registry.everything
    newest = Query(everything, sort=snapshot.default_order(everything))
    ids = snapshot.page(newest, snapshot.members(everything), skip=0, take=NEWEST)
    return render_public_page(
        "home",
        context.site,
        headers=headers(snapshot.modified),
        count=len(snapshot.members(everything)),
        journeys=list(_journeys(snapshot)),
        cards=list(_cards(snapshot)),
        feeds=list(feed_tags(snapshot, context.urls, newest)),
        items=load_items(context, snapshot, ids, None),
    )


def _cards(snapshot: Snapshot) -> Iterator[CollectionCard]:
    """Every collection that has something, but those of terms: they have a page together."""
    terms = {each.collection for each in snapshot.registry.vocabularies.values()}
    for name in snapshot.registry.collections:
        count = len(snapshot.members(name))
        if count and name not in terms and name != snapshot.registry.everything:
            yield CollectionCard(kind_label(name), f"/{name}", count)


def _journeys(snapshot: Snapshot) -> Iterator[JourneyView]:
    """Of each ordered vocabulary with few terms and short names."""
    for vocabulary in snapshot.registry.facets:
        if not vocabulary.is_ordered:
            continue
        stops = list(_stops(snapshot, vocabulary.name, vocabulary.collection))
        if is_journey([stop.label for stop in stops]):
            drawings = (("wide", draw_wide(stops)), ("tall", draw_tall(stops)))
            yield JourneyView(vocabulary.label, f"/vocabularies/{vocabulary.name}", drawings)


def _stops(snapshot: Snapshot, name: str, collection: str) -> Iterator[Stop]:
    """In the vocabulary's order; a term with narrower ones is no step, but several."""
    field = snapshot.fields(snapshot.registry.everything)[name]
    entries = snapshot.members(snapshot.registry.everything)
    order = snapshot.default_order(collection)
    for ident in snapshot.orders.walk(collection, order, snapshot.members(collection)):
        row = snapshot.rows.get(ident)
        if row is not None and not snapshot.posting(f"@broader/{collection}", row.slug):
            count = entries.intersection_cardinality(snapshot.closure(field, row.slug))
            yield Stop(row.label, f"/{collection}/{row.slug}", count)
