"""NDJSON: the published documents themselves, one per line."""

from collections.abc import Iterable, Iterator

from app.exports.context import ExportContext


def pieces(documents: Iterable[bytes], _: ExportContext) -> Iterator[str]:
    """The JSON of each document as it is kept, which has no line ends of its own, and one at its end."""
    for document in documents:
        yield f"{document.decode()}\n"
