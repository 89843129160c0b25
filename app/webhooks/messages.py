"""The content of a message: one page of changes after the position of a webhook, as `/v1/changes` lists them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import orjson
from pyroaring import BitMap
from sqlalchemy.orm import Session

from app.documents.changes import changes_after
from app.documents.revisions import PublishedRevision, published_revision
from app.feed.stored_queries import parse_stored_query
from app.harvest.changes import ChangesRequest, collect_lines, kinds_of
from app.harvest.positions import Position, parse_position
from app.kit.clock import rfc3339
from app.kit.json_types import JsonObject
from app.reading.requests.urls import UrlBuilder
from app.search.index.ephemeral import build_ephemeral_index
from app.search.index.snapshot import Snapshot
from app.search.query.schema_registry import SchemaRegistry
from app.webhooks.models import WebhookRow

MAX_CHANGES: Final = 100
"""In one message."""


@dataclass(frozen=True, slots=True)
class ChangeBatch:
    """`lines` are those of the query; `following` is the position after them."""

    lines: Sequence[JsonObject]
    following: Position


@dataclass
class PageReader:
    """Pages of one state of the database, for several webhooks: those at the same position share the index that
    their queries run on."""

    session: Session
    registry: SchemaRegistry
    urls: UrlBuilder
    _snapshots: dict[tuple[int, ...], Snapshot] = field(default_factory=dict)

    def read(self, webhook: WebhookRow, until: Position | None) -> ChangeBatch:
        """What follows, up to what is published; not beyond `until`, where an earlier try has ended. Raises BadQuery
        where the query names what is no more."""
        position = parse_position(webhook.position)
        collection = None if webhook.query is None else webhook.query["collection"]
        request = ChangesRequest(position, "", MAX_CHANGES, documents=webhook.documents, collection=collection)
        published = published_revision(self.session)
        rows = self._rows(position, webhook.documents, until or Position(published.number, base=0))
        matching = self._matching(webhook, [row.id for row in rows[:MAX_CHANGES]])
        kinds = kinds_of(self.registry, collection)
        lines, ended = collect_lines(rows, request, kinds, self.urls, matching)
        return _page(lines, ended or until, published)

    def _rows(self, position: Position, documents: bool, until: Position) -> Sequence[Any]:
        statement = changes_after(position.revision, position.ident, limit=MAX_CHANGES + 1, bodies=documents)
        return [row for row in self.session.execute(statement) if _is_within(row, until)]

    def _matching(self, webhook: WebhookRow, ids: Sequence[int]) -> BitMap | None:
        if webhook.query is None:
            return None
        key = tuple(ids)
        if key not in self._snapshots:
            self._snapshots[key] = build_ephemeral_index(self.session, self.registry, key)
        snapshot = self._snapshots[key]
        return snapshot.match(parse_stored_query(snapshot, webhook.query), strict=True)


def _page(lines: Sequence[JsonObject], ended: Position | None, published: PublishedRevision) -> ChangeBatch:
    here = ended or Position(published.number, base=published.number)
    return ChangeBatch(lines, replace(here, known=published))


def complete_revision(position: Position) -> int:
    """The last revision whose changes were all sent."""
    return position.revision if position.ident is None else position.revision - 1


def _is_within(row: Any, until: Position) -> bool:
    """Whether the latest change of a document is not later than this position."""
    if row.revision != until.revision or until.ident is None:
        return bool(row.revision <= until.revision)
    return bool(row.id <= until.ident)


def changes_message(lines: Sequence[JsonObject], since: str, following: str, now: datetime) -> bytes:
    """`since` of a message is `next` of the one before it: a receiver sees by it whether one is missing."""
    return orjson.dumps(
        {"type": "changes", "timestamp": rfc3339(now), "data": {"since": since, "next": following, "results": lines}}
    )


def ping_message(name: str, now: datetime) -> bytes:
    return orjson.dumps({"type": "ping", "timestamp": rfc3339(now), "data": {"webhook": name}})
