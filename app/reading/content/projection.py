"""Documents made ready to be shown: less of them (`select`), more of them (`include`)."""

from collections.abc import Iterable, Iterator, Sequence

import orjson

from app.catalogue.record_mapping import page_base
from app.catalogue.registry import BY_NAME
from app.exports.agent import Agent
from app.exports.checklist import Checklist
from app.exports.formats import Format, View
from app.exports.record import Record
from app.kit.json_types import JsonMapping, JsonObject
from app.reading.content.response_size import check_size
from app.search.index.cached_body import HIDDEN, LONG_TEXT
from app.search.index.live_index import Index
from app.search.index.snapshot import Snapshot
from app.search.query.schema import SearchSchema
from app.search.text.highlighter import SearchedWords, highlight


def load_documents(
    index: Index,
    snapshot: Snapshot,
    ids: list[int],
    select: Sequence[str],
    include: Sequence[str],
    *,
    alone: bool = False,
) -> list[bytes]:
    """The JSON of these documents, of one that is shown `alone` with its long texts; bytes as they are stored unless
    something was selected or included. Raises `TooManyBytes`."""
    read = index.bodies if alone or not {LONG_TEXT, HIDDEN}.isdisjoint(select) else index.listed_bodies
    bodies = read(snapshot, ids)
    check_size(map(len, bodies))
    if not select and not include:
        return bodies
    documents = [orjson.loads(body) for body in bodies]
    for name in include:
        _include(index, snapshot, documents, name)
    if select:
        documents = [{name: each[name] for name in select if name in each} for each in documents]
    return [orjson.dumps(document) for document in documents]


def _include(index: Index, snapshot: Snapshot, documents: Sequence[JsonObject], name: str) -> None:
    """Put the whole document beside each small pointer of that name, one level deep, under `document`."""
    pointers = [pointer for document in documents for pointer in document.get(name, ())]
    found: dict[tuple[str, str], int] = {}
    for pointer in pointers:
        collection = snapshot.registry.schemas[pointer["kind"]].collection
        row = snapshot.row(str(collection), pointer["slug"])
        if row is not None:
            found[pointer["kind"], pointer["slug"]] = row.id
    ids = list(dict.fromkeys(found.values()))
    bodies = dict(zip(ids, index.listed_bodies(snapshot, ids), strict=True))
    check_size(len(bodies[found[key]]) for pointer in pointers if (key := (pointer["kind"], pointer["slug"])) in found)
    whole = {ident: orjson.loads(body) for ident, body in bodies.items()}
    for pointer in pointers:
        ident = found.get((pointer["kind"], pointer["slug"]))
        pointer["document"] = whole[ident] if ident is not None else None


def append_member(body: bytes, name: bytes, value: bytes) -> bytes:
    """A JSON object with one member more at its end, without parsing it."""
    joint = b"" if body == b"{}" else b","
    return body[:-1] + joint + b'"' + name + b'":' + value + b"}"


def add_highlights(index: Index, snapshot: Snapshot, ids: list[int], bodies: list[bytes], text: str) -> list[bytes]:
    """Each document with `highlights`: fragments of its title and of its text in which the words are marked, and the
    same by the member that they are from."""
    searched = SearchedWords(snapshot.find(text).clauses)
    marked = []
    for ident, body, whole in zip(ids, bodies, index.bodies(snapshot, ids), strict=True):
        row = snapshot.rows[ident]
        schema, document = snapshot.registry.schemas[row.kind], orjson.loads(whole)
        language = schema.language_of(document)
        fragments = {
            "title": highlight(schema.title(document), searched, language),
            "text": highlight(schema.body(document), searched, language),
        }
        members = list(_highlighted_members(schema, document, searched)) if any(fragments.values()) else []
        marked.append(append_member(body, b"highlights", orjson.dumps({**fragments, "members": members})))
    return marked


def _highlighted_members(schema: SearchSchema, document: JsonObject, searched: SearchedWords) -> Iterator[JsonObject]:
    """Fragments by member: what is read from a document that has no other is from that one."""
    language = schema.language_of(document)
    for name, value in document.items():
        if value and not isinstance(value, int | float):
            alone = {name: value}
            if fragments := highlight([*schema.title(alone), *schema.body(alone)], searched, language):
                yield {"member": name, "language": document.get("language"), "fragments": fragments}


def find_view(kinds: Iterable[str], chosen: Format) -> View | None:
    """What a format makes documents of all these kinds from; None where it cannot."""
    known = [BY_NAME[kind] for kind in kinds]
    return next((view for view in chosen.views if view == "document" or all(each.view(view) for each in known)), None)


def read_record(body: bytes, pages: str | None = None) -> Record:
    """A document of a kind that can be cited; raises LookupError for another."""
    record = read_view(body, "record", pages)
    if not isinstance(record, Record):
        raise LookupError("There is no record of this document.")
    return record


def read_view(body: bytes, view: View, pages: str | None = None) -> object:
    """A document as a format sees it; `pages` is the base of pages of the project's own, which records then name.
    Raises LookupError where it cannot: no collection offers the format then."""
    if view == "document":
        return body
    document = orjson.loads(body)
    made = make_view(document, view, pages)
    if made is None:
        raise LookupError(f"There is no {view} of this kind: {document['kind']}")
    return made


def make_view(document: JsonMapping, view: View, pages: str | None) -> object | None:
    """As `read_view`, of a document with absolute addresses; None where its kind has no such view."""
    make = BY_NAME[document["kind"]].view(view)
    made = make(document) if make is not None else None
    if pages is None or not isinstance(made, Record | Agent | Checklist):
        return made
    own = page_base(document)
    return made.with_pages(lambda page: pages + page.removeprefix(own))
