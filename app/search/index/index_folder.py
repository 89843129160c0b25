"""The folder that keeps the index between two starts. One process at a time writes it, atomically; it is used only
while the code, the libraries and the database's history are those that it was written with."""

import fcntl
import hashlib
import logging
import os
import platform
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.documents.revisions import PublishedRevision, is_published, published_revision, published_since
from app.documents.store import DocumentRow, changed_since
from app.kit.json_types import JsonObject
from app.kit.system.private_files import FILE, FOLDER, make_private_folder, write_private
from app.kit.system.project_files import PACKAGE
from app.search.index.builder import SnapshotBuilder, empty
from app.search.index.snapshot import Snapshot
from app.search.index.stored_snapshot import WORDS, open_snapshot, write_snapshot
from app.search.query.schema_registry import SchemaRegistry
from app.search.words.updated_engine import StoredWords
from app.search.words.word_index import WordIndex

log = logging.getLogger(__name__)

MANIFEST: Final = "index.json"
LOCK: Final = "lock"
WRITTEN, UNFINISHED = "index-", "unfinished-"
"""Beginnings of the names of folders in it."""

MIN_DOCUMENTS: Final = 5_000
"""Documents from which on a start is worth a file: fewer are read in a second."""

MAX_BEHIND: Final = 1 / 50
"""Share of the documents that may have changed before the index is written again."""

RETRY: Final = 0.1
"""Seconds between two attempts to lock the folder."""


LIBRARIES: Final = ("langcodes", "orjson", "pyroaring", "tantivy")
"""Those that the words and the files are made with."""


class IndexInUse(Exception):
    """Another process writes the index."""


class OutOfDate(ValueError):
    """An index that is whole, and of no use here."""


class StoredIndex(NamedTuple):
    """What a folder holds: a snapshot over it, and its words, which are below whatever changes."""

    folder: Path
    snapshot: Snapshot
    words: StoredWords


