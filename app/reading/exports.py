"""The context of an export, and the name of its file."""

from dataclasses import replace
from typing import Final

from app.exports.context import ExportContext
from app.exports.formats import Format
from app.reading.context import ReadingContext
from app.reading.requests.urls import Pair
from app.search.index.snapshot import Snapshot
from app.search.query.model import Query
from app.search.query_summary import describe_query
from app.search.storage.rows import IndexRow

PAGE_POLICY: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def list_context(
    context: ReadingContext, snapshot: Snapshot, query: Query, pairs: tuple[Pair, ...] | None
) -> ExportContext:
    """That of everything a query finds, or of a page of it."""
    url = context.urls.query_url(f"/v1/{query.collection}", pairs or ())
    return _context(context, snapshot, describe_query(snapshot, query), url)


def item_context(context: ReadingContext, snapshot: Snapshot, row: IndexRow) -> ExportContext:
    """That of a single thing."""
    return replace(_context(context, snapshot, row.label, context.urls.item(row.collection, row.slug)), is_single=True)


def _context(context: ReadingContext, snapshot: Snapshot, title: str, url: str) -> ExportContext:
    vocabularies = tuple(each.name for each in snapshot.registry.facets)
    publisher = str(context.about["title"])
    return ExportContext(
        title=title, url=url, publisher=publisher, vocabularies=vocabularies, pages=context.urls.pages_elsewhere
    )


def file_headers(chosen: Format, stem: str) -> dict[str, str]:
    """A name for the file that it is saved as: that of the collection or of the thing. Nothing of a page is run."""
    shown = "inline" if chosen.is_page else "attachment"
    more = {"Content-Security-Policy": PAGE_POLICY} if chosen.is_page else {}
    return {"Content-Disposition": f'{shown}; filename="{chosen.file_name(stem)}"', **more}
