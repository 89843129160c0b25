"""One page of a feed: its query, the entries found, and those withdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from typing import Final

import orjson

from app.kit.clock import rfc3339
from app.kit.error_collector import ErrorCollector
from app.kit.errors import ErrorDetail, NotFound
from app.kit.json_types import JsonObject
from app.reading.content.response_size import check_size
from app.reading.context import ReadingContext
from app.reading.feed_links import EXTENSIONS, feed_urls
from app.reading.requests.list_request import parse_list_request
from app.reading.requests.result_window import MAX_RESULTS, ResultWindow
from app.reading.requests.urls import Pair, query_pairs, replace_parameters
from app.search.index.snapshot import Snapshot
from app.search.query.filter_parser import RESERVED
from app.search.query.model import Query, Sort
from app.search.query_summary import query_title
from app.search.storage.rows import FORMER_ID, IndexRow

LATEST_FIRST: Final = (Sort("updated_at", descending=True),)
TAKEN: Final = ("q", "query", "page", "per_page")
"""Parameters of lists that a feed takes beside filters; its order is its own."""
MAX_WITHDRAWN: Final = 50
"""The most recently withdrawn entries are listed, on the first page."""
MAX_ENTRIES: Final = 100


@dataclass(frozen=True)
class WithdrawnEntry:
    id: str
    url: str
    at: str


@dataclass(frozen=True)
class FeedPage:
    """`id` is the URL of the feed without its page, `updated` the last change of anything in it; `links` are by
    relation (RFC 5005 section 3), those that there are. `hub` is pinged when this page changes (WebSub): only the
    first page of a whole collection has one, because the service does not know which queries readers follow."""

    id: str
    title: str
    publisher: str
    page_url: str
    updated: str
    links: dict[str, str]
    entries: tuple[JsonObject, ...]
    withdrawn: tuple[WithdrawnEntry, ...]
    hub: str | None


def parse_feed_request(
    errors: ErrorCollector, snapshot: Snapshot, collection: str, pairs: Sequence[Pair]
) -> tuple[Query, ResultWindow]:
    """What is wrong goes to `errors`. Raises `NotFound` for a collection of something else than entries."""
    schemas = snapshot.registry.collections[collection].schemas
    if not all(schema.has_terms for schema in schemas):
        raise NotFound("Only collections of entries have feeds.")
    for name, _ in pairs:
        if name in RESERVED and name not in TAKEN:
            errors.add(ErrorDetail("unknown-parameter", "Unknown parameter.", name, allowed=TAKEN))
    taken = [pair for pair in pairs if pair[0] not in RESERVED or pair[0] in TAKEN]
    request = parse_list_request(errors, snapshot, collection, taken)
    if request.window.per_page > MAX_ENTRIES:
        errors.add(ErrorDetail("out-of-range", f"At most {MAX_ENTRIES} in a feed.", "per_page"))
    return replace(request.query, sort=LATEST_FIRST), request.window


def feed_page(
    context: ReadingContext,
    snapshot: Snapshot,
    query: Query,
    window: ResultWindow,
    name: str,
    pairs: Sequence[Pair],
) -> FeedPage:
    """Raises `TooManyBytes`."""
    matched = snapshot.match(query)
    ids = snapshot.page(query, matched, skip=window.skip, take=window.per_page)
    newest = snapshot.page(query, matched, skip=0, take=1)
    bodies = context.index.bodies(snapshot, [*ids, *newest])
    check_size(map(len, bodies))
    documents = [orjson.loads(body) for body in bodies]
    first = window.page in (None, 1)
    withdrawn = _withdrawn(context, snapshot, query.collection) if first else ()
    times = [document["updated_at"] for document in documents[len(ids) :]]
    own = [pair for pair in query_pairs(snapshot, query) if pair[0] != "sort"]
    path = f"/v1/{query.collection}.{EXTENSIONS[name]}"
    return FeedPage(
        id=feed_urls(snapshot, context.urls, query)[name],
        title=query_title(snapshot, query),
        publisher=str(context.about["title"]),
        page_url=context.urls.pages.list_url(query.collection, own),
        updated=max([*times, *(each.at for each in withdrawn)], default=rfc3339(snapshot.modified)),
        links=_links(context, path, pairs, window, len(matched)),
        entries=tuple(documents[: len(ids)]),
        withdrawn=withdrawn,
        hub=None if pairs else context.hub,
    )


def _links(
    context: ReadingContext, path: str, pairs: Sequence[Pair], window: ResultWindow, count: int
) -> dict[str, str]:
    def to(page: int) -> str:
        return context.urls.query_url(path, replace_parameters(pairs, page=page if page > 1 else None))

    number = window.page or 1
    last = max(1, min(-(-count // window.per_page), MAX_RESULTS // window.per_page))
    found = {"self": to(number), "first": to(1), "last": to(last)}
    found |= {"previous": to(number - 1)} if number > 1 else {}
    return found | ({"next": to(number + 1)} if number < last else {})


def _withdrawn(context: ReadingContext, snapshot: Snapshot, collection: str) -> tuple[WithdrawnEntry, ...]:
    """The last that were withdrawn from a collection, whatever the query: whoever does not have them passes over it."""
    former = snapshot.postings.get(FORMER_ID)
    homes = snapshot.document_collections(collection)
    uuids = [uuid for uuid, _ in former.items()] if former else []
    rows = (row for uuid in uuids if (row := snapshot.by_id(uuid)) is not None and row.state == "gone")
    last: list[IndexRow] = nlargest(
        MAX_WITHDRAWN, (row for row in rows if row.collection in homes), key=lambda row: (row.revision, row.id)
    )
    return tuple(
        WithdrawnEntry(row.uuid, context.urls.item(row.collection, row.slug), rfc3339(row.modified)) for row in last
    )
