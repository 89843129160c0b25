"""What the index keeps of one document, and the sets of documents it is found in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from app.search.query.value_types import SortKey

PRESENT = ""
"""The posting of all documents that have any value of a field."""

IDENTIFIED = "@identifier"
"""The postings of identifiers and web addresses; several documents may share an address."""

ID = "id"
"""The postings of ids, a field of every live document."""

FORMER_ID = "@id"
"""The postings of the ids of what is gone or has moved into another."""

WITHDRAWN = "@withdrawn"
"""The postings of identifiers that withdrawn documents carried."""


def identifier_key(scheme: str, value: str) -> str:
    return f"{scheme} {value}"


def identifier_keys(scheme: str, value: str) -> Iterator[str]:
    """What is looked up for an identifier: an address is also met with a slash at its end, or without."""
    yield identifier_key(scheme, value)
    if scheme == "url":
        yield identifier_key(scheme, value[:-1] if value.endswith("/") else value + "/")


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What the index keeps of one document; the trace of a former address has no `uuid`. `label` of what has moved is
    where it is now, as `collection/slug`. `sort_values` follow the schema registry's sort columns of its kind."""

    id: int
    kind: str
    collection: str
    slug: str
    state: str
    label: str
    revision: int
    modified: datetime
    uuid: str = ""
    names: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    sort_values: tuple[SortKey | None, ...] = ()

    @property
    def destination(self) -> tuple[str, str]:
        """Collection and slug of where that which has moved is now."""
        collection, _, slug = self.label.partition("/")
        return collection, slug

    @property
    def keys(self) -> Iterator[tuple[str, str]]:
        """The fields that the document is found by, with their values."""
        return zip(self.names, self.values, strict=True)
