"""A snapshot as files: what is loaded at start instead of being built, and what is read from the files on demand."""

from array import array
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Final

import orjson
from pyroaring import BitMap

from app.documents.revisions import PublishedRevision, RevisionHistory
from app.kit.containers.unlocked_cache import remember
from app.kit.json_types import JsonObject
from app.kit.system.private_files import write_private
from app.search.index.snapshot import Snapshot
from app.search.query.model import Sort, parse_sort
from app.search.query.schema_registry import SchemaRegistry, VocabularyField
from app.search.storage.layered_map import LayeredMap
from app.search.storage.ordering import BLOCK, Block, Ordering
from app.search.storage.postings import Posting
from app.search.storage.rows import IndexRow
from app.search.storage.stored_table import NumberedTable, StoredTable, number_key, write_table
from app.search.words.frequent_words import FrequentWords
from app.search.words.updated_engine import StoredWords
from app.search.words.word_index import WordIndex, open_stored_words

ROWS, ADDRESSES, POSTINGS, SETS, ORDERS = "rows", "addresses", "postings", "sets", "orders"
"""The tables: by id, by address, by field and value, by name, and by order."""

REVISIONS: Final = "revisions"
"""A file of numbers: in the place of each id the revision of its row, nought where there is none."""

WORDS: Final = "words"
"""The folder of the word index."""

BETWEEN: Final = b"\0"
"""Stands between the parts of a key; no slug, name or value has it."""

EVERYTHING: Final = b"everything"
LANGUAGE: Final = b"language" + BETWEEN
FREQUENT: Final = b"frequent" + BETWEEN
DEFAULT, COLUMN = b"default" + BETWEEN, b"column" + BETWEEN
"""Orders of whole collections, and of single columns."""

_ONE: Final = b"1"
_MANY: Final = b"+"
_ID_BYTES: Final = 8
KEPT_ROWS: Final = 8_192
"""Rows kept as they were read."""

FREED_ROWS: Final = 128
"""How many of the oldest go at once: a request waits for it, and a thousand take a millisecond."""


# --- writing


def write_snapshot(folder: Path, snapshot: Snapshot, words: WordIndex) -> JsonObject:
    """Everything but the word index itself, which `words` has written already. Returns the metadata that
    `open_snapshot` takes."""
    snapshot.orders.warm()
    names: dict[tuple[str, ...], int] = {}
    ids = sorted(ident for ident, _ in snapshot.rows.items())
    write_table(folder / ROWS, ((number_key(ident), _pack_row(snapshot.rows[ident], names)) for ident in ids))
    revisions = array("Q", bytes(_ID_BYTES * (ids[-1] + 1 if ids else 0)))
    for ident in ids:
        revisions[ident] = snapshot.revisions.get(ident) or 0
    with write_private(folder / REVISIONS, "wb") as file:
        file.write(revisions)
    found = sorted((_pair_key(*address), _id_key(ident)) for address, ident in snapshot.addresses.items())
    write_table(folder / ADDRESSES, found)
    write_table(folder / POSTINGS, _packed_postings(snapshot))
    write_table(folder / SETS, sorted(_packed_sets(snapshot, words)))
    write_table(folder / ORDERS, sorted(_packed_orders(snapshot)))
    return {
        "revision": [*snapshot.revision],
        "modified": snapshot.modified.isoformat(),
        "vocabularies": [asdict(each) for each in snapshot.registry.vocabularies.values()],
        "fields": [*snapshot.postings],
        "names": [*names],
    }


def _id_key(ident: int) -> bytes:
    return ident.to_bytes(_ID_BYTES, "big")


def _encode(text: str) -> bytes:
    """Any key that a request may hold, unpaired surrogates included."""
    return text.encode(errors="surrogatepass")


def _pair_key(first: str, second: str) -> bytes:
    return _encode(first) + BETWEEN + _encode(second)


