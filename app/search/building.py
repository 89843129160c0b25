"""From stored documents to the next snapshot: only what a change touches is made anew."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from pyroaring import BitMap

from app.documents.store import State, Stored
from app.kit.text import fold
from app.search.fields import Shape
from app.search.layered import Layered
from app.search.layout import Layout, Vocabulary, track_values
from app.search.ordering import Keys
from app.search.query import Sort
from app.search.snapshot import IDENTIFIED, PRESENT, Posting, Row, Snapshot, as_bitmap, spelt
from app.search.types import YEAR
from app.search.words import WordIndex, Words

Pair = tuple[str, str]


def empty(layout: Layout, words: Words) -> Snapshot:
    return Snapshot(
        head=0,
        modified=datetime(1970, 1, 1, tzinfo=UTC),
        layout=layout,
        rows=Layered(),
        bodies=Layered(),
        addresses=Layered(),
        postings={},
        words=words,
        orderings={},
    )


class Builder:
    """Takes changed documents one by one, then gives the next snapshot.

    `absolute` finishes a stored body for readers; bodies are kept while they fit into `memory` bytes.
    """

    def __init__(
        self, before: Snapshot, index: WordIndex, absolute: Callable[[bytes], bytes], memory: int, used: int
    ) -> None:
        self.before = before
        self.index = index
        self.absolute = absolute
        self.memory = memory
        self.used = used
        self.head = before.head
        self.modified = before.modified
        self.rows: dict[int, Row | None] = {}
        self.bodies: dict[int, bytes | None] = {}
        self.addresses: dict[Pair, int | None] = {}
        self.postings: dict[str, dict[str, Posting | None]] = {}
        self.shared: dict[Pair, Pair] = {}
        self.vocabularies = {v.name: v for v in before.layout.vocabularies.values()}

    def take(self, stored: Stored) -> None:
        """Put one changed document in the place of what was there."""
        self.head = max(self.head, stored.revision)
        self.modified = max(self.modified, stored.modified)
        old = self._now(stored.id)
        if old is not None:
            self._leave(old)
        document = orjson.loads(stored.body)
        row = self._read(stored, document)
        self.rows[row.id] = row
        self.addresses[row.collection, row.slug] = row.id
        self._keep_body(row.id, stored.body)
        if stored.state is State.live:
            self._enter(row, document)

    def _now(self, ident: int) -> Row | None:
        return self.rows[ident] if ident in self.rows else self.before.rows.get(ident)

    def _read(self, stored: Stored, document: Mapping[str, Any]) -> Row:
        common = (stored.id, stored.kind, stored.collection, stored.slug, str(stored.state))
        shape = self.before.layout.shapes[stored.kind]
        if stored.state is State.moved:
            return Row(*common, document["slug"], stored.revision, stored.modified)
        if stored.state is State.gone:
            return Row(*common, stored.slug, stored.revision, stored.modified)
        label = (shape.label(document) or [stored.slug])[0]
        tracks = track_values(self.before.layout.tracks[stored.kind], document)
        keys = tuple(self._share(pair) for pair in dict.fromkeys(self._pairs(stored, shape, document)))
        return Row(*common, label, stored.revision, stored.modified, keys, tracks)

    def _share(self, pair: Pair) -> Pair:
        return self.shared.setdefault(pair, pair)

    def _pairs(self, stored: Stored, shape: Shape, document: Mapping[str, Any]) -> Iterable[Pair]:
        """Every exact value the document is found by."""
        yield "@state", "live"
        yield "@collection", stored.collection
        if shape.classified:
            yield "@collection", self.before.layout.everything
            for scheme, terms in document["terms"].items():
                yield scheme, PRESENT
                for term in terms:
                    yield scheme, term["slug"]
        if shape.broader is not None:
            for slug in shape.broader(document):
                yield f"@broader/{stored.collection}", slug
            for name in shape.names(document):
                yield "@synonym", fold(name)
        for each in document.get("identifiers", ()):
            yield IDENTIFIED, spelt(each["scheme"], each["value"])
        for each in document.get("resources", ()):
            yield IDENTIFIED, spelt("url", each["url"])
        for field in shape.fields:
            values = field.values(document)
            if values:
                yield field.name, PRESENT
            if field.type is YEAR:
                yield from ((field.name, str(field.type.key(value))) for value in values[:1])
            elif not field.type.ranged and field.type.operators:
                yield from ((field.name, value) for value in values)

    def _keep_body(self, ident: int, body: bytes) -> None:
        kept = self.bodies.get(ident) if ident in self.bodies else self.before.bodies.get(ident)
        if kept is not None:
            self.used -= len(kept)
        finished = self.absolute(body)
        if self.used + len(finished) <= self.memory:
            self.bodies[ident] = finished
            self.used += len(finished)
        else:
            self.bodies[ident] = None

    def _leave(self, old: Row) -> None:
        if self._address(old.collection, old.slug) == old.id:
            self.addresses[old.collection, old.slug] = None
        if old.state != State.live:
            return
        self.index.remove(old.id)
        for name, value in old.keys:
            self._posting(name, value, old.id, add=False)
        if self.before.layout.shapes[old.kind].defines is not None:
            self.vocabularies.pop(old.slug, None)

    def _address(self, collection: str, slug: str) -> int | None:
        key = (collection, slug)
        return self.addresses[key] if key in self.addresses else self.before.addresses.get(key)

    def _enter(self, row: Row, document: Mapping[str, Any]) -> None:
        shape = self.before.layout.shapes[row.kind]
        for name, value in row.keys:
            self._posting(name, value, row.id, add=True)
        texts = {"title": shape.title(document), "names": shape.names(document), "body": shape.body(document)}
        labels = texts["title"] if shape.classified else [*texts["title"], *texts["names"]]
        self.index.add(row.id, texts, labels)
        if shape.defines is not None:
            name, collection = shape.defines(document)
            self.vocabularies[name] = Vocabulary(name, collection, row.label)

    def _posting(self, name: str, value: str, ident: int, *, add: bool) -> None:
        """Copied at the first touch, then changed in place; one member alone is kept as a bare number."""
        changed = self.postings.setdefault(name, {})
        if value not in changed:
            values = self.before.postings.get(name)
            posting = values.get(value) if values else None
            changed[value] = posting.copy() if isinstance(posting, BitMap) else posting
        now = changed[value]
        if now is None:
            changed[value] = ident if add else None
        elif isinstance(now, int):
            both = BitMap((now, ident)) if add and now != ident else now
            changed[value] = both if add else (None if now == ident else now)
        elif add:
            now.add(ident)
        else:
            now.discard(ident)
            changed[value] = now if now else None

    def finish(self) -> Snapshot:
        """The next snapshot. The one before stays as it is, for those who still answer from it."""
        before = self.before
        names = {v.name: v for v in before.layout.vocabularies.values()}
        layout = before.layout
        if names != self.vocabularies:
            layout = layout.with_vocabularies(sorted(self.vocabularies.values(), key=lambda v: v.name))
        postings = dict(before.postings)
        for name, changes in self.postings.items():
            postings[name] = postings.get(name, Layered()).with_changes(changes)
        after = Snapshot(
            head=self.head,
            modified=self.modified,
            layout=layout,
            rows=before.rows.with_changes(self.rows),
            bodies=before.bodies.with_changes(self.bodies),
            addresses=before.addresses.with_changes(self.addresses),
            postings=postings,
            words=self.index.commit(),
            orderings={},
        )
        self._carry_orderings(after)
        return after

    def _carry_orderings(self, after: Snapshot) -> None:
        if len(self.rows) * 8 > len(as_bitmap(after.posting("@state", "live"))):
            return  # made anew at first use: cheaper than so many single moves
        for order, ordering in list(self.before.orderings.items()):  # readers may add to it meanwhile
            gone, come = self._moves(after, *order)
            after.orderings[order] = ordering.with_changes(gone, come, after.key_of(order[1]))

    def _moves(
        self, after: Snapshot, collection: str, sort: tuple[Sort, ...]
    ) -> tuple[list[tuple[Keys, int]], list[int]]:
        old_keys, new_keys = self.before.key_of(sort), after.key_of(sort)
        old_members, new_members = self.before.members(collection), after.members(collection)
        gone: list[tuple[Keys, int]] = []
        come: list[int] = []
        for ident in self.rows:
            old = old_keys(ident) if ident in old_members else None
            new = new_keys(ident) if ident in new_members else None
            if old != new:
                if old is not None:
                    gone.append((old, ident))
                if new is not None:
                    come.append(ident)
        return gone, come
