"""What dumps are written in: a document a line, or everything as linked data."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from app.exports.formats import View
from app.exports.rdf import linked_data, skos
from app.exports.rdf.serialisation import Statement, ntriples
from app.reading.content.projection import make_view

STATEMENTS: Final[Mapping[View, Callable[[Any], Iterator[Statement]]]] = {
    "record": linked_data.record_statements,
    "agent": linked_data.agent_statements,
    "concept": skos.statements,
}
"""By what a kind makes of its documents."""


@dataclass(frozen=True, slots=True)
class DumpFormat:
    """`write` makes the lines of a document of its body as it is served, without a line end at the end; it takes the
    base of pages of the project's own, too."""

    name: str
    label: str
    media_type: str
    extension: str
    write: Callable[[bytes, str | None], bytes]


def as_statements(body: bytes, pages: str | None) -> bytes:
    """A document in N-Triples."""
    document = orjson.loads(body)
    made = ((make_view(document, view, pages), statements) for view, statements in STATEMENTS.items())
    lines = (line for thing, statements in made if thing is not None for line in ntriples(statements(thing)))
    return "".join(lines).rstrip("\n").encode()


NDJSON: Final = DumpFormat("ndjson", "NDJSON", "application/jsonl", ".ndjson.gz", lambda body, _: body)
NTRIPLES: Final = DumpFormat("nt", "N-Triples", "application/n-triples", ".nt.gz", as_statements)
DUMP_FORMATS: Final[Mapping[str, DumpFormat]] = {each.name: each for each in (NDJSON, NTRIPLES)}