def _pack_row(row: IndexRow, names: dict[tuple[str, ...], int]) -> bytes:
    number = names.setdefault(row.names, len(names))
    plain = (row.kind, row.collection, row.slug, row.state, row.label, row.revision, row.modified.isoformat(), row.uuid)
    return orjson.dumps([*plain, number, row.values, row.sort_values])


def _packed_postings(snapshot: Snapshot) -> Iterator[tuple[bytes, bytes]]:
    for name in sorted(snapshot.postings):
        found = ((_encode(value), posting) for value, posting in snapshot.postings[name].items())
        for value, posting in sorted(found, key=lambda each: each[0]):
            packed = _ONE + _id_key(posting) if isinstance(posting, int) else _MANY + posting.serialize()
            yield _encode(name) + BETWEEN + value, packed


def _packed_sets(snapshot: Snapshot, words: WordIndex) -> Iterator[tuple[bytes, bytes]]:
    yield EVERYTHING, snapshot.words.everything.serialize()
    by_language: defaultdict[str, BitMap] = defaultdict(BitMap)
    for ident, language in words.languages.items():
        by_language[language].add(ident)
    for language, ids in by_language.items():
        yield LANGUAGE + _encode(language), ids.serialize()
    for stem, levels in snapshot.words.frequent.items():
        for level, ids in levels:
            yield FREQUENT + _pair_key(stem, level), ids.serialize()


def _packed_orders(snapshot: Snapshot) -> Iterator[tuple[bytes, bytes]]:
    for (collection, sort), ordering in snapshot.orderings.items():
        yield DEFAULT + _pair_key(collection, ",".join(map(str, sort))), _ids_of(ordering)
    for (collection, name), ordering in snapshot.columns.items():
        yield COLUMN + _pair_key(collection, name), _ids_of(ordering)


def _ids_of(ordering: Ordering) -> bytes:
    return b"".join(block.ids.tobytes() for block in ordering.blocks)


# --- reading


def open_snapshot(folder: Path, manifest: JsonObject, registry: SchemaRegistry) -> tuple[Snapshot, StoredWords]:
    """What was written, with an empty history. Raises ValueError and OSError where the files do not hold it."""
    sets = StoredTable(folder / SETS)
    everything = sets.get(EVERYTHING)
    if everything is None:
        raise ValueError("nothing says which documents are in it")
    languages = {
        ident: key.removeprefix(LANGUAGE).decode()
        for key, ids in sets.items(LANGUAGE)
        for ident in BitMap.deserialize(ids)
    }
    stored = open_stored_words(folder / WORDS, BitMap.deserialize(everything), languages, _read_frequent(sets))
    postings = StoredTable(folder / POSTINGS)
    snapshot = Snapshot(
        revision=PublishedRevision(*manifest["revision"]),
        modified=datetime.fromisoformat(manifest["modified"]),
        history=RevisionHistory(),
        registry=registry.with_vocabularies(VocabularyField(**each) for each in manifest["vocabularies"]),
        rows=LayeredMap(stored=StoredRows(NumberedTable(folder / ROWS), manifest["names"])),
        revisions=LayeredMap(stored=StoredRevisions(folder / REVISIONS)),
        addresses=LayeredMap(stored=StoredAddresses(StoredTable(folder / ADDRESSES))),
        postings={name: LayeredMap(stored=StoredPostings(postings, name)) for name in manifest["fields"]},
        words=WordIndex(stored).commit(),
        orderings={},
        columns={},
    )
    _read_orders(snapshot, StoredTable(folder / ORDERS))
    return snapshot, stored


def _read_frequent(sets: StoredTable) -> FrequentWords:
    found: defaultdict[str, list[tuple[str, BitMap]]] = defaultdict(list)
    for key, ids in sets.items(FREQUENT):
        stem, level = _pair(key.removeprefix(FREQUENT))
        found[stem].append((level, BitMap.deserialize(ids)))
    return {stem: tuple(levels) for stem, levels in found.items()}


