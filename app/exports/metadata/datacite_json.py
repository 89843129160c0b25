"""DataCite JSON (schema 4.6): the attributes of DataCite's REST API."""

import json
from collections.abc import Iterable, Iterator

from app.exports.context import ExportContext
from app.exports.metadata.datacite_metadata import attributes
from app.exports.record import Record


def pieces(records: Iterable[Record], context: ExportContext) -> Iterator[str]:
    """An object for a single thing, an array for a list."""
    if context.is_single:
        yield from (json.dumps(attributes(record), ensure_ascii=False) for record in records)
        return
    between = "["
    for record in records:
        yield between + json.dumps(attributes(record), ensure_ascii=False)
        between = ",\n"
    yield "[]" if between == "[" else "]"
