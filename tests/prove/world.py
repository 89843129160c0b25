"""Two processes over one database, as a state machine drives them: they are started, killed, and served from a stored
index; the database is backed up and put back."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import make_url, select

from app.catalogue.registry import ALL_ENTRIES, SEARCH_SCHEMAS
from app.db.engine import is_sqlite, sqlite3
from app.kit.clock import utc_now
from app.mailing.models import SubscriberRow
from app.ops.database.backup import backup_sqlite
from app.search.index.index_folder import IndexFolder
from app.search.query.schema_registry import SchemaRegistry
from app.staff.auth.actors import CLI
from app.staff.auth.keys import make_key
from app.staff.scopes import SCOPES
from tests.databases import Databases, PostgresqlServer
from tests.frozen_clock import START
from tests.mailing.subscriber_service import SubscriberService

PUBLICATIONS = "/v1/staff/publications"
LONG = 3_000
"""Days that the key of staff is good for: the clock jumps."""


class World:
    def __init__(self, url: str, databases: Databases, folder: Path) -> None:
        self._url, self._databases, self._folder = url, databases, folder
        self.now = START
        self.index = IndexFolder(folder / "index", SchemaRegistry(SEARCH_SCHEMAS, ALL_ENTRIES))
        self.services = [self._open(), self._open()]
        self._killed: list[SubscriberService] = []
        with self.services[0].write() as session:
            _, token = make_key(session, name="Ann", scopes=[*SCOPES], days=LONG, by=CLI, now=utc_now())
            self._authorisation = {"Authorization": f"Bearer {token.text}"}

    def _open(self) -> SubscriberService:
        service = SubscriberService(self._url, self._folder / "secrets", index_directory=str(self.index.path))
        service.now = self.now
        return service

    def close(self) -> None:
        for each in (*self.services, *self._killed):
            each.close()

    # --- processes

    def restart(self, number: int) -> None:
        self.services[number].close()
        self.services[number] = self._open()

    def kill(self, number: int) -> None:
        """What it held is let go of by nobody, until all is over."""
        self._killed.append(self.services[number])
        self.services[number] = self._open()

    def move_clock(self, by: timedelta) -> None:
        self.now += by
        for each in self.services:
            each.now = self.now

    # --- what is asked

    def staff(self, number: int, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        own = {**self._authorisation, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.services[number].client.request(method, f"{PUBLICATIONS}{path}", json=body, headers=own)

    def version(self, slug: str) -> int:
        return int(self.staff(0, "GET", f"/{slug}").json()["version"])

    def reader_state(self, address: str) -> str | None:
        with self.services[0].read() as session:
            return session.scalar(select(SubscriberRow.state).where(SubscriberRow.address == address))

    def reader_number(self, address: str) -> int:
        with self.services[0].read() as session:
            return session.scalars(select(SubscriberRow.id).where(SubscriberRow.address == address)).one()

    # --- the index and the database

    def store_index(self) -> None:
        with self.services[0].service.sessions.read_one_state() as session:
            self.index.write(session, patience=0)

    def damage_index(self, chance: int) -> None:
        """In a file put in the other's place: who has that one open, and has checked it, reads it as it was."""
        files = sorted(path for path in self.index.path.rglob("*") if path.is_file() and path.stat().st_size)
        if files:
            path = files[chance % len(files)]
            data = bytearray(path.read_bytes())
            data[chance % len(data)] ^= 0xFF
            path.unlink()
            path.write_bytes(data)

    def back_up(self) -> None:
        if self._file is not None:
            self._copy.unlink(missing_ok=True)
            backup_sqlite(self.services[0].service.sessions.engine, self._copy)
            return
        server, name = self._server, self._name
        server.admin.execute(f'DROP DATABASE IF EXISTS "{name}_backup"')
        server.admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name])
        server.admin.execute(f'CREATE DATABASE "{name}_backup" TEMPLATE "{name}" STRATEGY file_copy')

    def put_back(self) -> None:
        """Under running services."""
        if self._file is not None:
            with closing(sqlite3.connect(self._copy)) as source, closing(sqlite3.connect(self._file)) as target:
                source.backup(target)
            return
        server, name = self._server, self._name
        server.admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        server.admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{name}_backup" STRATEGY file_copy')

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Somebody else writes, and takes long."""
        assert self._file is not None
        with closing(sqlite3.connect(self._file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    @property
    def is_sqlite(self) -> bool:
        return is_sqlite(self.services[0].service.sessions.engine)

    @property
    def _name(self) -> str:
        return str(make_url(self._url).database)

    @property
    def _file(self) -> Path | None:
        return Path(self._name) if self.is_sqlite else None

    @property
    def _copy(self) -> Path:
        return self._folder / "backup.sqlite"

    @property
    def _server(self) -> PostgresqlServer:
        assert isinstance(self._databases.server, PostgresqlServer)
        return self._databases.server

    def forget_backup(self) -> None:
        if self._file is None:
            self._server.admin.execute(f'DROP DATABASE IF EXISTS "{self._name}_backup"')
        shutil.rmtree(self._folder, ignore_errors=True)
