"""The live index of everything published: before it answers, it has seen every committed change."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.orm import Session

from app.db.engine import is_sqlite, uses_wal
from app.db.sessions import Sessions
from app.documents.readers import open_document_reader
from app.documents.revision_watcher import RevisionWatcher
from app.documents.revisions import PublishedRevision, is_published, published_revision, published_since
from app.documents.store import bodies_of, changed_since
from app.kit.lru_cache import LruByteCache
from app.search.index.builder import SnapshotBuilder, empty
from app.search.index.completion import warm_prefixes
from app.search.index.pagination import is_prepared
from app.search.index.snapshot import Snapshot
from app.search.query.model import Query, leaves
from app.search.query.schema_registry import SchemaRegistry
from app.search.text.word_index import WordIndex

MAX_QUICK_SORT = 2_000
"""Documents that a reader in the event loop may wait for to be put in an order."""

QUICKLY_MATCHED = 20
"""Values of all conditions."""


Kept = LruByteCache[int, tuple[int, bytes]]
"""Finished bodies by id, each with the revision that last changed it."""


TRIES = 5
"""Snapshots that are tried to find one that nobody has overtaken yet."""


class StaleSnapshot(Exception):
    """A document was changed since the snapshot that an answer is made from; make it from the next one."""


class Index:
    """Derived from the documents, holding nothing of its own; each process has one.

    `absolute` finishes a stored body for readers; `memory` bounds the bodies kept, in bytes.
    """

    def __init__(
        self,
        sessions: Sessions,
        revision_watcher: RevisionWatcher,
        registry: SchemaRegistry,
        absolute: Callable[[bytes], bytes],
        memory: int,
    ) -> None:
        self._sessions = sessions
        self._head = revision_watcher
        self._layout = registry
        self._absolute = absolute
        self._memory = memory
        self._at_bodies = threading.Lock()
        self._catching_up = threading.Lock()
        self._fetch = open_document_reader(sessions.engine)
        self._far = not (is_sqlite(sessions.engine) and uses_wal())
        self._words = WordIndex()
        self._bodies = Kept(memory)
        self.snapshot = empty(registry, self._words.commit())

    async def latest_snapshot(self) -> Snapshot:
        """A snapshot that holds every change committed before this call."""
        revision = await self._head()
        if revision == self.snapshot.revision:
            return self.snapshot
        return await asyncio.to_thread(self.catch_up, revision)

    async def published_revision(self) -> PublishedRevision:
        """The one that the next snapshot has, without making it. Raises `Unavailable` where the database is away."""
        return await self._head()

    def current_snapshot(self) -> Snapshot:
        """As `fresh`, for callers outside the event loop."""
        return self.catch_up(self._head.read())

    def catch_up(self, revision: PublishedRevision) -> Snapshot:
        """Bring the index to at least `head`, which may have been read before another reader brought it further."""
        with self._catching_up:
            if revision != self.snapshot.revision:
                with self._sessions.read_one_state() as session:
                    self._follow(session)
            return self.snapshot

    def _follow(self, session: Session) -> None:
        """To where the database is. What is not in its past was made from another, that a backup took the place of:
        then everything is read again."""
        revision = published_revision(session)
        if is_published(session, self.snapshot.revision):
            if revision != self.snapshot.revision:
                self._advance(session, revision, self.snapshot, self._words, self._bodies)
        else:
            words = WordIndex()
            self._advance(session, revision, empty(self._layout, words.commit()), words, Kept(self._memory))

    def _advance(
        self, session: Session, revision: PublishedRevision, before: Snapshot, words: WordIndex, bodies: Kept
    ) -> None:
        builder = SnapshotBuilder(before, words)
        try:
            for stored in changed_since(session, before.revision.number):
                builder.add_document(stored)
                if bodies.has_room(len(stored.body)):  # nobody has asked for it yet, so no other has to go for it
                    self._cache_finished(bodies, stored.id, stored.revision, stored.body)
                else:
                    bodies.complete = False
            before.history.extend(published_since(session, before.revision.number))
            after = builder.finish(revision)
        except BaseException:
            words.writer.rollback()
            raise
        with self._at_bodies:
            self.snapshot, self._words, self._bodies = after, words, bodies

    @contextmanager
    def held(self) -> Iterator["Held"]:
        """One state of the documents, for as long as an answer takes. Raises `StaleSnapshot` where too much is
        changing."""
        for _ in range(TRIES):
            with self._sessions.read_one_state() as session:
                revision = published_revision(session)
                snapshot = self.catch_up(revision)
                if snapshot.revision == revision:
                    yield Held(self, snapshot, session)
                    return
        raise StaleSnapshot

    def kept(self, snapshot: Snapshot, ids: Sequence[int]) -> dict[int, bytes]:
        """Those of the documents, as the snapshot has them, that are in memory."""
        with self._at_bodies:
            bodies = self._bodies if snapshot.history is self.snapshot.history else Kept(0)
            found = {ident: bodies.get(ident) for ident in ids}
        rows = snapshot.rows
        return {
            ident: body[1]
            for ident, body in found.items()
            if body is not None and (row := rows.get(ident)) is not None and row.revision == body[0]
        }

    def finished(self, stored: bytes) -> bytes:
        """A stored body as readers get it."""
        return self._absolute(stored)

    def _cache_finished(self, bodies: Kept, ident: int, revision: int, stored: bytes) -> bytes:
        """Finish a stored body, and keep it for the next reader."""
        body = self._absolute(stored)
        with self._at_bodies:
            bodies.put(ident, (revision, body), len(body))
        return body

    def warm(self) -> None:
        """Make what every reader needs ahead of the first."""
        snapshot = self.current_snapshot()
        _ = snapshot.words.sets
        warm_prefixes(snapshot)
        snapshot.orders.warm()

    def close(self) -> None:
        self._fetch.close()

    def is_quick(self, snapshot: Snapshot, query: Query | None = None, facets: Sequence[str] = ()) -> bool:
        """Whether an answer (without a query: of one document) is made sooner than it is handed to a thread.

        It is not where words are ranked, very much is asked for, something has to be made first, or documents come
        from another machine, or from a file where readers wait for a writer.
        """
        if self._far and not self._bodies.complete:
            return False
        if query is None:
            return True
        if query.words is not None or sum(len(leaf.values) for leaf in leaves(query.where)) > QUICKLY_MATCHED:
            return False
        return len(snapshot.members(query.collection)) <= MAX_QUICK_SORT or is_prepared(snapshot, query, facets)

    def bodies(self, snapshot: Snapshot, ids: list[int]) -> list[bytes]:
        """The finished JSON of these documents, in this order; what is not in memory is fetched.

        Raises `StaleSnapshot` where one of those was changed after the snapshot: an answer shows one state only.
        """
        revisions = [row.revision if (row := snapshot.rows.get(ident)) is not None else 0 for ident in ids]
        with self._at_bodies:
            if snapshot.history is not self.snapshot.history:
                raise StaleSnapshot
            bodies = self._bodies
            kept = [bodies.get(ident) for ident in ids]
        requested = list(zip(ids, revisions, kept, strict=True))
        absent = [ident for ident, revision, body in requested if body is None or body[0] != revision]
        fetched = self._fetch(absent) if absent else {}
        found = []
        for ident, revision, body in requested:
            if body is None or body[0] != revision:
                now, stored = fetched.get(ident, (0, b""))
                if now != revision:
                    raise StaleSnapshot
                body = (now, self._cache_finished(bodies, ident, now, stored))
            found.append(body[1])
        return found


class Held:
    """A snapshot, and the documents as they were at it, whatever is changed meanwhile. For one thread at a time."""

    def __init__(self, index: Index, snapshot: Snapshot, session: Session) -> None:
        self.snapshot = snapshot
        self._index = index
        self._session = session

    def bodies(self, ids: Sequence[int]) -> list[bytes]:
        """The finished JSON of these documents, in this order. What is not in memory is read, and not kept: whoever
        reads everything would put out what others ask for."""
        known = self._index.kept(self.snapshot, ids)
        absent = [ident for ident in ids if ident not in known]
        known |= {ident: self._index.finished(body) for ident, body in bodies_of(self._session, absent)}
        return [known[ident] for ident in ids]
