"""What robots and programs look for at a site: sitemaps, `robots.txt`, `llms.txt`, and the catalogue of interfaces."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

import orjson
from pyroaring import BitMap
from starlette.requests import Request
from starlette.responses import Response

from app.exports import markdown
from app.exports.context import ExportContext
from app.exports.formats import Format
from app.http.headers import TypedLink, link_header
from app.http.readers import identify_reader
from app.http.services import services_of
from app.kit.clock import rfc3339
from app.kit.errors import NotFound
from app.pages.context import PageContext
from app.pages.environment import render_template
from app.pages.guides import load_guides
from app.pages.head.signposting import LINK_SET
from app.pages.view_models.labels import kind_label
from app.reading.context import ReadingContext
from app.reading.export_stream import Export, ExportPlan, with_default_order
from app.reading.requests.list_request import parse_query_string, reject_parameters
from app.reading.responses import headers
from app.search.index.snapshot import Snapshot
from app.search.query.filter_parser import parse_parameters
from app.search.storage.rows import IndexRow

MAX_URLS: Final = 10_000
"""Pages in one sitemap; the protocol allows five times as many."""
API_CATALOG: Final = "/.well-known/api-catalog"
API_CATALOG_TYPE: Final = f'{LINK_SET};profile="https://www.rfc-editor.org/info/rfc9727"'
FULL_TEXT: Final = Format(
    "llms-full", "Markdown", "text/markdown; charset=utf-8", "txt", {"record": markdown.full_pieces}
)
XML, TEXT, MARKDOWN = "application/xml", "text/plain; charset=utf-8", "text/markdown; charset=utf-8"

Renderer = Callable[[PageContext, Snapshot], str]


async def show_sitemap_index(context: PageContext, request: Request) -> Response:
    return await _answer(context, request, render_sitemap_index, XML)


async def show_sitemap(context: PageContext, request: Request, number: int) -> Response:
    return await _answer(context, request, partial(render_sitemap, number=number), XML)


async def show_robots(context: PageContext, request: Request) -> Response:
    return await _answer(context, request, render_robots, TEXT)


async def show_llms(context: PageContext, request: Request) -> Response:
    return await _answer(context, request, render_llms, MARKDOWN)


async def show_llms_full(context: PageContext, request: Request) -> Response:
    """All entries with their long texts as one text in Markdown: an export like any other, with its bounds."""
    reject_parameters(parse_query_string(request.scope["query_string"]))
    snapshot = await context.index.latest_snapshot()
    reading = services_of(request)[ReadingContext]
    query = with_default_order(snapshot, parse_parameters(snapshot, snapshot.registry.everything, ()))
    address = f"{context.site.base}/llms.txt"
    shown = ExportContext(title=context.site.title, url=address, pages=context.urls.pages_elsewhere)
    plan = ExportPlan(query, FULL_TEXT, "record", shown, reading.max_export)
    return Export(context.index, plan, headers(snapshot.modified), reading.exports, await identify_reader(request))


async def show_api_catalog(context: PageContext, request: Request) -> Response:
    """RFC 9727, with the `Link` field that a response to HEAD should have."""
    link = link_header([TypedLink(f"{context.site.base}{API_CATALOG}", "api-catalog")])
    return await _answer(context, request, render_api_catalog, API_CATALOG_TYPE, link)


async def _answer(
    context: PageContext, request: Request, render: Renderer, media_type: str, links: str = ""
) -> Response:
    reject_parameters(parse_query_string(request.scope["query_string"]))
    snapshot = await context.index.latest_snapshot()
    text = await asyncio.to_thread(render, context, snapshot)
    return Response(text, 200, headers(snapshot.modified, links), media_type)


def listed(snapshot: Snapshot) -> BitMap:
    """Every live document with a page of its own use: synonyms are words for the search alone."""
    rings = {each.collection for each in snapshot.registry.vocabularies.values() if not each.is_field}
    names = [name for name in snapshot.registry.collections if name not in rings]
    return BitMap.union(BitMap(), *(snapshot.members(name) for name in names))


def _rows(snapshot: Snapshot, ids: Iterable[int]) -> Iterator[IndexRow]:
    return (row for ident in ids if (row := snapshot.rows.get(ident)) is not None)


def render_sitemap_index(context: PageContext, snapshot: Snapshot) -> str:
    """Each sitemap with the time at which the last of its pages changed."""
    ids = listed(snapshot)
    maps = []
    for number in range(max(1, -(-len(ids) // MAX_URLS))):
        rows = _rows(snapshot, ids[number * MAX_URLS : (number + 1) * MAX_URLS])
        changed = max((row.modified for row in rows), default=snapshot.modified)
        maps.append((f"{context.site.base}/sitemap/{number + 1}.xml", rfc3339(changed)))
    return render_template("discovery/sitemap_index.xml", maps=maps)


def render_sitemap(context: PageContext, snapshot: Snapshot, *, number: int) -> str:
    """In the order of ids, so that new pages come into the last one. Raises `NotFound` beyond it."""
    ids = listed(snapshot)
    if number < 1 or (number > 1 and (number - 1) * MAX_URLS >= len(ids)):
        raise NotFound("There is no sitemap with this number.")
    urls = context.urls.pages
    pages = [
        (urls.item(row.collection, row.slug), rfc3339(row.modified))
        for row in _rows(snapshot, ids[(number - 1) * MAX_URLS : number * MAX_URLS])
    ]
    first = [(f"{urls.base}/", rfc3339(snapshot.modified))] if number == 1 else []
    return render_template("discovery/sitemap.xml", pages=[*first, *pages])


def render_robots(context: PageContext, snapshot: Snapshot) -> str:
    return render_template("discovery/robots.txt", site=context.site)


def render_llms(context: PageContext, snapshot: Snapshot) -> str:
    """As llmstxt.org proposes: what is here, and where a program reads it."""
    vocabularies = {each.collection: each.label for each in snapshot.registry.vocabularies.values()}
    collections = [
        (vocabularies.get(name) or kind_label(name), context.urls.collection(name), len(snapshot.members(name)))
        for name in snapshot.registry.collections
    ]
    guides = load_guides(context.site.base)
    return render_template("discovery/llms.txt", site=context.site, collections=collections, guides=guides)


def render_api_catalog(context: PageContext, snapshot: Snapshot) -> str:
    base = context.site.base
    interface = {
        "anchor": f"{base}/v1",
        "service-desc": [{"href": f"{base}/openapi.json", "type": "application/json"}],
        "service-doc": [{"href": f"{base}/docs", "type": "text/html"}],
        "status": [{"href": f"{base}/health/ready", "type": "application/json"}],
    }
    catalog = {"anchor": f"{base}{API_CATALOG}", "item": [{"href": f"{base}/v1"}]}
    return orjson.dumps({"linkset": [catalog, interface]}).decode()
