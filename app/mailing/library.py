"""What mails tell of: published documents, and the words that queries are told in."""

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.documents.revisions import NOTHING_PUBLISHED, published_revision
from app.documents.store import DocumentRow, State
from app.mailing.composing import Printed, printed
from app.mailing.rendering import Letter
from app.mailing.taking_place import when_and_where
from app.search.apart import index_of
from app.search.index import Index
from app.search.layout import Layout
from app.search.snapshot import Snapshot

CHUNK: Final = 500
MOST_KEPT: Final = 2_000
MOST_LETTERS: Final = 1_500
PUBLISHED: Final = "published revision"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a mail says of one entry; `terms` are labels by the name of their vocabulary. `url` leads to the page that
    people read: where it is registered, else where it is found, else its address here. `when`: of what takes place."""

    id: int
    collection: str
    title: str
    url: str
    about: str
    when: str
    terms: Mapping[str, tuple[str, ...]]


class Library:
    """`open_index` makes the whole index, where it is needed and nobody has one."""

    def __init__(self, sessions: Sessions, layout: Layout, base: str, open_index: Callable[[], Index]) -> None:
        self._sessions = sessions
        self._layout = layout
        self._base = base
        self._open_index = open_index
        self._index: Index | None = None
        self._terms: Snapshot | None = None
        self._entries: dict[int, Entry] = {}
        self._letters: dict[Hashable, Printed] = {}
        self._published = NOTHING_PUBLISHED
        self._guard = threading.Lock()

    def everything(self) -> Snapshot:
        """Every published document, as it is now."""
        with self._guard:
            if self._index is None:
                self._index = self._open_index()
            return self._index.current()

    def terms(self, session: Session) -> Snapshot:
        """Vocabularies and terms alone: enough to read a query, and to put it into words."""
        with self._guard:
            self._keep_up(session)
            if self._terms is None:
                self._terms = index_of(session, self._layout, ())
            return self._terms

    def chosen(self, session: Session, ids: Iterable[int]) -> Snapshot:
        """These documents and all terms, for asking stored queries of them."""
        return index_of(session, self._layout, ids)

    def entries(self, session: Session, ids: Iterable[int]) -> dict[int, Entry]:
        """Those that are still published, as they are now."""
        wanted = list(ids)
        with self._guard:
            self._keep_up(session)
            absent = [ident for ident in wanted if ident not in self._entries]
            if len(self._entries) > MOST_KEPT:
                self._entries.clear()
                absent = wanted
            for start in range(0, len(absent), CHUNK):
                self._fetch(session, absent[start : start + CHUNK])
            return {ident: self._entries[ident] for ident in wanted if ident in self._entries}

    def letter(self, session: Session, key: Hashable, make: Callable[[], Letter]) -> Printed:
        """The letter that many get alike, made once for as long as nothing that is published changes."""
        with self._guard:
            self._keep_up(session)
            letters = self._letters
        found = letters.get(key)
        if found is None:
            if len(letters) >= MOST_LETTERS:
                letters.clear()
            found = letters[key] = printed(make())
        return found

    def _keep_up(self, session: Session) -> None:
        """Asked once in a session: what is made from it is of one piece."""
        if PUBLISHED not in session.info:
            session.info[PUBLISHED] = published_revision(session)
        now = session.info[PUBLISHED]
        if now != self._published:
            self._published, self._terms, self._entries, self._letters = now, None, {}, {}

    def _fetch(self, session: Session, ids: list[int]) -> None:
        columns = (DocumentRow.id, DocumentRow.collection, DocumentRow.body)
        found = select(*columns).where(DocumentRow.id.in_(ids), DocumentRow.state == State.live)
        for ident, collection, body in session.execute(found):
            self._entries[ident] = self._entry(ident, collection, orjson.loads(body))

    def _entry(self, ident: int, collection: str, body: Mapping[str, Any]) -> Entry:
        return Entry(
            id=ident,
            collection=collection,
            title=body["title"],
            url=next(_pages(body), self._base + body["url"]),
            about=body["summary"] or "",
            when=when_and_where(body),
            terms={name: tuple(term["label"] for term in terms) for name, terms in body["terms"].items()},
        )

    def close(self) -> None:
        with self._guard:
            if self._index is not None:
                self._index.close()


def _pages(body: Mapping[str, Any]) -> Iterator[str]:
    for name in ("identifiers", "resources"):
        yield from (each["url"] for each in body[name] if str(each["url"]).startswith("https://"))
