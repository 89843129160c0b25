"""The changes since a position: one line per document, its latest change."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import orjson
from pyroaring import BitMap

from app.documents.changes import changes_after
from app.documents.revisions import PublishedRevision
from app.documents.store import DocumentState
from app.harvest.positions import Position, check_position
from app.kit.clock import rfc3339
from app.kit.json_types import JsonObject
from app.reading.requests.urls import Pair, UrlBuilder, replace_parameters
from app.search.index.live_index import Index
from app.search.index.snapshot import Snapshot
from app.search.query.filter_parser import parse_parameters
from app.search.query.schema_registry import SchemaRegistry

MAX_BYTES: Final = 2**20
"""Of the documents on one page: it ends with the one that passes this."""
PATH: Final = "/v1/changes"


@dataclass(frozen=True, slots=True)
class ChangesRequest:
    """`filters` are the parameters of the query, over `collection`; without one, all changes are listed."""

    position: Position
    since: str
    per_page: int
    documents: bool = False
    wait: int = 0
    collection: str | None = None
    filters: tuple[Pair, ...] = ()

    @property
    def pairs(self) -> list[Pair]:
        """The parameters that ask the same, `since` first."""
        pairs = [("since", self.since), ("collection", self.collection or "")]
        pairs += [("include", "document" if self.documents else ""), ("per_page", str(self.per_page))]
        pairs += [("wait", str(self.wait) if self.wait else "")]
        return [pair for pair in pairs if pair[1]] + list(self.filters)


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """As it is sent; `revision` is the published one that it was made at, `modified` when something was published last,
    `following` the position after it. It is kept for others, and so holds nothing of the index."""

    body: bytes
    count: int
    revision: PublishedRevision
    modified: datetime
    following: Position
    has_more: bool


def make_page(index: Index, urls: UrlBuilder, request: ChangesRequest) -> ChangesPage:
    """Raises `BadQuery` for the filters, and `CursorExpired`."""
    with index.open_view() as view:
        check_position(view.session, request.position)
        matching = matching_documents(view.snapshot, request)
        position = request.position
        statement = changes_after(
            position.revision, position.ident, limit=request.per_page + 1, bodies=request.documents
        )
        rows = view.session.execute(statement).all()
        lines, ended = collect_lines(
            rows, request, kinds_of(view.snapshot.registry, request.collection), urls, matching
        )
        return _page(view.snapshot, urls, request, lines, ended)


def matching_documents(snapshot: Snapshot, request: ChangesRequest) -> BitMap | None:
    """What the query means now, all words as they are spelt; None where there is no query."""
    if request.collection is None:
        return None
    query = parse_parameters(snapshot, request.collection, request.filters)
    return snapshot.match(query, strict=True)


def collect_lines(
    rows: Iterable[Any],
    request: ChangesRequest,
    kinds: frozenset[str] | None,
    urls: UrlBuilder,
    matching: BitMap | None,
) -> tuple[list[JsonObject], Position | None]:
    """The lines of a page, of these kinds only, and the position that they end at; None at the end of all."""
    lines: list[JsonObject] = []
    size, last = 0, request.position
    for number, row in enumerate(rows):
        if number == request.per_page or size >= MAX_BYTES:
            return lines, last
        last = replace(request.position, revision=row.revision, ident=row.id)
        if kinds is None or row.kind in kinds:
            line = _line(row, request, urls, matching)
            lines.append(line)
            size += len(row.body)
    return lines, None


def kinds_of(registry: SchemaRegistry, collection: str | None) -> frozenset[str] | None:
    """The kinds of a collection; None, as for all, without one."""
    if collection is None:
        return None
    return frozenset(schema.kind for schema in registry.collections[collection].schemas)


def _line(row: Any, request: ChangesRequest, urls: UrlBuilder, matching: BitMap | None) -> JsonObject:
    stamp = {"id": row.uuid, "revision": row.revision, "at": rfc3339(row.modified)}
    if row.state == DocumentState.live:
        if matching is not None and row.id not in matching:
            return {"change": "left", **stamp}
        change = "created" if row.first_revision > request.position.base else "updated"
        named = {"kind": row.kind, "slug": row.slug, "url": urls.item(row.collection, row.slug)}
        document = {"document": orjson.Fragment(urls.absolute(row.body.encode()))} if request.documents else {}
        return {"change": change, **stamp, **named, **document}
    stored = row.body.encode()
    if b'": ' in stored:  # some are stored with spaces, where addresses are not found
        stored = orjson.dumps(orjson.loads(stored))
    body = orjson.loads(urls.absolute(stored))
    if row.state == DocumentState.moved:
        return {"change": "moved", **stamp, "kind": row.kind, "to": body}
    named = {name: body[name] for name in ("kind", "slug", "url")}
    return {"change": "withdrawn", **stamp, **named, "reason": body["reason"], "replacement": body["replacement"]}


def _page(
    snapshot: Snapshot, urls: UrlBuilder, request: ChangesRequest, lines: list[JsonObject], ended: Position | None
) -> ChangesPage:
    here = snapshot.revision.number
    position = ended or Position(here, base=here)
    following = replace(position, known=snapshot.revision)
    own = urls.query_url(PATH, request.pairs)
    further = urls.query_url(PATH, replace_parameters(request.pairs, since=following.token))
    meta = {
        "count": len(lines),
        "has_more": ended is not None,
        "next": following.token,
        "revision": snapshot.revision.number,
        "epoch": snapshot.revision.epoch_text,
    }
    body = orjson.dumps({"meta": meta, "results": lines, "links": {"self": own, "next": further}})
    return ChangesPage(body, len(lines), snapshot.revision, snapshot.modified, following, ended is not None)
