"""Records in the order of their datestamps: entries from the index, deletions from the store."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

import orjson
from sqlalchemy import func, select, text, tuple_

from app.db.base import table_of
from app.documents.revisions import is_published
from app.documents.store import DocumentRow, DocumentState
from app.harvest.oai.arguments import Arguments, Resumption
from app.harvest.oai.errors import OaiError
from app.harvest.oai.sets import read_set, sets_of
from app.kit.json_types import JsonObject
from app.search.index.live_index import ReadView
from app.search.index.snapshot import Snapshot
from app.search.query.model import And, Leaf, Query, Sort, canonical
from app.search.storage.orders import CursorPosition
from app.search.storage.rows import IndexRow

PER_PAGE: Final = 100
DATESTAMP: Final = "indexed_at"
_TABLE: Final = table_of(DocumentRow).c
_NOT_LIVE: Final = text("state <> 'live'")  # as the index of it says it, so that it is used


@dataclass(frozen=True, slots=True)
class OaiItem:
    """`document` is None of what is deleted."""

    uuid: str
    datestamp: datetime
    ident: int
    sets: Sequence[str] = ()
    document: JsonObject | None = None

    @property
    def key(self) -> tuple[int, int]:
        return int(self.datestamp.timestamp()), self.ident


@dataclass(frozen=True, slots=True)
class ItemPage:
    items: Sequence[OaiItem]
    cursor: int
    following: Resumption | None


def kinds_of(snapshot: Snapshot) -> tuple[str, ...]:
    """The kinds whose documents are items."""
    return tuple(kind for kind, schema in snapshot.registry.schemas.items() if schema.has_terms)


def list_items(view: ReadView, arguments: Arguments) -> ItemPage:
    """The next page. Raises `OaiError`."""
    resumption = arguments.resumption
    if resumption is not None and not is_published(view.session, resumption.known):
        raise OaiError("badResumptionToken", "A backup has been restored: harvest everything again.")
    conditions, kinds = _conditions(view.snapshot, arguments)
    live = _live_rows(view.snapshot, conditions, resumption)
    gone = _gone_items(view, arguments, kinds, resumption)
    keys = [(int(row.modified.timestamp()), row.id) for row in live] + [each.key for each in gone]
    chosen = set(sorted(keys)[:PER_PAGE])
    shown = [row for row in live if (int(row.modified.timestamp()), row.id) in chosen]
    items = [*_live_items(view, shown), *(each for each in gone if each.key in chosen)]
    items.sort(key=lambda each: each.key)
    if not items:
        raise OaiError("noRecordsMatch", "Nothing matches.")
    cursor = resumption.cursor if resumption else 0
    following = Resumption(*items[-1].key, cursor + len(items), view.snapshot.revision)
    return ItemPage(items, cursor, following if len(keys) > PER_PAGE else None)


def _conditions(snapshot: Snapshot, arguments: Arguments) -> tuple[list[Leaf], Sequence[str]]:
    kinds: Sequence[str] = kinds_of(snapshot)
    conditions = [
        Leaf(DATESTAMP, op, (bound,))
        for op, bound in (("gte", arguments.start), ("lte", arguments.until))
        if bound is not None
    ]
    if arguments.set_spec is not None:
        leaf, kinds = read_set(snapshot, arguments.set_spec)
        conditions.append(leaf)
    return conditions, kinds


def _live_rows(snapshot: Snapshot, conditions: list[Leaf], resumption: Resumption | None) -> list[IndexRow]:
    query = Query(snapshot.registry.everything, canonical(And(tuple(conditions))), None, (Sort(DATESTAMP),))
    position = CursorPosition((resumption.seconds,), resumption.ident) if resumption else None
    ids = snapshot.page_after(query, snapshot.match(query), position, PER_PAGE + 1)
    return [snapshot.rows[ident] for ident in ids]


def _live_items(view: ReadView, rows: Sequence[IndexRow]) -> Iterator[OaiItem]:
    for row, body in zip(rows, view.bodies([row.id for row in rows]), strict=True):
        document = orjson.loads(body)
        sets = sets_of(view.snapshot, row.collection, document)
        yield OaiItem(row.uuid, row.modified, row.id, sets, document)


def _gone_items(
    view: ReadView, arguments: Arguments, kinds: Sequence[str], resumption: Resumption | None
) -> list[OaiItem]:
    """What was withdrawn or merged into another. Its former sets of terms are not known, so it is in all of them."""
    statement = _deleted(kinds)
    if arguments.start is not None:
        statement = statement.where(_TABLE.modified >= _bound(arguments.start))
    if arguments.until is not None:
        statement = statement.where(_TABLE.modified <= _bound(arguments.until, end=True))
    if resumption is not None:
        after = datetime.fromtimestamp(resumption.seconds, UTC)
        statement = statement.where(tuple_(_TABLE.modified, _TABLE.id) > tuple_(after, resumption.ident))
    ordered = statement.order_by(_TABLE.modified, _TABLE.id).limit(PER_PAGE + 1)
    return [_gone_item(view.snapshot, *row) for row in view.session.execute(ordered)]


def _deleted(kinds: Sequence[str]) -> Any:
    columns = (_TABLE.uuid, _TABLE.modified, _TABLE.id, _TABLE.kind)
    kind = _TABLE.kind.concat("")  # no column of an index: SQLite would rather read all documents of these kinds by it
    return select(*columns).where(_NOT_LIVE, _TABLE.uuid.is_not(None), kind.in_(kinds))


def _gone_item(snapshot: Snapshot, uuid: str, modified: datetime, ident: int, kind: str) -> OaiItem:
    return OaiItem(uuid, modified, ident, (str(snapshot.registry.schemas[kind].collection),))


def _bound(text_: str, *, end: bool = False) -> datetime:
    given = text_ if "T" in text_ else f"{text_}T{'23:59:59' if end else '00:00:00'}Z"
    return datetime.fromisoformat(given)


def find_item(view: ReadView, uuid: str) -> OaiItem:
    """Raises `OaiError`."""
    row = view.snapshot.by_id(uuid)
    if row is None or row.kind not in kinds_of(view.snapshot):
        raise OaiError("idDoesNotExist", "There is no such item.")
    if row.state != DocumentState.live:
        return _gone_item(view.snapshot, row.uuid, row.modified, row.id, row.kind)
    return next(_live_items(view, [row]))


def earliest_datestamp(view: ReadView) -> datetime:
    """That of the oldest item; of an empty catalogue, the beginning of time."""
    snapshot = view.snapshot
    everything = Query(snapshot.registry.everything, sort=(Sort(DATESTAMP),))
    first = islice(snapshot.page(everything, snapshot.match(everything), skip=0, take=1), 1)
    found = [snapshot.rows[ident].modified for ident in first]
    deleted = _deleted(kinds_of(snapshot)).with_only_columns(func.min(_TABLE.modified))
    oldest = view.session.scalar(deleted)
    return min([*found, *([oldest] if oldest else [])], default=datetime(1970, 1, 1, tzinfo=UTC))
