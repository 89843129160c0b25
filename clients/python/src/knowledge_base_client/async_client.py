"""The client for asyncio: the same as `client`, awaited."""

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Generic, Self

import httpx

from knowledge_base_client import calls, models
from knowledge_base_client.calls import CollectionCalls, Document, Page, Parameter, Whole, first_query, next_query
from knowledge_base_client.client import Entry, EntryItem
from knowledge_base_client.connection import AsyncConnection, Options
from knowledge_base_client.staff import AsyncStaff


class AsyncCollection(Generic[Document, Whole]):
    """One collection; `client.Collection` says what each method gives."""

    def __init__(self, connection: AsyncConnection, name: str) -> None:
        self._connection = connection
        self._calls: CollectionCalls[Document, Whole] = CollectionCalls(name)

    async def find(self, **query: Parameter) -> AsyncIterator[Document]:
        following: dict[str, Parameter] | None = first_query(query)
        while following is not None:
            page = await self.page(**following)
            for document in page.results:
                yield document
            following = next_query(following, page)

    async def page(self, **query: Parameter) -> Page[Document]:
        return await self._connection.send(self._calls.page(query))

    async def search(self, where: models.Condition | None = None, **more: Any) -> Page[Document]:
        return await self._connection.send(self._calls.search(where, more))

    async def facets(self, *names: str, **query: Parameter) -> dict[str, models.Facet]:
        return (await self.page(facets=names, per_page=1, **query)).facets

    async def get(self, key: str, **query: Parameter) -> Whole:
        return await self._connection.send(self._calls.item(key, query))

    async def related(self, key: str, **query: Parameter) -> models.RelatedDocuments:
        return await self._connection.send(self._calls.related(key, query))

    async def fields(self) -> models.CollectionFields:
        return await self._connection.send(self._calls.fields())

    async def cite(self, key: str, style: str | None = None, locale: str | None = None) -> str:
        return await self._connection.send(self._calls.cite(key, style, locale))

    async def text(self, key: str, form: str) -> str:
        return await self._connection.send(self._calls.text(key, form))

    async def export(self, form: str, **query: Parameter) -> AsyncIterator[str]:
        response = await self._connection.stream(self._calls.export(form, query))
        try:
            async for piece in response.aiter_text():
                yield piece
        finally:
            await response.aclose()


class AsyncKnowledgeBase:
    """A client of the service at an address; close it, or use it in `async with`."""

    def __init__(
        self,
        address: str,
        options: Options | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.connection = AsyncConnection(address, options or Options(), transport)
        self.staff = AsyncStaff(self.connection)
        self.entries = AsyncCollection[Entry, EntryItem](self.connection, "entries")
        self.publications = AsyncCollection[models.Publication, models.PublicationItem](self.connection, "publications")
        self.frameworks = AsyncCollection[models.Framework, models.FrameworkItem](self.connection, "frameworks")
        self.sites = AsyncCollection[models.Site, models.SiteItem](self.connection, "sites")
        self.events = AsyncCollection[models.Event, models.EventItem](self.connection, "events")
        self.collections = AsyncCollection[models.Collection, models.CollectionItem](self.connection, "collections")
        self.people = AsyncCollection[models.Person, models.PersonItem](self.connection, "people")
        self.organisations = AsyncCollection[models.Organisation, models.OrganisationItem](
            self.connection, "organisations"
        )
        self.vocabularies = AsyncCollection[models.Vocabulary, models.VocabularyItem](self.connection, "vocabularies")

    def terms(self, vocabulary: str) -> AsyncCollection[models.Term, models.TermItem]:
        return AsyncCollection(self.connection, vocabulary)

    def collection(self, name: str) -> AsyncCollection[dict[str, Any], dict[str, Any]]:
        return AsyncCollection(self.connection, name)

    async def overview(self) -> models.Overview:
        return await self.connection.send(calls.overview())

    async def complete(self, words: str) -> models.Completions:
        return await self.connection.send(calls.complete(words))

    async def map(self, **query: Parameter) -> models.EvidenceMap:
        return await self.connection.send(calls.evidence_map(query))

    async def changes(
        self, since: str | int = 0, *, documents: bool = False, wait: int = 0, **query: Parameter
    ) -> AsyncIterator[models.PublicChanges]:
        following: str | int | None = since
        while following is not None:
            page = await self.connection.send(calls.changes(following, documents, wait, query))
            yield page
            following = page["meta"]["next"] if page["meta"]["has_more"] else None

    async def close(self) -> None:
        await self.connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