def _read_orders(snapshot: Snapshot, table: StoredTable) -> None:
    for key, ids in table.items(DEFAULT):
        collection, sort = _pair(key.removeprefix(DEFAULT))
        snapshot.orderings[collection, parse_sort(sort)] = _ordering(snapshot, ids, parse_sort(sort))
    for key, ids in table.items(COLUMN):
        collection, name = _pair(key.removeprefix(COLUMN))
        snapshot.columns[collection, name] = _ordering(snapshot, ids, (Sort(name),))


def _ordering(snapshot: Snapshot, packed: bytes, sort: tuple[Sort, ...]) -> Ordering:
    ids = array("I")
    ids.frombytes(packed)
    key_of = snapshot.orders.key_of(sort)
    return Ordering([Block(ids[start : start + BLOCK], key_of(ids[start])) for start in range(0, len(ids), BLOCK)])


def _pair(key: bytes) -> tuple[str, str]:
    first, _, second = key.partition(BETWEEN)
    return first.decode(), second.decode()


class StoredRows:
    def __init__(self, table: NumberedTable, names: list[list[str]]) -> None:
        self._table = table
        self._names = [tuple(each) for each in names]
        self._kept: dict[int, IndexRow] = {}

    def get(self, ident: int) -> IndexRow | None:
        row = self._kept.get(ident)
        if row is None:
            packed = self._table.get_number(ident)
            if packed is None:
                return None
            row = self._row(ident, packed)
            remember(self._kept, ident, row, KEPT_ROWS, freed=FREED_ROWS)
        return row

    def items(self) -> Iterator[tuple[int, IndexRow]]:
        for ident, packed in self._table.numbered_items():
            yield ident, self._row(ident, packed)

    def _row(self, ident: int, packed: bytes) -> IndexRow:
        kind, collection, slug, state, label, revision, modified, uuid, number, *lists = orjson.loads(packed)
        moment = datetime.fromisoformat(modified)
        values, sort_values = map(tuple, lists)
        at = (ident, kind, collection, slug, state, label, revision, moment, uuid)
        return IndexRow(*at, self._names[number], values, sort_values)


class StoredRevisions:
    def __init__(self, path: Path) -> None:
        self._numbers = array("Q", path.read_bytes())

    def get(self, ident: int) -> int | None:
        return self._numbers[ident] or None if ident < len(self._numbers) else None

    def items(self) -> Iterator[tuple[int, int]]:
        return ((ident, number) for ident, number in enumerate(self._numbers) if number)


class StoredAddresses:
    def __init__(self, table: StoredTable) -> None:
        self._table = table

    def get(self, address: tuple[str, str]) -> int | None:
        found = self._table.get(_pair_key(*address))
        return None if found is None else int.from_bytes(found, "big")

    def items(self) -> Iterator[tuple[tuple[str, str], int]]:
        for key, ident in self._table.items():
            yield _pair(key), int.from_bytes(ident, "big")


class StoredPostings:
    """The values of one field. Sets are cached once read: there are few, and they are used again."""

    def __init__(self, table: StoredTable, name: str) -> None:
        self._table = table
        self._prefix = _encode(name) + BETWEEN
        self._kept: dict[str, BitMap] = {}

    def get(self, value: str) -> Posting | None:
        kept = self._kept.get(value)
        if kept is not None:
            return kept
        packed = self._table.get(self._prefix + _encode(value))
        return None if packed is None else self._posting(value, packed)

    def items(self) -> Iterator[tuple[str, Posting]]:
        for key, packed in self._table.items(self._prefix):
            value = key.removeprefix(self._prefix).decode()
            yield value, self._kept.get(value) or self._posting(value, packed)

    def _posting(self, value: str, packed: bytes) -> Posting:
        if packed.startswith(_ONE):
            return int.from_bytes(packed[1:], "big")
        return self._kept.setdefault(value, BitMap.deserialize(packed[1:]))
