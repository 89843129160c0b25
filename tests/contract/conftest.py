"""Knowledge bases that every contract is held against."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest

from app.catalogue.kind import Kind
from app.catalogue.registry import ENTRY_KINDS
from app.search.index.snapshot import Snapshot
from app.search.query.schema import Field
from tests.contract.brute_force import Narrower, narrower_of
from tests.contract.catalogues import fill
from tests.corpus import Corpus
from tests.databases import Databases

LISTS = (*(str(kind.collection) for kind in ENTRY_KINDS), "entries", "people", "organisations", "topics")
"""Collections of every sort."""


@dataclass
class LoadedService:
    """A knowledge base with a random catalogue, for reading only."""

    kb: Corpus

    @cached_property
    def documents(self) -> Mapping[str, list[dict[str, Any]]]:
        """All documents, by collection."""
        names = [each["name"] for each in self.kb.client.json("/v1")["collections"]]
        return {name: list(self.kb.client.walk(f"/v1/{name}?per_page=100")) for name in names}

    @cached_property
    def _snapshot(self) -> Snapshot:
        return self.kb.snapshot

    def fields(self, collection: str) -> Mapping[str, Field]:
        return self._snapshot.fields(collection)

    def fields_of(self, collection: str, kind: str) -> Mapping[str, Field]:
        """With those of one kind as it reads them itself."""
        own = {field.name: field for field in self._snapshot.registry.schemas[kind].fields}
        return {**self.fields(collection), **own}

    @cached_property
    def narrower(self) -> Narrower:
        vocabularies = self.documents["vocabularies"]
        return narrower_of({each["slug"]: self.documents[each["collection"]] for each in vocabularies})


@pytest.fixture(scope="session")
def loaded(databases: Databases) -> Iterator[LoadedService]:
    with closing(Corpus(databases.template("busy", fill))) as kb:
        yield LoadedService(kb)


@pytest.fixture(params=ENTRY_KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Every registered kind of entry."""
    found: Kind = request.param
    return found


@pytest.fixture(params=LISTS)
def collection(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name
