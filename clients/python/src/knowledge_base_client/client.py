"""The client. Its asynchronous twin is in `async_client`."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Generic, Self

import httpx

from knowledge_base_client import calls, models
from knowledge_base_client.calls import CollectionCalls, Document, Page, Parameter, Whole, first_query, next_query
from knowledge_base_client.connection import Connection, Options
from knowledge_base_client.staff import Staff

Entry = models.Publication | models.Framework | models.Site | models.Event | models.Collection
EntryItem = models.PublicationItem | models.FrameworkItem | models.SiteItem | models.EventItem | models.CollectionItem


class Collection(Generic[Document, Whole]):
    """One collection. Parameters are those of its list, as the service describes them: `topic="trust"`,
    `topic=["a", "b"]`, `issued__gte=2021`, `sort="-issued"`, `select=["title", "doi"]`."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._calls: CollectionCalls[Document, Whole] = CollectionCalls(name)

    def find(self, **query: Parameter) -> Iterator[Document]:
        """All that match, page by page as they are asked for. With `q` and no `sort` the best come first, and the
        service gives no more than 10,000 of them: more raise ApiError."""
        following: dict[str, Parameter] | None = first_query(query)
        while following is not None:
            page = self.page(**following)
            yield from page.results
            following = next_query(following, page)

    def page(self, **query: Parameter) -> Page[Document]:
        """One page, with totals, links and facets."""
        return self._connection.send(self._calls.page(query))

    def search(self, where: models.Condition | None = None, **more: Any) -> Page[Document]:
        """One page by conditions that nest; `more` are the other members of the body."""
        return self._connection.send(self._calls.search(where, more))

    def facets(self, *names: str, **query: Parameter) -> dict[str, models.Facet]:
        """How many of what matches have each value of these fields."""
        return self.page(facets=names, per_page=1, **query).facets

    def get(self, key: str, **query: Parameter) -> Whole:
        """One, by slug, id or identifier (`doi:10.…`); one that was renamed is found by its former name. Raises
        NotFound, and Gone for one that was withdrawn."""
        return self._connection.send(self._calls.item(key, query))

    def related(self, key: str, **query: Parameter) -> models.RelatedDocuments:
        """What is like one, each with its reasons."""
        return self._connection.send(self._calls.related(key, query))

    def fields(self) -> models.CollectionFields:
        """What can be asked by, with operators and values."""
        return self._connection.send(self._calls.fields())

    def cite(self, key: str, style: str | None = None, locale: str | None = None) -> str:
        """The formatted citation of one."""
        return self._connection.send(self._calls.cite(key, style, locale))

    def text(self, key: str, form: str) -> str:
        """One in another format: `bibtex`, `ris`, `csl` …"""
        return self._connection.send(self._calls.text(key, form))

    def export(self, form: str, **query: Parameter) -> Iterator[str]:
        """All that match, in another format, in pieces of text as they come."""
        response = self._connection.stream(self._calls.export(form, query))
        try:
            yield from response.iter_text()
        finally:
            response.close()


class KnowledgeBase:
    """A client of the service at an address; close it, or use it in `with`. `transport` is sent through instead of the
    network."""

    def __init__(
        self,
        address: str,
        options: Options | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.connection = Connection(address, options or Options(), transport)
        self.staff = Staff(self.connection)
        self.entries = Collection[Entry, EntryItem](self.connection, "entries")
        self.publications = Collection[models.Publication, models.PublicationItem](self.connection, "publications")
        self.frameworks = Collection[models.Framework, models.FrameworkItem](self.connection, "frameworks")
        self.sites = Collection[models.Site, models.SiteItem](self.connection, "sites")
        self.events = Collection[models.Event, models.EventItem](self.connection, "events")
        self.collections = Collection[models.Collection, models.CollectionItem](self.connection, "collections")
        self.people = Collection[models.Person, models.PersonItem](self.connection, "people")
        self.organisations = Collection[models.Organisation, models.OrganisationItem](self.connection, "organisations")
        self.vocabularies = Collection[models.Vocabulary, models.VocabularyItem](self.connection, "vocabularies")

    def terms(self, vocabulary: str) -> Collection[models.Term, models.TermItem]:
        """The terms of a vocabulary, by the name of its collection: `topics`, `stages` …"""
        return Collection(self.connection, vocabulary)

    def collection(self, name: str) -> Collection[dict[str, Any], dict[str, Any]]:
        """Any collection, also one that is newer than this client."""
        return Collection(self.connection, name)

    def overview(self) -> models.Overview:
        return self.connection.send(calls.overview())

    def complete(self, words: str) -> models.Completions:
        """Names that begin so, each with the parameter that asks for it."""
        return self.connection.send(calls.complete(words))

    def map(self, **query: Parameter) -> models.EvidenceMap:
        """Entries counted by two fields at once: `rows=`, `columns=`, and filters."""
        return self.connection.send(calls.evidence_map(query))

    def changes(
        self, since: str | int = 0, *, documents: bool = False, wait: int = 0, **query: Parameter
    ) -> Iterator[models.PublicChanges]:
        """Pages of what changed, up to now. Keep `meta.next` of each page with what you made of it, and begin with it
        the next time. `wait` seconds are waited for a change where there is none. Raises CursorExpired."""
        following: str | int | None = since
        while following is not None:
            page = self.connection.send(calls.changes(following, documents, wait, query))
            yield page
            following = page["meta"]["next"] if page["meta"]["has_more"] else None

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