class IndexFolder:
    def __init__(self, path: Path, registry: SchemaRegistry) -> None:
        self.path = path
        self._registry = registry
        self._layout = layout_digest()

    # --- reading

    def open(self, session: Session) -> StoredIndex | None:
        """The last index written, if it is complete, written by this version of the code, and of this database's
        history."""
        for folder in self._written():
            try:
                return self._open(folder, session)
            except OutOfDate as error:
                log.info("the index in %s is not used: %s", folder, error)
            except (OSError, ValueError, KeyError, TypeError) as error:
                log.warning("the index in %s is thrown away: %s", folder, error or type(error).__name__)
                self._discard(folder)
        return None

    def _open(self, folder: Path, session: Session) -> StoredIndex:
        manifest, revision = self._checked(folder, session)
        snapshot, words = open_snapshot(folder, manifest, self._registry)
        snapshot.history.extend(each for each in published_since(session, 0) if each.number <= revision.number)
        return StoredIndex(folder, snapshot, words)

    def _checked(self, folder: Path, session: Session) -> tuple[JsonObject, PublishedRevision]:
        """Its manifest, once it is known to be whole, of this version and of this database's past."""
        manifest = self._manifest(folder)
        revision = PublishedRevision(*manifest["revision"])
        if not is_published(session, revision):
            raise OutOfDate("it is of another past of the database")
        for name, digest in manifest["files"].items():
            if _digest(folder / name) != digest:
                raise ValueError(f"{name} is damaged")
        return manifest, revision

    def check(self, session: Session) -> PublishedRevision | None:
        """How far the one written last has come; None where there is none. Reads all of it and changes nothing. Raises
        OutOfDate, and OSError, ValueError, KeyError or TypeError for what is damaged."""
        newest = next(iter(self._written()), None)
        return None if newest is None else self._checked(newest, session)[1]

    def _discard(self, folder: Path) -> None:
        """Unless another process writes: that throws it away itself."""
        with suppress(IndexInUse, OSError), self._locked(0):
            shutil.rmtree(folder)

    def stored_revision(self) -> PublishedRevision | None:
        """That of the index written last by this code; its files are not looked at."""
        for folder in self._written():
            with suppress(OSError, ValueError, KeyError, TypeError):
                return PublishedRevision(*self._manifest(folder)["revision"])
        return None

    def bytes(self) -> int:
        return sum(path.stat().st_size for folder in self._written() for path in _files(folder))

    def is_due(self, session: Session) -> bool:
        """Whether a start would take long without its being written now."""
        stored = self.stored_revision()
        there = session.scalars(select(func.count()).select_from(DocumentRow)).one()
        if there < MIN_DOCUMENTS:
            return False
        if stored is None or not is_published(session, stored):
            return True
        later = select(func.count()).select_from(DocumentRow).where(DocumentRow.revision > stored.number)
        return session.scalars(later).one() > there * MAX_BEHIND

    def _written(self) -> list[Path]:
        """The newest first."""
        with suppress(OSError):
            found = [(each.stat().st_mtime_ns, each) for each in self.path.glob(f"{WRITTEN}*")]
            return [each for _, each in sorted(found, reverse=True)]
        return []

    def _manifest(self, folder: Path) -> JsonObject:
        digest, _, text = (folder / MANIFEST).read_bytes().partition(b"\n")
        if hashlib.sha256(text).hexdigest().encode() != digest:
            raise ValueError("its manifest is damaged")
        manifest: JsonObject = orjson.loads(text)
        if manifest["layout"] != self._layout:
            raise OutOfDate("it was written by another version")
        return manifest

    # --- writing

    def write(self, session: Session, *, patience: float) -> PublishedRevision:
        """Bring what is stored to the state that the session sees. Raises `IndexInUse` if another process writes it for
        longer than `patience` seconds, and OSError where the disk does not allow it; then what was there stays."""
        make_private_folder(self.path)
        with self._locked(patience):
            self._remove(UNFINISHED)
            before = self.open(session)
            revision = published_revision(session)
            if before is not None and before.snapshot.revision == revision:
                return revision
            unfinished = self.path / f"{UNFINISHED}{secrets.token_hex(8)}"
            unfinished.mkdir(mode=FOLDER)
            try:
                self._fill(unfinished, session, revision, before)
                name = f"{WRITTEN}{revision.number}-{secrets.token_hex(4)}"
                os.rename(unfinished, self.path / name)
            except BaseException:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise
            _sync(self.path)
            self._remove(WRITTEN, but=name)
            return revision

    def _fill(self, folder: Path, session: Session, revision: PublishedRevision, before: StoredIndex | None) -> None:
        """From what was stored before, and what has changed since; else from every document."""
        words_folder = folder / WORDS
        words_folder.mkdir(mode=FOLDER)
        if before is not None:
            _link_all(before.folder / WORDS, words_folder)
        words = WordIndex(None if before is None else before.words, words_folder)
        searcher = words.commit()
        builder = SnapshotBuilder(empty(self._registry, searcher) if before is None else before.snapshot, words)
        for document in changed_since(session, builder.before.revision.number):
            builder.add_document(document)
        after = builder.finish(revision)
        words.writer.wait_merging_threads()
        manifest = write_snapshot(folder, after, words)
        for path in _files(folder):
            path.chmod(FILE)
        files = {str(path.relative_to(folder)): _digest(path) for path in _files(folder)}
        text = orjson.dumps({**manifest, "layout": self._layout, "files": files})
        with write_private(folder / MANIFEST, "wb") as file:
            file.write(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
        for path in (*_files(folder), folder / MANIFEST, words_folder, folder):
            _sync(path)

    @contextmanager
    def _locked(self, patience: float) -> Iterator[None]:
        with write_private(self.path / LOCK, "wb") as lock:
            until = time.monotonic() + patience
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if time.monotonic() >= until:
                        raise IndexInUse from error
                    time.sleep(RETRY)
            yield

    def _remove(self, beginning: str, *, but: str = "") -> None:
        for folder in self.path.glob(f"{beginning}*"):
            if folder.name != but:
                shutil.rmtree(folder, ignore_errors=True)


def _link_all(source: Path, target: Path) -> None:
    """The segments of a word index are immutable, so they are hard-linked; new ones are written beside them. Its
    lists of them do change."""
    for path in _files(source):
        try:
            if path.suffix != ".json":
                os.link(path, target / path.name)
                continue
        except OSError as error:
            log.debug("%s is copied: %s", path, error)  # not every file system can
        shutil.copy(path, target / path.name)


def _files(folder: Path) -> list[Path]:
    """Those of the index, without the manifest and what the word index locks itself by."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return sorted(path for path in found if path.name != MANIFEST)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@cache
def layout_digest() -> str:
    """Differs after any change of the code or of a library that writes the index: a stored index is then rebuilt."""
    machine = (platform.python_version(), platform.machine(), platform.system())
    digest = hashlib.sha256(repr([*machine, *map(version, LIBRARIES)]).encode())
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
