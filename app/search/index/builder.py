"""Builds the next snapshot from stored documents; only what a change affects is rebuilt."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from sys import intern

import orjson
from pyroaring import BitMap

from app.documents.revisions import NOTHING_PUBLISHED, PublishedRevision, RevisionHistory
from app.documents.store import DocumentState, StoredDocument
from app.kit.json_types import JsonMapping, JsonObject
from app.kit.text.characters import fold
from app.search.index.snapshot import Snapshot
from app.search.index.synonyms import NAMED, SYNONYM
from app.search.meaning.model import MeaningModel
from app.search.query.model import Sort
from app.search.query.schema import Extractor, SearchSchema
from app.search.query.schema_registry import FieldExtractor, SchemaRegistry, VocabularyField
from app.search.query.value_types import YEAR, SortKey
from app.search.storage.layered_map import LayeredMap
from app.search.storage.postings import Posting, as_bitmap
from app.search.storage.rows import (
    FORMER_ID,
    IDENTIFIED,
    PRESENT,
    WITHDRAWN,
    IndexRow,
    identifier_key,
)
from app.search.words.word_index import WordIndex, WordSearcher

FieldKey = tuple[str, str]
NOTHING = (None, None)
MAX_NAME_LENGTH = 20
"""Words of a name from which on its length is no matter."""


def empty(registry: SchemaRegistry, words: WordSearcher, meaning: MeaningModel | None = None) -> Snapshot:
    """The beginning of a past."""
    return Snapshot(
        revision=NOTHING_PUBLISHED,
        modified=datetime(1970, 1, 1, tzinfo=UTC),
        history=RevisionHistory(),
        registry=registry,
        rows=LayeredMap(),
        revisions=LayeredMap(),
        addresses=LayeredMap(),
        postings={},
        words=words,
        orderings={},
        columns={},
        meaning=meaning,
    )


def presence(names: Iterable[str]) -> Iterator[FieldKey]:
    """For each field that a document is found by: that it is there."""
    return ((name, PRESENT) for name in dict.fromkeys(names) if not name.startswith("@"))


def _is_true(extract: Extractor | None, document: JsonMapping) -> bool:
    return extract is not None and extract(document) == ["true"]


class SnapshotBuilder:
    """Takes changed documents one by one, then gives the next snapshot."""

    def __init__(self, before: Snapshot, index: WordIndex) -> None:
        self.before = before
        self.index = index
        self.modified = before.modified
        self.newest = before.revision.number
        self.rows: dict[int, IndexRow | None] = {}
        self.addresses: dict[FieldKey, int | None] = {}
        self.postings: defaultdict[str, dict[str, Posting | None]] = defaultdict(dict)
        self.shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.moments: dict[datetime, datetime] = {}
        self.passages: dict[int, str | None] = {}
        self.entered: defaultdict[tuple[str, ...], BitMap] = defaultdict(BitMap)
        self.vocabularies = {v.name: v for v in before.registry.vocabularies.values()}

    def add_document(self, stored: StoredDocument) -> None:
        """Put one changed document in the place of what was there: of itself, and of what had its address, which
        either moved or is no more."""
        if stored.revision >= self.newest:
            self.newest, self.modified = stored.revision, stored.modified
        for old in (self._now(stored.id), self._now(self._address(stored.collection, stored.slug))):
            if old is not None:
                self._remove_row(old)
                self.rows[old.id] = None
        document = orjson.loads(stored.body)
        row = self._read(stored, document)
        self.rows[row.id] = row
        self.addresses[row.collection, row.slug] = row.id
        postings, ident = self.postings, row.id
        for name, value in row.keys:
            own = postings[name].get(value)
            if isinstance(own, BitMap):
                own.add(ident)
            else:
                self._add_to_posting(name, value, ident)
        self.entered[row.names].add(row.id)
        if stored.state is DocumentState.live:
            self._add_row(row, document)

    def _now(self, ident: int | None) -> IndexRow | None:
        if ident is None:
            return None
        return self.rows[ident] if ident in self.rows else self.before.rows.get(ident)

    def _read(self, stored: StoredDocument, document: JsonObject) -> IndexRow:
        kind, collection = intern(stored.kind), intern(stored.collection)
        common = (stored.id, kind, collection, stored.slug, stored.state.value)
        schema, uuid = self.before.registry.schemas[kind], stored.uuid or ""
        moment = self.moments.setdefault(stored.modified, stored.modified)
        if stored.state is DocumentState.moved:
            destination = "/".join(document["url"].rsplit("/", 2)[-2:])
            moved = IndexRow(*common, destination, stored.revision, moment, uuid)
            return replace(moved, names=(FORMER_ID,), values=(uuid,)) if uuid else moved
        if stored.state is DocumentState.gone:
            carried = [identifier_key(each["scheme"], each["value"]) for each in document.get("identifiers", ())]
            own = (*(WITHDRAWN for _ in carried), FORMER_ID), (*carried, uuid)
            return IndexRow(*common, stored.slug, stored.revision, moment, uuid, *own)
        document |= {"slug": stored.slug, "id": uuid}  # the same texts, kept once
        label = (schema.label(document) or [stored.slug])[0]
        keys = [*self._keys(collection, schema, document)]
        sort_values = self._read_fields(self.before.registry.extractors[kind], document, keys)
        names, values = zip(*keys, strict=True)
        names = self.shared.setdefault(names, names)
        return IndexRow(*common, label, stored.revision, moment, uuid, names, values, sort_values)

    def _keys(self, collection: str, schema: SearchSchema, document: JsonMapping) -> Iterator[FieldKey]:
        """The exact values that no field of the schema declares."""
        yield "@state", "live"
        yield "@collection", collection
        if schema.has_terms:
            yield "@collection", self.before.registry.everything
            for scheme, terms in document["terms"].items():
                yield from ((scheme, intern(term["slug"])) for term in terms)
        if schema.broader is not None:
            for slug in schema.broader(document):
                yield f"@broader/{collection}", slug
        if not schema.has_terms and schema.defines is None:
            others = schema.names(document)
            if schema.broader or others:
                yield NAMED, ""
            names = [*schema.label(document), *others]
            yield from ((SYNONYM, name) for name in dict.fromkeys(map(fold, names)))
        for each in document.get("identifiers", ()):
            yield IDENTIFIED, identifier_key(each["scheme"], each["value"])
        for each in document.get("resources", ()):
            yield IDENTIFIED, identifier_key("url", each["url"])

    @staticmethod
    def _read_fields(
        extractors: Sequence[FieldExtractor], document: JsonMapping, keys: list[FieldKey]
    ) -> tuple[SortKey | None, ...]:
        """The sort values of a document, in the order of `sort_columns`; adds to `keys` the values of every field.

        A field that is not looked up by value says only that it is there.
        """
        sort_values: list[SortKey | None] = []
        for field, width, exact in extractors:
            values = field.values(document)
            if width:
                ends = field.type.interval(values[0]) if values else NOTHING
                sort_values += ends[:width]
            if not values:
                continue
            name, kind = field.name, field.type
            if not exact:
                keys.append((name, intern(str(kind.key(values[0]))) if kind is YEAR else PRESENT))
            elif len(values) == 1:
                keys.append((name, intern(values[0]) if field.facetable else values[0]))
            else:
                shared = map(intern, values) if field.facetable else values
                keys += [(name, value) for value in dict.fromkeys(shared)]
        return tuple(sort_values)

    def _remove_row(self, old: IndexRow) -> None:
        if self._address(old.collection, old.slug) == old.id:
            self.addresses[old.collection, old.slug] = None
        self.entered[old.names].discard(old.id)
        for name, value in chain(old.keys, presence(old.names)):
            self._remove_from_posting(name, value, old.id)
        if old.state != DocumentState.live:
            return
        self.index.remove(old.id)
        if self.before.meaning is not None:
            self.passages[old.id] = None
        if self.before.registry.schemas[old.kind].defines is not None:
            self.vocabularies.pop(old.slug, None)

    def _address(self, collection: str, slug: str) -> int | None:
        key = (collection, slug)
        return self.addresses[key] if key in self.addresses else self.before.addresses.get(key)

    def _add_row(self, row: IndexRow, document: JsonMapping) -> None:
        schema = self.before.registry.schemas[row.kind]
        texts = {"title": schema.title(document), "names": schema.names(document), "body": schema.body(document)}
        labels = texts["title"] if schema.has_terms else [*texts["title"], *texts["names"]]
        length = min(max(len(row.label.split()), 1), MAX_NAME_LENGTH)
        self.index.add(
            row.id,
            texts,
            labels,
            hidden=schema.hidden(document) if schema.hidden else (),
            name_words=length,
            is_entry=schema.has_terms,
            weight=schema.weight,
            language=schema.language_of(document),
        )
        if schema.has_terms and self.before.meaning is not None:
            self.passages[row.id] = ". ".join([*texts["title"], *texts["body"]])
        if schema.defines is not None:
            name, collection = schema.defines(document)
            flags = (_is_true(each, document) for each in (schema.rings, schema.ordered, schema.required))
            rings, ordered, required = flags
            self.vocabularies[name] = VocabularyField(name, collection, row.label, not rings, ordered, required)

    def _enter_presence(self) -> None:
        """Put together, for so many documents have the same fields."""
        for names, ids in self.entered.items():
            for name, value in presence(names) if ids else ():
                changed, now = self._copy_on_write(name, value)
                changed[value] = as_bitmap(now) | ids

    def _add_to_posting(self, name: str, value: str, ident: int) -> None:
        """A single id is stored as a bare number."""
        changed, now = self._copy_on_write(name, value)
        if isinstance(now, BitMap):
            now.add(ident)
        elif now is None:
            changed[value] = ident
        elif now != ident:
            changed[value] = BitMap((now, ident))

    def _remove_from_posting(self, name: str, value: str, ident: int) -> None:
        changed, now = self._copy_on_write(name, value)
        if isinstance(now, BitMap):
            now.discard(ident)
        if now == ident or not now:
            changed[value] = None

    def _copy_on_write(self, name: str, value: str) -> tuple[dict[str, Posting | None], Posting | None]:
        """The changes to a field's postings, and the one of this value: copied at the first touch."""
        changed = self.postings[name]
        if value not in changed:
            values = self.before.postings.get(name)
            posting = values.get(value) if values else None
            changed[value] = posting.copy() if isinstance(posting, BitMap) else posting
        return changed, changed[value]

    def finish(self, revision: PublishedRevision) -> Snapshot:
        """The next snapshot, of what is published at `revision`. The one before is unchanged, for requests
        that still use it."""
        before = self.before
        self._enter_presence()
        names = {v.name: v for v in before.registry.vocabularies.values()}
        registry = before.registry
        if names != self.vocabularies:
            registry = registry.with_vocabularies(sorted(self.vocabularies.values(), key=lambda v: v.name))
        postings = dict(before.postings)
        for name, changes in self.postings.items():
            postings[name] = postings.get(name, LayeredMap()).with_changes(changes)
        changed = self.rows.items()
        after = Snapshot(
            revision=revision,
            modified=self.modified,
            history=before.history,
            registry=registry,
            rows=before.rows.with_changes(self.rows),
            revisions=before.revisions.with_changes({ident: row.revision if row else None for ident, row in changed}),
            addresses=before.addresses.with_changes(self.addresses),
            postings=postings,
            words=self.index.commit(),
            orderings={},
            columns={},
            passages=before.passages.with_changes(self.passages),
            meaning=before.meaning,
        )
        self._carry_orderings(after)
        return after

    def _carry_orderings(self, after: Snapshot) -> None:
        if len(self.rows) * 8 > len(as_bitmap(after.posting("@state", "live"))):
            return  # rebuilt at first use: cheaper than so many single moves
        for order in list(self.before.orderings):  # keys alone, in one step: readers may add to it meanwhile
            collection, sort = order
            old_keys, new_keys = self.before.orders.key_of(sort), after.orders.key_of(sort)
            gone, come = self._moves(after, collection, old_keys, new_keys)
            moved = [(old_keys(ident), ident) for ident in gone]
            after.orderings[order] = self.before.orderings[order].with_changes(moved, come, new_keys)
        for column in list(self.before.columns):
            own_collection, name = column
            old_values, new_values = self.before.orders.value_of(name), after.orders.value_of(name)
            gone, come = self._moves(after, own_collection, old_values, new_values)
            old_keys, new_keys = (each.orders.key_of((Sort(name),)) for each in (self.before, after))
            moved = [(old_keys(ident), ident) for ident in gone if old_values(ident) is not None]
            there = [ident for ident in come if new_values(ident) is not None]
            after.columns[column] = self.before.columns[column].with_changes(moved, there, new_keys)

    def _moves(
        self, after: Snapshot, collection: str, old_of: Callable[[int], object], new_of: Callable[[int], object]
    ) -> tuple[list[int], list[int]]:
        """The changed documents that leave their position in an order, and those that get a new one."""
        old_members, new_members = self.before.members(collection), after.members(collection)
        gone: list[int] = []
        come: list[int] = []
        for ident in self.rows:
            old = old_of(ident) if ident in old_members else None
            new = new_of(ident) if ident in new_members else None
            if old != new:
                gone += [ident] if ident in old_members else []
                come += [ident] if ident in new_members else []
        return gone, come
