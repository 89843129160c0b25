"""The kinds there are. A new kind of entry is a file beside this one and a line here."""

from collections.abc import Mapping

from app.catalogue import agents, terms
from app.catalogue.kind import Kind
from app.catalogue.kinds import events, frameworks, publications, sites

KINDS: tuple[Kind, ...] = (
    publications.KIND,
    frameworks.KIND,
    sites.KIND,
    events.KIND,
    agents.PERSON,
    agents.ORGANISATION,
    terms.VOCABULARY,
    terms.TERM_KIND,
)

BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}
BY_COLLECTION: Mapping[str, Kind] = {kind.collection: kind for kind in KINDS if kind.collection}
ENTRY_KINDS: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind.is_entry)
SEARCH_SCHEMAS = tuple(kind.search_schema for kind in KINDS)
ALL_ENTRIES = "entries"
"""The collection of all kinds of entry in one."""
