"""How an entry is cited: its citation in every style, to be copied."""

import asyncio
from collections.abc import Iterator

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from app.exports.bibliography.citations import STYLES
from app.http.context import Use, note_use
from app.kit.errors import NotFound
from app.pages.context import PageContext
from app.pages.loaded_document import load_document
from app.pages.rendering import render_public_page
from app.reading.responses import headers
from app.reading.routing import check_collection
from app.search.index.snapshot import Snapshot

StyledCitation = tuple[str, str, Markup]
"""Name and label of a style, and the citation as HTML."""


async def show_citations(context: PageContext, request: Request, collection: str, key: str) -> Response:
    snapshot = await context.index.latest_snapshot()
    check_collection(snapshot, collection)
    return await asyncio.to_thread(render_citations, context, snapshot, request, collection, key)


def render_citations(context: PageContext, snapshot: Snapshot, request: Request, collection: str, key: str) -> Response:
    """Raises `NotFound` for what cannot be cited, and whatever the entry's own page does."""
    page = load_document(context, snapshot, request, collection, key)
    if page.record is None:
        raise NotFound("Only entries have citations.")
    note_use(Use("view", page.row.uuid, "citations"))
    return render_public_page(
        "citations",
        context.site,
        headers=headers(snapshot.modified),
        title=page.record.title,
        path=f"/{page.row.collection}/{page.row.slug}",
        canonical=page.url,
        citations=list(_citations(context, snapshot, page.row.id)),
    )


def _citations(context: PageContext, snapshot: Snapshot, ident: int) -> Iterator[StyledCitation]:
    for name, text in context.citations.in_every_style(snapshot, ident).items():
        yield name, STYLES[name].label, Markup(text)
