"""A copy of everything public in a folder: begun with the dump, kept in step by the changes since.

`publication/<id>.json` and so on are the documents; `mirror.json` says where to go on. A file is there whole or not at
all; a position is written after what it stands for. Whatever stops the work, the next run goes on, or does a little
of it again.
"""

import gzip
import json
import os
import re
import shutil
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx

try:
    import fcntl
except ImportError:  # not a POSIX system
    fcntl = None  # type: ignore[assignment]  # and has no such locks

from knowledge_base_client.calls import Call
from knowledge_base_client.client import KnowledgeBase
from knowledge_base_client.errors import ApiError, CursorExpired, NotFound

STATE: Final = "mirror.json"
DUMP: Final = "dump.ndjson.gz"
PARTIAL: Final = "dump.partial"
NEW: Final = ".new"
"""A copy that is made anew is made here."""
PER_PAGE: Final = 500
PAGES: Final = 20
"""After so many the position is written: waiting for the disk takes longer than a page."""
_NAME: Final = re.compile(r"[a-z][a-z_-]*")
_ID: Final = re.compile(r"[0-9a-f-]{36}")

Position = tuple[str, int]
"""Where to go on, and the revision there."""
Progress = Callable[[str, int, int | None], None]
"""What goes on, how far it is, and how far it goes if that is known."""


class MirrorError(Exception):
    """The folder is of another service, or what came is not what was announced."""


@dataclass
class Report:
    """What a run has done. `started_over` where the copy was made anew."""

    written: int = 0
    removed: int = 0
    started_over: bool = False
    revision: int = 0


def mirror(kb: KnowledgeBase, folder: Path, progress: Progress = lambda *_: None) -> Report:
    """Bring the folder to the present. Raises MirrorError, ApiError, httpx.HTTPError and OSError."""
    return Mirror(kb, folder, progress).run()


class Mirror:
    def __init__(self, kb: KnowledgeBase, folder: Path, progress: Progress) -> None:
        self._kb = kb
        self._folder = folder
        self._target = folder
        self._progress = progress
        self._report = Report()

    def run(self) -> Report:
        self._folder.mkdir(parents=True, exist_ok=True)
        with _alone(self._folder):
            self._bring_to_the_present()
        return self._report

    def _bring_to_the_present(self) -> None:
        state = self._read_state()
        if state is not None:
            try:
                self._write_state(self._follow(state["since"]))
            except CursorExpired:
                state = None
        if state is None:
            self._start_over()

    def _read_state(self) -> dict[str, Any] | None:
        path = self._folder / STATE
        if not path.exists():
            return None
        state: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if state["address"] != self._kb.connection.address:
            raise MirrorError(f"{self._folder} is a mirror of {state['address']}: choose another folder.")
        return state

    def _start_over(self) -> None:
        """From the dump; from the beginning of all changes where there is none, or one of another past. Beside what is
        there, which is read by others; what does not come again was never, and goes."""
        self._report.started_over = True
        (self._folder / STATE).unlink(missing_ok=True)
        try:
            position = self._follow(self._unpack(*self._download_patiently()))
        except (NotFound, CursorExpired):
            self._begin()
            position = self._follow("0")
        self._adopt()
        self._write_state(position)
        (self._folder / DUMP).unlink(missing_ok=True)

    def _begin(self) -> None:
        self._target = self._folder / NEW
        shutil.rmtree(self._target, ignore_errors=True)
        self._target.mkdir()

    def _adopt(self) -> None:
        """File by file, each replaced whole."""
        for path in _documents(self._folder):
            if not (self._target / path.parent.name / path.name).exists():
                path.unlink()
                self._report.removed += 1
        for path in _documents(self._target):
            (self._folder / path.parent.name).mkdir(exist_ok=True)
            os.replace(path, self._folder / path.parent.name / path.name)
        shutil.rmtree(self._target)
        self._target = self._folder

    def _follow(self, since: str) -> Position:
        """Apply what changed; where the position after it is."""
        for number, page in enumerate(self._kb.changes(since, documents=True, per_page=PER_PAGE), 1):
            for line in page["results"]:
                kind, ident = _checked_name(line.get("kind"), line["id"])
                document = line.get("document")
                if document is None:
                    self._remove(kind, ident)
                else:
                    self._write(kind, ident, document)
            position = page["meta"]["next"], page["meta"]["revision"]
            self._progress("changes", self._report.written + self._report.removed, None)
            if number % PAGES == 0 and self._target == self._folder:
                self._write_state(position)
        return position

    def _write_state(self, position: Position) -> None:
        """Once everything before it is on the disk."""
        since, self._report.revision = position
        if hasattr(os, "sync"):
            os.sync()
        state = {"address": self._kb.connection.address, "since": since, "revision": self._report.revision}
        _write(self._folder / STATE, json.dumps(state).encode())

    def _write(self, kind: str, ident: str, document: Any) -> None:
        path = self._target / kind / f"{ident}.json"
        path.parent.mkdir(exist_ok=True)
        _write(path, json.dumps(document, ensure_ascii=False, indent=1).encode())
        self._report.written += 1

    def _remove(self, kind: str, ident: str) -> None:
        path = self._target / kind / f"{ident}.json"
        if path.exists():
            path.unlink()
            self._report.removed += 1

    def _download_patiently(self) -> tuple[Path, str]:
        """However often it breaks off, as long as something comes each time."""
        have = -1
        while True:
            try:
                return self._download()
            except httpx.TransportError:
                partial = self._folder / PARTIAL
                before, have = have, partial.stat().st_size if partial.exists() else 0
                if have <= before:
                    raise
            except ApiError as error:
                if error.status != 416 or not (self._folder / PARTIAL).exists():
                    raise
                (self._folder / PARTIAL).unlink()  # there is nothing after its end

    def _download(self) -> tuple[Path, str]:
        """The dump, whole and checked, and the position of its revision; goes on with what an earlier run has of it."""
        partial, whole = self._folder / PARTIAL, self._folder / DUMP
        beginning = json.loads(partial.with_suffix(".json").read_text()) if partial.exists() else {}
        have = partial.stat().st_size if beginning else 0
        asked = {"Range": f"bytes={have}-", "If-Range": beginning["etag"]} if have else {}
        with closing(self._kb.connection.stream(dump_call(), asked)) as response:
            goes_on = response.status_code == 206
            size = have * goes_on + int(response.headers["content-length"])
            _write(partial.with_suffix(".json"), json.dumps({"etag": response.headers["etag"]}).encode())
            with partial.open("ab" if goes_on else "wb") as file:
                for block in response.iter_raw():
                    file.write(block)
                    self._progress("dump", file.tell(), size)
            digest, since = _announced(response.headers), _since(response)
        if digest is not None and _digest(partial) != digest:
            partial.unlink()
            raise MirrorError("The dump is not what its checksum says: it is fetched anew next time.")
        os.replace(partial, whole)
        partial.with_suffix(".json").unlink()
        return whole, since

    def _unpack(self, dump: Path, since: str) -> str:
        self._begin()
        with gzip.open(dump, "rb") as lines:
            for number, line in enumerate(lines, 1):
                document = json.loads(line)
                self._write(*_checked_name(document["kind"], document["id"]), document)
                self._progress("documents", number, None)
        return since


