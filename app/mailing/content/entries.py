"""What mails show: published documents, and the terms that queries are described with."""

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.documents.revisions import NOTHING_PUBLISHED, published_revision
from app.documents.store import DocumentRow, DocumentState
from app.kit.containers.chunks import chunks
from app.kit.json_types import JsonMapping
from app.mailing.content.mime import RenderedMessage, render_mime
from app.mailing.content.rendering import Message
from app.pages.dates import format_event
from app.reading.requests.urls import PageUrls
from app.search.index.ephemeral import build_ephemeral_index
from app.search.index.live_index import Index
from app.search.index.snapshot import Snapshot
from app.search.query.schema_registry import SchemaRegistry

MAX_KEPT: Final = 2_000
MAX_MESSAGES: Final = 1_500
PUBLISHED: Final = "published revision"


@dataclass(frozen=True, slots=True)
class MailEntry:
    """What a mail says of one entry; `terms` are labels by the name of their vocabulary. `url` leads to the page that
    people read. `when`: of what takes place."""

    id: int
    collection: str
    title: str
    url: str
    about: str
    when: str
    terms: Mapping[str, tuple[str, ...]]


class PublishedEntries:
    """`open_index` builds the whole index, where it is needed and not there yet."""

    def __init__(
        self, sessions: Sessions, registry: SchemaRegistry, pages: PageUrls, open_index: Callable[[], Index]
    ) -> None:
        self._sessions = sessions
        self._registry = registry
        self._pages = pages
        self._open_index = open_index
        self._index: Index | None = None
        self._terms: Snapshot | None = None
        self._entries: dict[int, MailEntry] = {}
        self._messages: dict[Hashable, RenderedMessage] = {}
        self._published = NOTHING_PUBLISHED
        self._guard = threading.Lock()

    def full_snapshot(self) -> Snapshot:
        """Every published document, as it is now."""
        with self._guard:
            if self._index is None:
                self._index = self._open_index()
            return self._index.current_snapshot()

    def terms(self, session: Session) -> Snapshot:
        """Vocabularies and terms alone: enough to read a query, and to put it into words."""
        with self._guard:
            self._refresh(session)
            if self._terms is None:
                self._terms = build_ephemeral_index(session, self._registry, ())
            return self._terms

    def snapshot_of(self, session: Session, ids: Iterable[int]) -> Snapshot:
        """These documents and all terms, for asking stored queries of them."""
        return build_ephemeral_index(session, self._registry, ids)

    def entries(self, session: Session, ids: Iterable[int]) -> dict[int, MailEntry]:
        """Those that are still published, as they are now."""
        requested = list(ids)
        with self._guard:
            self._refresh(session)
            absent = [ident for ident in requested if ident not in self._entries]
            if len(self._entries) > MAX_KEPT:
                self._entries.clear()
                absent = requested
            for some in chunks(absent):
                self._fetch(session, some)
            return {ident: self._entries[ident] for ident in requested if ident in self._entries}

    def shared_message(self, session: Session, key: Hashable, render: Callable[[], Message]) -> RenderedMessage:
        """The message that many get alike, made once for as long as nothing that is published changes."""
        with self._guard:
            self._refresh(session)
            messages = self._messages
        found = messages.get(key)
        if found is None:
            if len(messages) >= MAX_MESSAGES:
                messages.clear()
            found = messages[key] = render_mime(render())
        return found

    def _refresh(self, session: Session) -> None:
        """Read once in a session: what is made from it is of one revision."""
        if PUBLISHED not in session.info:
            session.info[PUBLISHED] = published_revision(session)
        now = session.info[PUBLISHED]
        if now != self._published:
            self._published, self._terms, self._entries, self._messages = now, None, {}, {}

    def _fetch(self, session: Session, ids: list[int]) -> None:
        columns = (DocumentRow.id, DocumentRow.collection, DocumentRow.body)
        found = select(*columns).where(DocumentRow.id.in_(ids), DocumentRow.state == DocumentState.live)
        for ident, collection, body in session.execute(found):
            self._entries[ident] = self._entry(ident, collection, orjson.loads(body))

    def _entry(self, ident: int, collection: str, body: JsonMapping) -> MailEntry:
        return MailEntry(
            id=ident,
            collection=collection,
            title=body["title"],
            url=self._pages.item(collection, body["slug"]),
            about=body["summary"] or "",
            when=format_event(body),
            terms={name: tuple(term["label"] for term in terms) for name, terms in body["terms"].items()},
        )

    def close(self) -> None:
        with self._guard:
            if self._index is not None:
                self._index.close()
