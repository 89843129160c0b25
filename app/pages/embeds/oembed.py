"""oEmbed 1.0 (oembed.com): the address of a page comes in; what to put into another page goes out."""

import asyncio
from collections.abc import Mapping
from html import escape
from typing import Final
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.exports.metadata.xml_text import DECLARATION, branch, leaf
from app.kit.error_collector import ErrorCollector
from app.kit.errors import BadQuery, ErrorDetail, NotAcceptable, repeated
from app.pages.context import PageContext
from app.pages.site import Website
from app.pages.view_models.addressed_page import AddressedPage, find_page
from app.reading.requests.list_request import parse_query_string
from app.reading.requests.urls import Pair
from app.reading.responses import headers
from app.search.index.snapshot import Snapshot

PATH: Final = "/oembed"
PARAMETERS: Final = ("url", "maxwidth", "maxheight", "format")
FORMATS: Final[Mapping[str, str]] = {"json": "application/json", "xml": "text/xml; charset=utf-8"}
TAG_MEDIA_TYPES: Final = {"json": "application/json+oembed", "xml": "text/xml+oembed"}
MAX_LENGTH: Final = 2048
"""Characters of an address that can be embedded: those who embed it keep it."""
WIDTH: Final = 600
"""CSS pixels; a card is as wide as there is room."""
MAX_PIXELS: Final = 10_000
MAX_AGE: Final = 86_400
"""Seconds for which whoever embeds may keep this; what the card shows is always up to date."""

OembedTag = tuple[str, str]
"""Media type and address."""


def oembed_tags(site: Website, url: str) -> list[OembedTag]:
    """Where the head of a page says how it can be embedded (oEmbed, section 4); none for a very long address."""
    if len(url) > MAX_LENGTH:
        return []
    return [
        (media_type, f"{site.base}{PATH}?{urlencode({'url': url, 'format': name})}")
        for name, media_type in TAG_MEDIA_TYPES.items()
    ]


async def show_oembed(context: PageContext, request: Request) -> Response:
    given = _parse(parse_query_string(request.scope["query_string"]))
    chosen = given.get("format", "json")
    if chosen not in FORMATS:
        error = ErrorDetail("unknown-format", "This is not a format of oEmbed.", "format", allowed=tuple(FORMATS))
        raise NotAcceptable(choices=list(FORMATS.values()), errors=[error])
    snapshot = await context.index.latest_snapshot()
    return await asyncio.to_thread(_answer, context, snapshot, given, chosen)


def _answer(context: PageContext, snapshot: Snapshot, given: Mapping[str, str], chosen: str) -> Response:
    page = find_page(context, snapshot, given["url"])
    width = min(WIDTH, int(given.get("maxwidth", WIDTH)))
    height = min(page.height, int(given.get("maxheight", page.height)))
    members = {
        "version": "1.0",
        "type": "rich",
        "title": page.title,
        "provider_name": context.site.title,
        "provider_url": f"{context.site.base}/",
        "cache_age": MAX_AGE,
        "width": width,
        "height": height,
        "html": _frame(context.site.base, page, width, height),
    }
    if chosen == "json":
        body = orjson.dumps(members)
    else:
        body = f"{DECLARATION}{branch('oembed', *(leaf(name, value) for name, value in members.items()))}".encode()
    return Response(body, 200, headers(snapshot.modified), FORMATS[chosen])


def _frame(base: str, page: AddressedPage, width: int, height: int) -> str:
    """It may run its own script, and lead the reader to what was chosen; nothing else."""
    allowed = "allow-scripts allow-popups allow-top-navigation-by-user-activation"
    return (
        f'<iframe src="{escape(base + page.card)}" width="{width}" height="{height}" title="{escape(page.title)}" '
        f'sandbox="{allowed}" loading="lazy" frameborder="0"></iframe>'
    )


def _parse(pairs: tuple[Pair, ...]) -> dict[str, str]:
    """Raises `BadQuery`."""
    errors = ErrorCollector()
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in PARAMETERS:
            errors.add(ErrorDetail("unknown-parameter", "Unknown parameter.", name, allowed=PARAMETERS))
        elif name in given:
            errors.add(repeated(name))
        given[name] = value
    if not given.get("url"):
        errors.add(ErrorDetail("missing", "This is required: the address of a page.", "url"))
    for name in ("maxwidth", "maxheight"):
        value = given.get(name, "1")
        if not (value.isascii() and value.isdigit() and len(value) <= 5 and 1 <= int(value) <= MAX_PIXELS):
            errors.add(ErrorDetail("out-of-range", f"Must be a number from 1 to {MAX_PIXELS}.", name))
    errors.check(BadQuery)
    return given
