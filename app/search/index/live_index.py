"""The live index of everything published: before it answers, it has seen every committed change."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.orm import Session

from app.db.engine import is_sqlite, uses_wal
from app.db.sessions import Sessions
from app.documents.readers import DocumentReader
from app.documents.revision_watcher import RevisionWatcher
from app.documents.revisions import (
    NOTHING_PUBLISHED,
    PublishedRevision,
    is_published,
    published_revision,
    published_since,
)
from app.documents.store import bodies_of, changed_since
from app.kit.containers.lru_cache import LruByteCache
from app.search.index.builder import SnapshotBuilder, empty
from app.search.index.cached_body import CachedBody
from app.search.index.completion import warm_prefixes
from app.search.index.index_folder import IndexFolder
from app.search.index.pagination import is_prepared, is_search_prepared
from app.search.index.snapshot import Snapshot
from app.search.meaning.model import MeaningModel
from app.search.query.model import Query, leaves
from app.search.query.schema_registry import SchemaRegistry
from app.search.words.word_index import WordIndex
from app.search.words.word_search import is_quick_search

MAX_QUICK_SORT = 2_000
"""Documents that are sorted in the event loop; more are sorted in a thread."""

MAX_QUICK_VALUES = 20
"""Values of all conditions together that are matched in the event loop."""

BodyCache = LruByteCache[int, CachedBody]
"""Finished bodies by id."""

MAX_VIEW_ATTEMPTS = 5
"""Attempts to find a snapshot of the same revision as the transaction that it is read with."""


class StaleSnapshot(Exception):
    """A document was changed since the snapshot that an answer is made from; make it from the next one."""


class Index:
    """Derived from the documents, holding nothing of its own; each process has one.

    `absolute` makes a stored body the one that is served; `memory` bounds the cached bodies, in bytes. With `meaning`
    entries are also compared by it. It begins with what is `stored`, if that is of use. `fetch` reads what is not in
    memory; the index closes it.
    """

    def __init__(
        self,
        sessions: Sessions,
        revision_watcher: RevisionWatcher,
        registry: SchemaRegistry,
        absolute: Callable[[bytes], bytes],
        memory: int,
        fetch: DocumentReader,
        meaning: MeaningModel | None = None,
        stored: IndexFolder | None = None,
    ) -> None:
        self._sessions = sessions
        self._revision_watcher = revision_watcher
        self._registry = registry
        self._absolute = absolute
        self._memory = memory
        self._meaning = meaning
        self._stored = stored if meaning is None else None  # passages are not stored
        self._bodies_lock = threading.Lock()
        self._catch_up_lock = threading.Lock()
        self._fetch = fetch
        self._far = not (is_sqlite(sessions.engine) and uses_wal())
        self._words = WordIndex()
        self._bodies = BodyCache(memory)
        self.snapshot = empty(registry, self._words.commit(), meaning)

    async def latest_snapshot(self) -> Snapshot:
        """A snapshot that holds every change committed before this call."""
        revision = await self._revision_watcher()
        if revision == self.snapshot.revision:
            return self.snapshot
        return await asyncio.to_thread(self.catch_up, revision)

    async def published_revision(self) -> PublishedRevision:
        """The one that the next snapshot has, without making it. Raises `Unavailable` where the database is away."""
        return await self._revision_watcher()

    def current_snapshot(self) -> Snapshot:
        """As `latest_snapshot`, for callers outside the event loop."""
        return self.catch_up(self._revision_watcher.read())

    def catch_up(self, revision: PublishedRevision) -> Snapshot:
        """Bring the index to `revision` at least; another caller may have brought it further meanwhile."""
        with self._catch_up_lock:
            if revision != self.snapshot.revision:
                with self._sessions.read_one_state() as session:
                    self._follow(session)
            return self.snapshot

    def _follow(self, session: Session) -> None:
        """To the revision of the database. If it does not know the snapshot's revision, a backup was restored, and
        everything is read again."""
        revision = published_revision(session)
        is_new = self.snapshot.revision == NOTHING_PUBLISHED
        if is_new or not is_published(session, self.snapshot.revision):
            self._begin(session, revision)
        elif revision != self.snapshot.revision:
            self._advance(session, revision, self.snapshot, self._words, self._bodies)

    def _begin(self, session: Session, revision: PublishedRevision) -> None:
        """Read everything, or what is stored and what has changed since."""
        bodies = BodyCache(self._memory)
        found = None if self._stored is None else self._stored.open(session)
        if found is None:
            words = WordIndex()
            before = empty(self._registry, words.commit(), self._meaning)
        else:
            words, before = WordIndex(found.words), found.snapshot
            self._fill(session, bodies)
        self._advance(session, revision, before, words, bodies)

    def _fill(self, session: Session, bodies: BodyCache) -> None:
        """Cache bodies until the cache is full."""
        for stored in changed_since(session, 0):
            if not bodies.has_room(len(stored.body)):
                bodies.complete = False
                return
            self._cache_finished(bodies, stored.id, stored.revision, stored.body)

    def _advance(
        self, session: Session, revision: PublishedRevision, before: Snapshot, words: WordIndex, bodies: BodyCache
    ) -> None:
        builder = SnapshotBuilder(before, words)
        try:
            for stored in changed_since(session, before.revision.number):
                builder.add_document(stored)
                if bodies.has_room(len(stored.body)):  # only into free space: nothing requested is evicted for it
                    self._cache_finished(bodies, stored.id, stored.revision, stored.body)
                else:
                    bodies.complete = False
            before.history.extend(published_since(session, before.revision.number))
            after = builder.finish(revision)
        except BaseException:
            words.writer.rollback()
            raise
        with self._bodies_lock:
            self.snapshot, self._words, self._bodies = after, words, bodies

    @contextmanager
    def open_view(self) -> Iterator["ReadView"]:
        """One state of the documents, for as long as an answer takes. Raises `StaleSnapshot` if documents change faster
        than the index can follow."""
        for _ in range(MAX_VIEW_ATTEMPTS):
            with self._sessions.read_one_state() as session:
                revision = published_revision(session)
                snapshot = self.catch_up(revision)
                if snapshot.revision == revision:
                    yield ReadView(self, snapshot, session)
                    return
        raise StaleSnapshot

    def cached_bodies(self, snapshot: Snapshot, ids: Sequence[int]) -> dict[int, bytes]:
        """The finished bodies in memory, by id: those that the snapshot's revision of the document has."""
        with self._bodies_lock:
            bodies = self._bodies if snapshot.history is self.snapshot.history else BodyCache(0)
            found = {ident: bodies.get(ident) for ident in ids}
        return {
            ident: body.whole
            for ident, body in found.items()
            if body is not None and snapshot.revisions.get(ident) == body.revision
        }

    def finish_body(self, stored: bytes) -> bytes:
        """A stored body as it is served."""
        return self._absolute(stored)

    def _cache_finished(self, bodies: BodyCache, ident: int, revision: int, stored: bytes) -> CachedBody:
        """Finish a stored body and cache it."""
        body = CachedBody(revision, self._absolute(stored))
        with self._bodies_lock:
            bodies.put(ident, body, len(body.whole))
        return body

    def warm(self) -> None:
        """Build what every request needs, before the first one."""
        snapshot = self.current_snapshot()
        _ = snapshot.words.sets, snapshot.compared_passages
        warm_prefixes(snapshot)
        snapshot.orders.warm()

    def close(self) -> None:
        self._fetch.close()

    def is_quick(self, snapshot: Snapshot, query: Query | None = None, facets: Sequence[str] = ()) -> bool:
        """Whether computing a response (without a query: of one document) takes less time than handing it to a
        thread. It does not where words are looked for that are many, or in many documents that are not in memory,
        where the page is large, where an order has to be built first, or where documents are read from another machine
        or from a file where readers wait for a writer. With a model of meaning words always take longer."""
        if self._far and not self._bodies.complete:
            return False
        if query is None:
            return True
        if query.words is not None and not self._is_quick_search(snapshot, query.words):
            return False
        if sum(len(leaf.values) for leaf in leaves(query.where)) > MAX_QUICK_VALUES:
            return False
        return len(snapshot.members(query.collection)) <= MAX_QUICK_SORT or is_prepared(snapshot, query, facets)

    def _is_quick_search(self, snapshot: Snapshot, text: str) -> bool:
        if self._meaning is not None or not is_search_prepared(snapshot):
            return False
        return is_quick_search(snapshot.words, text, snapshot.synonyms)

    def bodies(self, snapshot: Snapshot, ids: list[int]) -> list[bytes]:
        """The finished JSON of these documents, in this order; what is not in memory is fetched.

        Raises `StaleSnapshot` where one of those was changed after the snapshot: an answer shows one state only.
        """
        return [body.whole for body in self._found(snapshot, ids)]

    def listed_bodies(self, snapshot: Snapshot, ids: list[int]) -> list[bytes]:
        """As `bodies`, without long texts: as lists show them."""
        return [body.listed for body in self._found(snapshot, ids)]

    def _found(self, snapshot: Snapshot, ids: list[int]) -> list[CachedBody]:
        revisions = [snapshot.revisions.get(ident) or 0 for ident in ids]
        with self._bodies_lock:
            if snapshot.history is not self.snapshot.history:
                raise StaleSnapshot
            bodies = self._bodies
            cached = [bodies.get(ident) for ident in ids]
        requested = list(zip(ids, revisions, cached, strict=True))
        absent = [ident for ident, revision, body in requested if body is None or body.revision != revision]
        fetched = self._fetch(absent, snapshot.revision) if absent else {}
        found = []
        for ident, revision, body in requested:
            if body is None or body.revision != revision:
                now, stored = fetched.get(ident, (0, b""))
                if now != revision:
                    raise StaleSnapshot
                body = self._cache_finished(bodies, ident, now, stored)
            found.append(body)
        return found


class ReadView:
    """A snapshot, and the documents as they were at it, whatever is changed meanwhile. For one thread at a time."""

    def __init__(self, index: Index, snapshot: Snapshot, session: Session) -> None:
        self.snapshot = snapshot
        self.session = session
        self._index = index

    def bodies(self, ids: Sequence[int]) -> list[bytes]:
        """The finished JSON of these documents, in this order. What is not in memory is read and not
        cached: an export of everything would evict what other requests need."""
        known = self._index.cached_bodies(self.snapshot, ids)
        absent = [ident for ident in ids if ident not in known]
        known |= {ident: self._index.finish_body(body) for ident, body in bodies_of(self.session, absent)}
        return [known[ident] for ident in ids]
