"""The formats of dumps: one document per line, or linked data."""

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
"""By the view that a kind offers of its documents."""


@dataclass(frozen=True, slots=True)
class DumpFormat:
    """`write` makes the lines of a document from its body as served, without a final line end; its second argument is
    the base URL of the project's own pages, if it has any."""

    name: str
    label: str
    media_type: str
    extension: str
    write: Callable[[bytes, str | None], bytes]


def as_statements(body: bytes, pages: str | None) -> bytes:
    """A document in N-Triples."""
    document = orjson.loads(body)
    views = ((make_view(document, view, pages), statements) for view, statements in STATEMENTS.items())
    lines = (line for view, statements in views if view is not None for line in ntriples(statements(view)))
    return "".join(lines).rstrip("\n").encode()


NDJSON: Final = DumpFormat("ndjson", "NDJSON", "application/jsonl", ".ndjson.gz", lambda body, _: body)
NTRIPLES: Final = DumpFormat("nt", "N-Triples", "application/n-triples", ".nt.gz", as_statements)
DUMP_FORMATS: Final[Mapping[str, DumpFormat]] = {each.name: each for each in (NDJSON, NTRIPLES)}
