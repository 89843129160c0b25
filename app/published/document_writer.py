"""Writing documents: rows compared with drafts, and written only where they differ."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

import orjson
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.catalogue.registry import AGENT_KINDS
from app.catalogue.subjects import FormerSlugRow
from app.db.base import table_of
from app.documents.store import DocumentRow, DocumentState
from app.kit.clock import rfc3339
from app.kit.json_types import JsonMapping, JsonObject

AGENT_COLLECTIONS = frozenset(kind.collection for kind in AGENT_KINDS)


@dataclass(frozen=True)
class DocumentDraft:
    """A document as it should be."""

    kind: str
    source: int
    uuid: str
    collection: str
    slug: str
    state: DocumentState
    body: str

    def stamped(self, revision: int, moment: datetime) -> str:
        """The body as it is stored when it was last changed then."""
        if self.state is not DocumentState.live:
            return self.body
        return f'{self.body[:-1]},"revision":{revision},"indexed_at":"{rfc3339(moment)}"}}'


class DocumentWriter:
    """The documents as one transaction changes them. `revision` is for what follows from a change.

    `changed` counts the rows written, `newest` is the newest revision they carry; `unnamed` are collections and slugs
    of agents that replaced documents named, `unrelated` those of entries and terms they were related to.
    """

    def __init__(self, session: Session, revision: int, now: datetime) -> None:
        self.session = session
        self.revision = revision
        self.now = now
        self.changed = 0
        self.newest = 0
        self.unnamed: set[tuple[str, str]] = set()
        self.unrelated: set[tuple[str, str]] = set()

    def store(self, kind: str, ids: list[int], drafts: list[DocumentDraft], revisions: dict[int, int]) -> None:
        """Make the documents of these sources say the drafts; a source without a draft loses its document.

        New documents are numbered in the order of their sources, on which the order of equal results rests: whatever
        order the database has given the rows in.
        """
        requested = {draft.source: draft for draft in sorted(drafts, key=attrgetter("source"))}
        present = self._present(kind, ids)
        self._clear_addresses(drafts, present)
        for source, row in present.items():
            if source not in requested and row.state == DocumentState.live:
                self._remove(row, revisions[source])
        new = []
        for source, draft in requested.items():
            if source in present:
                self._update(present[source], draft, revisions[source])
            else:
                new.append(self._new(draft, revisions[source]))
        self.session.flush()
        self._insert(new)
        self._store_moves(kind, requested)

    def _present(self, kind: str, ids: list[int]) -> dict[int, DocumentRow]:
        """The one row of each source that is not the trace of a former address."""
        present: dict[int, DocumentRow] = {}
        for row in self.session.scalars(
            select(DocumentRow).where(DocumentRow.kind == kind, DocumentRow.source.in_(ids))
        ):
            if row.uuid is not None:
                present[row.source] = row
        return present

    def _new(self, draft: DocumentDraft, revision: int) -> JsonObject:
        body = draft.stamped(revision, self.now)
        stamp = {"revision": revision, "first_revision": revision, "modified": self.now}
        return vars(draft) | stamp | {"body": body}

    def _update(self, row: DocumentRow, draft: DocumentDraft, revision: int) -> None:
        same = (row.collection, row.slug, row.state, row.body)
        if same == (draft.collection, draft.slug, draft.state, draft.stamped(row.revision, row.modified)):
            return
        self._note_names(row)
        row.collection, row.slug, row.state = draft.collection, draft.slug, draft.state
        row.body = draft.stamped(revision, self.now)
        row.revision, row.modified = revision, self.now
        self._note_written(revision)

    def _insert(self, new: list[JsonObject]) -> None:
        """One statement, past the session: nothing of this transaction looks at what it has just written."""
        if new:
            self.session.execute(insert(table_of(DocumentRow)), new)
            self._note_written(*(each["revision"] for each in new))

    def _clear_addresses(self, drafts: Sequence[DocumentDraft], present: Mapping[int, DocumentRow]) -> None:
        """The trace of a former address gives way to what is there now; what is no more keeps its tombstone, without
        the address. Of those that swap addresses each is moved aside first."""
        owned = {(draft.collection, draft.slug): draft.source for draft in drafts}
        rows = self.session.execute(
            select(DocumentRow.id, DocumentRow.uuid, DocumentRow.collection, DocumentRow.slug).where(
                DocumentRow.collection.in_({collection for collection, _ in owned}),
                DocumentRow.slug.in_([slug for _, slug in owned]),
                DocumentRow.state.in_((DocumentState.moved, DocumentState.gone)),
            )
        )
        kept = {row.id for row in present.values()}
        taken = [row for row in rows if (row.collection, row.slug) in owned and row.id not in kept]
        if traces := [row.id for row in taken if row.uuid is None]:
            self.session.execute(delete(DocumentRow).where(DocumentRow.id.in_(traces)))
        for ident in [row.id for row in taken if row.uuid is not None]:
            self._move_aside(ident)
        for source, row in present.items():
            if owned.get((row.collection, row.slug), source) != source:
                row.slug = f"-{row.id}"
        self.session.flush()

    def _move_aside(self, ident: int) -> None:
        row = self.session.get_one(DocumentRow, ident)
        row.slug, row.revision, row.modified = f"-{ident}", self.revision, self.now
        self._note_written(self.revision)

    def _remove(self, row: DocumentRow, revision: int) -> None:
        """No longer public, without a reason of its own: an agent that nothing published names any more."""
        self._note_names(row)
        body = orjson.loads(row.body)
        stone = {"kind": row.kind, "id": row.uuid, "slug": row.slug, "url": body["url"], "reason": None}
        row.state = DocumentState.gone
        row.body = json.dumps(stone | {"date": rfc3339(self.now), "replacement": None})
        row.revision, row.modified = revision, self.now
        self._note_written(revision)

    def _note_names(self, row: DocumentRow) -> None:
        """Note the agents and relations of a document before it is replaced: it may be the last that names them."""
        if row.state != DocumentState.live:
            return
        body = orjson.loads(row.body)
        self.unnamed.update(address for address in _addresses(*body.values()) if address[0] in AGENT_COLLECTIONS)
        self.unrelated.update(map(_address, (*body.get("relations", ()), *body.get("related", ()))))

    def _store_moves(self, kind: str, requested: dict[int, DocumentDraft]) -> None:
        former = self.session.scalars(
            select(FormerSlugRow).where(FormerSlugRow.kind == kind, FormerSlugRow.source.in_(requested))
        ).all()
        for each in former:
            draft = requested[each.source]
            here = json.dumps({"id": draft.uuid, "slug": draft.slug, "url": orjson.loads(draft.body)["url"]})
            body = draft.body if draft.state is DocumentState.moved else here
            row = self.session.scalar(
                select(DocumentRow).where(DocumentRow.collection == each.collection, DocumentRow.slug == each.slug)
            )
            if row is None:
                row = DocumentRow(kind=kind, source=each.source, collection=each.collection, slug=each.slug)
                self.session.add(row)
            elif row.state != DocumentState.moved or row.body == body:
                continue
            row.state, row.body, row.revision, row.modified = DocumentState.moved, body, self.revision, self.now
            self._note_written(self.revision)
        self.session.flush()

    def _note_written(self, *revisions: int) -> None:
        self.changed += len(revisions)
        self.newest = max(self.newest, *revisions)


def _addresses(*values: object) -> Iterator[tuple[str, str]]:
    """Of everything that is named in these, however deep."""
    for value in values:
        if isinstance(value, list):
            yield from _addresses(*value)
        elif isinstance(value, dict):
            if value.keys() >= {"slug", "url"}:
                yield _address(value)
            yield from _addresses(*value.values())


def _address(shown: JsonMapping) -> tuple[str, str]:
    """Collection and slug of what a document points to."""
    _, _, collection, slug = shown["url"].split("/")
    return collection, slug
