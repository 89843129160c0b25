"""Redirects of browsers from addresses of the API to the pages of the same resources."""

from collections.abc import Sequence
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.exports.negotiation import prefers_html
from app.http.headers import NO_STORE
from app.kit.errors import Gone, Moved
from app.reading.content.detail import find_document
from app.reading.context import ReadingContext
from app.reading.requests.urls import Pair
from app.reading.responses import VARY
from app.search.index.snapshot import Snapshot


def wants_page(request: Request, pairs: Sequence[Pair] = ()) -> bool:
    """Whether `Accept` names HTML and prefers it to JSON, and no format is requested by name."""
    return prefers_html(request.headers.get("accept")) and not any(name == "as" for name, _ in pairs)


def see_page(url: str) -> Response:
    """303, not cached: programs get a document at the same address."""
    return RedirectResponse(url, 303, {"Cache-Control": NO_STORE, "Vary": VARY})


def find_page_url(context: ReadingContext, snapshot: Snapshot, collection: str, key: str) -> str | None:
    """The page of what a key names, be it live, moved or gone; None where it has an extension. Raises `NotFound`."""
    pages = context.urls.pages
    with suppress(Gone):
        try:
            found = find_document(context.index, snapshot, pages, collection, key, ())
        except Moved as error:
            return error.location
        return None if found.extension else pages.item(found.row.collection, found.row.slug)
    return pages.item(collection, key)
