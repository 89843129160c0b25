"""The kinds there are. A new kind of entry is a file beside this one and a line here."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from app.catalogue import agents, terms
from app.catalogue.kind import Kind, ReferenceColumn
from app.catalogue.kinds import collections, events, frameworks, publications, sites

KINDS: tuple[Kind, ...] = (
    publications.KIND,
    frameworks.KIND,
    sites.KIND,
    events.KIND,
    collections.KIND,
    agents.PERSON,
    agents.ORGANISATION,
    terms.VOCABULARY,
    terms.TERM_KIND,
)

BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}
BY_COLLECTION: Mapping[str, Kind] = {kind.collection: kind for kind in KINDS if kind.collection}
ENTRY_KINDS: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind.is_entry)
AGENT_KINDS: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind.public_while_named)
OTHER_KINDS: tuple[Kind, ...] = tuple(
    kind
    for kind in KINDS
    if not (kind.is_entry or kind.public_while_named or kind.parent is not None or kind.search_schema.defines)
)
"""What is neither entry nor agent nor vocabulary: public as soon as it is there, it may name any of them."""
SEARCH_SCHEMAS = tuple(kind.search_schema for kind in KINDS)
ALL_ENTRIES = "entries"
"""The collection of all kinds of entry in one."""


def kind_of(row: Any) -> Kind:
    name = getattr(row, "kind", None)
    return BY_NAME[name] if name is not None else _OF_ROWS[type(row)]


_OF_ROWS: Mapping[type[Any], Kind] = {kind.row: kind for kind in KINDS}


@cache
def references(to: str, *, within: str | None = None) -> tuple[ReferenceColumn, ...]:
    """All references to rows of the table `to`; those of the table `within` alone, where that is given."""
    found = {
        (str(reference.owner), str(reference.target)): reference
        for kind in KINDS
        if within is None or kind.table.__tablename__ == within
        for reference in kind.references
        if reference.to == to
    }
    return tuple(found.values())
