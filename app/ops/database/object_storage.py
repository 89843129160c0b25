"""Backups in object storage: Amazon S3, and whatever speaks its protocol. Only the extra `s3` has what it needs.

Address, region and credentials come from the environment variables of the AWS tools (docs.aws.amazon.com/sdkref). An
object appears whole or not at all; a backup is complete once its checksum stands beside it, which is written last.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from app.kit.system.private_files import write_private
from app.kit.system.progress import report_progress
from app.ops.database.backup import CHECKSUM, BackupError, backup_time, checksum_file

CREDENTIALS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
RETRIES: Final = 5
TIMEOUT: Final = timedelta(minutes=2)
"""Of one request, which sends at most a part."""
CONCURRENCY: Final = 2
"""Parts on their way at once: a slow line has to send them within the time of a request."""
MIN_PART: Final = 8 * 2**20
MAX_PARTS: Final = 9_000
"""The protocol allows 10,000."""
_PIECE: Final = 2**20
_MESSAGE: Final = re.compile("<Message>(.{1,300}?)</Message>", re.DOTALL)


class ObjectStorage:
    """One folder of a bucket. Implements `RemoteStorage`."""

    def __init__(self, bucket: str, folder: str) -> None:
        self.address = "/".join(filter(None, ("s3:/", bucket, folder)))
        if missing := [name for name in CREDENTIALS if not os.environ.get(name)]:
            raise BackupError(f"{' and '.join(missing)} must be set for {self.address}.")
        with _errors_reported(self.address):
            self._store = S3Store(
                bucket,
                prefix=folder or None,
                client_options={"timeout": TIMEOUT, "allow_http": _may_be_unencrypted()},
                retry_config={"max_retries": RETRIES},
            )

    def store(self, backup: Path) -> str:
        name, address = backup.name, f"{self.address}/{backup.name}"
        with _errors_reported(self.address):
            if name in self._names():
                raise BackupError(f"{address} already exists. A backup is never overwritten.")
            checksum, size = checksum_file(backup).read_bytes(), backup.stat().st_size
            obstore.put(
                self._store,
                name,
                _pieces(backup, size),
                chunk_size=max(MIN_PART, size // MAX_PARTS),
                max_concurrency=CONCURRENCY,
            )
            digest = sha256()
            for piece in self._download(name, "reading back"):
                digest.update(piece)
            if checksum.split()[:1] != [digest.hexdigest().encode()]:
                raise BackupError(f"{address} is damaged: its checksum differs from that of {backup}.")
            obstore.put(self._store, name + CHECKSUM, checksum)
        return address

    def fetch(self, name: str, folder: Path) -> Path:
        target = folder / name
        with _errors_reported(self.address):
            names = self._names()
            if name not in names:
                raise BackupError(f"{self.address}/{name}: there is no such backup.")
            if name + CHECKSUM not in names:
                raise BackupError(f"{self.address}/{name} is incomplete: its upload was interrupted.")
            for each in (target, checksum_file(target)):
                with write_private(each, "wb") as file:
                    for piece in self._download(each.name, "downloading"):
                        file.write(piece)
        return target

    def newest(self) -> str | None:
        with _errors_reported(self.address):
            return next((f"{self.address}/{name}" for name, _ in _complete(self._names())), None)

    def delete_old(self, *, keep: timedelta, now: datetime) -> list[str]:
        """And what interrupted uploads left."""
        with _errors_reported(self.address):
            names = self._names()
            kept = {name for name, made_at in _dated(names) if made_at >= now - keep}
            kept |= {name for name, _ in _complete(names)[:1]}
            old = [name for name, _ in _dated(names) if name not in kept]
            for name in old:
                if name + CHECKSUM in names:
                    obstore.delete(self._store, name + CHECKSUM)
                obstore.delete(self._store, name)
        return [f"{self.address}/{name}" for name in old]

    def _names(self) -> set[str]:
        """Of all objects in the folder."""
        return {each["path"] for each in obstore.list_with_delimiter(self._store)["objects"]}

    def _download(self, name: str, what: str) -> Iterator[bytes]:
        found, done = obstore.get(self._store, name), 0
        for piece in found.stream(min_chunk_size=_PIECE):
            yield bytes(piece)
            done += len(piece)
            report_progress(what, done, found.meta["size"])


def _dated(names: set[str]) -> list[tuple[str, datetime]]:
    """The backups among them, the newest first."""
    found = [(name, made_at) for name in names if (made_at := backup_time(name))]
    return sorted(found, key=lambda each: each[1], reverse=True)


def _complete(names: set[str]) -> list[tuple[str, datetime]]:
    return [(name, made_at) for name, made_at in _dated(names) if name + CHECKSUM in names]


def _pieces(path: Path, size: int) -> Iterator[bytes]:
    done = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
            done += len(piece)
            report_progress("uploading", done, size)


def _may_be_unencrypted() -> bool:
    endpoint = next((os.environ[name] for name in ENDPOINTS if os.environ.get(name)), "")
    allowed = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("true", "1")
    if endpoint.lower().startswith("http://") and not allowed:
        raise BackupError("AWS_ENDPOINT_URL begins with http://: use https, or set AWS_ALLOW_HTTP=true.")
    return allowed


@contextmanager
def _errors_reported(address: str) -> Iterator[None]:
    """What the server, the connection or this machine refuses, in one line: a whole answer may name the access key."""
    try:
        yield
    except (BaseError, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise BackupError(f"The backup failed: {error}") from error
        text = str(error).partition("\n\n")[0]
        found = _MESSAGE.search(text)
        reason = found[1] if found else text.rpartition(" - ")[2]
        raise BackupError(f"{address} cannot be used: {' '.join(reason.split())}") from None
