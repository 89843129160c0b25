"""ResourceSync (ANSI/NISO Z39.99-2017): all public documents in sitemaps that say so, and the latest changes.

A resource is the JSON of a document at the address with its id, which no renaming changes.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from pyroaring import BitMap
from starlette.requests import Request
from starlette.responses import Response

from app.documents.changes import latest_changes
from app.documents.store import DocumentState
from app.kit.clock import rfc3339
from app.kit.errors import NotFound
from app.pages.context import PageContext
from app.pages.environment import render_template
from app.reading.requests.list_request import parse_query_string, reject_parameters
from app.reading.responses import headers
from app.search.index.snapshot import Snapshot

MAX_RESOURCES: Final = 10_000
"""In one list; the protocol allows five times as many."""
MAX_CHANGES: Final = 5_000
"""Documents in the change list; who has not looked for longer starts with the resource list."""
SOURCE: Final = "/.well-known/resourcesync"
FOLDER: Final = "/resourcesync"
CAPABILITIES, RESOURCES, CHANGES = (f"{FOLDER}/{name}.xml" for name in ("capabilitylist", "resourcelist", "changelist"))
XML: Final = "application/xml"
MARGIN: Final = timedelta(minutes=1)
"""A change is dated when it is requested and public once it is committed: what is dated earlier may come later."""

Attributes = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ListedResource:
    """One `url` of a list, or a list in an index; `md` are the attributes of its `rs:md`."""

    url: str
    modified: str = ""
    md: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResourceList:
    """`links` are the documents above it, by relation; `md` says what it is."""

    md: Attributes
    resources: Sequence[ListedResource]
    links: Attributes = field(default_factory=dict)
    is_index: bool = False


Listing = Callable[[PageContext], tuple[ResourceList, datetime]]
"""Returns also when something was published last."""


async def show_source_description(context: PageContext, request: Request) -> Response:
    return await _answer(context, request, describe_source)


async def show_capability_list(context: PageContext, request: Request) -> Response:
    return await _answer(context, request, list_capabilities)


async def show_resource_list(context: PageContext, request: Request) -> Response:
    return await _answer(context, request, list_resources)


async def show_resource_list_part(context: PageContext, request: Request, number: int) -> Response:
    return await _answer(context, request, partial(list_resources, number=number))


async def show_change_list(context: PageContext, request: Request) -> Response:
    return await _answer(context, request, list_latest_changes)


async def _answer(context: PageContext, request: Request, listing: Listing) -> Response:
    reject_parameters(parse_query_string(request.scope["query_string"]))
    text, modified = await asyncio.to_thread(_render, context, listing)
    return Response(text, 200, headers(modified), XML)


def _render(context: PageContext, listing: Listing) -> tuple[str, datetime]:
    listed, modified = listing(context)
    return render_template("discovery/resource_sync.xml", listed=listed), modified


def describe_source(context: PageContext) -> tuple[ResourceList, datetime]:
    capabilities = ListedResource(_url(context, CAPABILITIES), md={"capability": "capabilitylist"})
    return ResourceList({"capability": "description"}, [capabilities]), context.index.current_snapshot().modified


def list_capabilities(context: PageContext) -> tuple[ResourceList, datetime]:
    named = {"resourcelist": RESOURCES, "changelist": CHANGES}
    resources = [ListedResource(_url(context, path), md={"capability": name}) for name, path in named.items()]
    up = {"up": _url(context, SOURCE)}
    return ResourceList({"capability": "capabilitylist"}, resources, up), context.index.current_snapshot().modified


def list_resources(context: PageContext, *, number: int | None = None) -> tuple[ResourceList, datetime]:
    """All at once, or an index of the parts where they are many; a part by its number, from 1. In the order of ids, so
    that what is new comes into the last one. Raises `NotFound` for a part that is not there."""
    snapshot = context.index.current_snapshot()
    ids = BitMap.union(BitMap(), *(snapshot.members(name) for name in snapshot.registry.collections))
    parts = range(1, -(-len(ids) // MAX_RESOURCES) + 1) if len(ids) > MAX_RESOURCES else range(0)
    md = {"capability": "resourcelist", "at": rfc3339(snapshot.modified - MARGIN)}
    links = {"up": _url(context, CAPABILITIES)}
    if number is not None:
        if number not in parts:
            raise NotFound("There is no resource list with this number.")
        ids = ids[(number - 1) * MAX_RESOURCES : number * MAX_RESOURCES]
        links["index"] = _url(context, RESOURCES)
    elif parts:
        listed = [ListedResource(_url(context, f"{FOLDER}/resourcelist/{each}.xml")) for each in parts]
        return ResourceList(md, listed, links, is_index=True), snapshot.modified
    return ResourceList(md, list(_live(context, snapshot, ids)), links), snapshot.modified


def _live(context: PageContext, snapshot: Snapshot, ids: BitMap) -> Iterator[ListedResource]:
    for row in (snapshot.rows.get(ident) for ident in ids):
        if row is not None:
            yield ListedResource(context.urls.item(row.collection, row.uuid), rfc3339(row.modified))


def list_latest_changes(context: PageContext) -> tuple[ResourceList, datetime]:
    """The latest change of each document, the oldest first; since `from` it is complete."""
    with context.index.open_view() as view:
        rows = view.session.execute(latest_changes(MAX_CHANGES + 1)).all()
        modified = view.snapshot.modified
    start = rows[-1].modified + MARGIN if len(rows) > MAX_CHANGES else None
    md = {"capability": "changelist", "from": rfc3339(start or (rows[-1].modified - MARGIN if rows else modified))}
    dated = sorted(rows, key=lambda row: row.modified)
    listed = [_change(context, row) for row in dated if start is None or row.modified >= start]
    return ResourceList(md, listed, {"up": _url(context, CAPABILITIES)}), modified


def _change(context: PageContext, row: Any) -> ListedResource:
    """What was merged into another is gone from its address as well."""
    change = "updated" if row.revision > row.first_revision else "created"
    if row.state != DocumentState.live:
        change = "deleted"
    moment = rfc3339(row.modified)
    url = context.urls.item(row.collection, row.uuid)
    return ListedResource(url, "" if change == "deleted" else moment, {"change": change, "datetime": moment})


def _url(context: PageContext, path: str) -> str:
    return f"{context.site.base}{path}"
