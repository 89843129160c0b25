"""What the address of a page of ours shows, found without making the page: an entry or another document, a list, a
map."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from app.kit.errors import BadQuery, ErrorDetail, Moved, NotFound
from app.kit.text.characters import sentence_case
from app.pages.context import PageContext
from app.pages.view_models.page_requests import filled, parse_page_request, requested_map
from app.pages.view_models.search_urls import EMBED, MAP, SEARCH
from app.reading.content.detail import find_document
from app.reading.evidence_map.representations import describe_map
from app.reading.requests.urls import Pair, encoded
from app.reading.routing import check_collection
from app.search.index.snapshot import Snapshot
from app.search.query_summary import query_title

CARD: Final = 300
"""Height of the card of a document, in CSS pixels."""
LIST_HEAD, LIST_ITEM = 130, 100
MAP_HEAD, MAP_ROW = 330, 40
LISTED: Final = 5
"""Entries on the card of a list."""
MAX_FIELDS: Final = 200
"""Parameters in an address."""


@dataclass(frozen=True, slots=True)
class AddressedPage:
    """`card` is the address of its card, `height` about how high that is."""

    title: str
    card: str
    height: int


def find_page(context: PageContext, snapshot: Snapshot, url: str) -> AddressedPage:
    """Raises `NotFound` for what is no address of a page, `Gone` for what was withdrawn, and `BadQuery` for a list
    or a map with invalid parameters."""
    bases = sorted({context.site.base, context.urls.pages.base}, key=len, reverse=True)  # one may begin with the other
    base = next((each for each in bases if url == each or url.startswith((f"{each}/", f"{each}?"))), None)
    if base is None:
        raise NotFound("This is not the address of a page of this service.")
    try:
        parts = urlsplit(url.removeprefix(base))
        given = parse_qsl(parts.query, errors="strict", max_num_fields=MAX_FIELDS)
        path = unquote(parts.path, errors="strict")
    except ValueError:
        raise NotFound("This is not the address of a page of this service.") from None
    try:
        return _page(context, snapshot, path, filled(given))
    except BadQuery as error:
        detail = ErrorDetail("invalid-value", f"This leads to a page that cannot be shown: {error.detail}", "url")
        raise BadQuery(errors=[detail]) from None


def _page(context: PageContext, snapshot: Snapshot, path: str, pairs: list[Pair]) -> AddressedPage:
    query = f"?{encoded(pairs)}" if pairs else ""
    if path == MAP:
        wanted, table, _ = requested_map(snapshot, pairs)
        height = MAP_HEAD + MAP_ROW * len(table.rows.values)
        return AddressedPage(sentence_case(describe_map(snapshot, wanted)), f"{EMBED}{MAP}{query}", height)
    collection, _, key = path.removeprefix("/").partition("/")
    if path == SEARCH or not key:
        collection = snapshot.registry.everything if path == SEARCH else collection
        check_collection(snapshot, collection)
        wanted_list = parse_page_request(snapshot, collection, pairs)
        height = LIST_HEAD + LIST_ITEM * card_size(pairs, wanted_list.window.per_page)
        return AddressedPage(query_title(snapshot, wanted_list.query), f"{EMBED}{path}{query}", height)
    check_collection(snapshot, collection)
    return _document(context, snapshot, collection, key)


def card_size(pairs: list[Pair], per_page: int) -> int:
    """Entries on a card: five, unless it says how many."""
    return per_page if any(name == "per_page" for name, _ in pairs) else LISTED


def _document(context: PageContext, snapshot: Snapshot, collection: str, key: str) -> AddressedPage:
    """That of what stands in its place now, where it has moved."""
    try:
        found = find_document(context.index, snapshot, context.own, collection, key, ())
    except Moved as error:
        collection, _, key = error.location.removeprefix(f"{context.site.base}/").partition("/")
        found = find_document(context.index, snapshot, context.own, collection, key, ())
    if found.extension is not None:
        raise NotFound("Nothing is published at this URL.")
    return AddressedPage(found.row.label, f"{EMBED}/{found.row.collection}/{found.row.slug}", CARD)
