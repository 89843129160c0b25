"""Everything public in one file, made by the worker: one document a line, of one revision, compressed and dated."""

import gzip
import json
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.base import table_of
from app.db.sessions import Sessions
from app.documents.revisions import NOTHING_PUBLISHED, PublishedRevision, published_revision
from app.documents.store import DocumentRow, DocumentState
from app.harvest.dump_formats import DUMP_FORMATS, NDJSON, DumpFormat
from app.harvest.positions import Position
from app.jobs.periodic import PeriodicTask
from app.kit.clock import rfc3339
from app.kit.system.progress import report_progress
from app.reading.requests.urls import UrlBuilder

KEPT: Final = 2
"""Whoever is fetching one may finish it while the next is there."""
BLOCK: Final = 64 * 1024
"""Bytes compressed at a stretch."""
BATCH: Final = 500
LEVEL: Final = 6
MANIFEST: Final = ".json"
LOOK: Final = timedelta(minutes=1)
"""From one look whether it is time for another one to the next."""
UNFINISHED: Final = ".part"
_TABLE: Final = table_of(DocumentRow).c


@dataclass(frozen=True, slots=True)
class Dump:
    """A finished file, as in its manifest. `sha256` is of the compressed file."""

    name: str
    made_at: str
    revision: int
    epoch: int
    documents: int
    size: int
    sha256: str

    @property
    def published(self) -> PublishedRevision:
        return PublishedRevision(self.revision, self.epoch)

    @property
    def since(self) -> str:
        """Where changes go on from."""
        return Position(self.revision, base=self.revision, known=self.published).token


def find_dumps(folder: Path, written: DumpFormat | None = None) -> list[Dump]:
    """The newest first; of one format, or of all."""
    found = []
    for manifest in folder.glob(f"*{written.extension if written else ''}{MANIFEST}"):
        try:
            found.append(Dump(**json.loads(manifest.read_text(encoding="utf-8"))))
        except FileNotFoundError:
            continue  # it was deleted meanwhile
    return sorted((each for each in found if (folder / each.name).exists()), key=lambda each: each.name, reverse=True)


def make_dump(sessions: Sessions, folder: Path, urls: UrlBuilder, *, now: datetime) -> Dump | None:
    """Make a new one in every format, beside the one before, and return that of documents; None where nothing was
    published since the newest, which then is left alone: nothing that was withdrawn stays for longer. A run that ends
    early leaves what was there."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"*{UNFINISHED}"):
        left.unlink(missing_ok=True)
    made = None
    with sessions.read_one_state() as session:
        published = published_revision(session)
        for written in DUMP_FORMATS.values():
            before = find_dumps(folder, written)
            if before and before[0].published == published:
                _delete(folder, before[1:])
                continue
            name = f"dump-{now:%Y%m%dT%H%M%SZ}-{published.number}{written.extension}"
            with closing(_bodies(session)) as stored:
                bodies = (written.write(urls.absolute(body), urls.pages_elsewhere) for body in stored)
                documents = _write(folder / (name + UNFINISHED), bodies, _count(session))
            dump = _finish(folder, name, published, documents, now)
            _delete(folder, find_dumps(folder, written)[KEPT:])
            made = dump if written is NDJSON else made
    return made


def _finish(folder: Path, name: str, published: PublishedRevision, documents: int, now: datetime) -> Dump:
    """Give a written file its name and its manifest."""
    unfinished = folder / (name + UNFINISHED)
    size, digest = _measure(unfinished)
    dump = Dump(name, rfc3339(now), published.number, published.epoch, documents, size, digest)
    unfinished.replace(folder / name)
    manifest = folder / (name + MANIFEST + UNFINISHED)
    with manifest.open("w", encoding="utf-8") as file:
        json.dump(asdict(dump), file)
        _flush(file)
    manifest.replace(folder / (name + MANIFEST))
    return dump


def _delete(folder: Path, dumps: Iterable[Dump]) -> None:
    for each in dumps:
        (folder / (each.name + MANIFEST)).unlink(missing_ok=True)
        (folder / each.name).unlink(missing_ok=True)


def _bodies(session: Session) -> Generator[bytes, None, None]:
    """Every live document, in the order in which they were first published; not all in memory."""
    live = select(_TABLE.body).where(_TABLE.state == DocumentState.live).order_by(_TABLE.id)
    with closing(session.execute(live.execution_options(yield_per=BATCH))) as rows:
        for (body,) in rows:
            yield body.encode()


def _count(session: Session) -> int:
    live = select(func.count()).select_from(DocumentRow).where(DocumentRow.state == DocumentState.live)
    return session.scalar(live) or 0


def _write(path: Path, bodies: Iterator[bytes], total: int) -> int:
    """Returns how many documents there are."""
    count, block, size = 0, [], 0
    with path.open("wb") as file:
        with gzip.GzipFile(filename="", mode="wb", compresslevel=LEVEL, fileobj=file, mtime=0) as packed:
            for body in bodies:
                count += 1
                block += [body, b"\n"]
                size += len(body)
                if size >= BLOCK:
                    packed.write(b"".join(block))
                    block, size = [], 0
                    report_progress("writing documents", count, total)
            packed.write(b"".join(block))
        _flush(file)
    return count


def _flush(file: IO[bytes] | IO[str]) -> None:
    """To the disk, so that what is renamed is whole."""
    file.flush()
    os.fsync(file.fileno())


def _measure(path: Path) -> tuple[int, str]:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return path.stat().st_size, digest.hexdigest()


def dump_task(folder: Path, every: timedelta, urls: UrlBuilder) -> PeriodicTask:
    """Makes one as often as that, where something was published; the first one as soon as anything is."""

    def run(sessions: Sessions, now: datetime) -> None:
        newest = next(iter(find_dumps(folder)), None)
        if newest is not None and now - datetime.fromisoformat(newest.made_at) < every:
            return
        if newest is None and not _is_anything_published(sessions):
            return
        make_dump(sessions, folder, urls, now=now)

    return PeriodicTask("dump", min(every, LOOK), run, lease=timedelta(hours=1))


def _is_anything_published(sessions: Sessions) -> bool:
    with sessions.read() as session:
        return published_revision(session) != NOTHING_PUBLISHED