def dump_call() -> Call[None]:
    """As it is stored, and not kept in a cache as well."""
    headers = {"Accept-Encoding": "identity", "Cache-Control": "no-store"}
    return Call("GET", "/v1/dump", lambda _: None, headers=headers)


def _announced(headers: httpx.Headers) -> bytes | None:
    """The checksum of the whole (RFC 9530)."""
    found = re.search(r"sha-256=:([^:]+):", headers.get("repr-digest", ""))
    return b64decode(found[1]) if found else None


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return file_digest(file, "sha256").digest()


def _since(response: httpx.Response) -> str:
    """Where the changes go on: in the link to them. Raises MirrorError."""
    following = parse_qs(urlsplit(response.links.get("next", {}).get("url", "")).query).get("since")
    if not following:
        raise MirrorError("The dump does not say where its changes go on.")
    return following[0]


def _checked_name(kind: Any, ident: str) -> tuple[str, str]:
    """What a file is called by: nothing that a service says leads out of the folder. Raises MirrorError."""
    if not (isinstance(kind, str) and _NAME.fullmatch(kind) and _ID.fullmatch(ident)):
        raise MirrorError(f"This is not the name of a document: {kind!r} {ident!r}.")
    return kind, ident


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    os.replace(beside, path)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One run at a time in a folder, where the system has such locks. Raises MirrorError."""
    with (folder / ".lock").open("w") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise MirrorError(f"Another run is working on {folder}.") from None
        yield


def documents(folder: Path) -> Iterator[dict[str, Any]]:
    """Of a mirror, in no particular order."""
    return (json.loads(path.read_text("utf-8")) for path in _documents(folder))


def _documents(folder: Path) -> Iterator[Path]:
    """One by one, however many there are."""
    for kind in [each for each in folder.iterdir() if each.is_dir() and _NAME.fullmatch(each.name)]:
        with os.scandir(kind) as entries:
            for each in entries:
                if each.name.endswith(".json") and _ID.fullmatch(each.name.removesuffix(".json")):
                    yield kind / each.name
