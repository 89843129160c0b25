"""A running knowledge base as tests use it: written to by the one writer, read over HTTP."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.config.settings import Settings
from app.kit.signing_keys import SigningKeys
from app.main import create_app
from app.search.index.snapshot import Snapshot
from tests.client import BASE, Client

OWN = f"{tempfile.gettempdir()}/kb-tests-{os.getpid()}"
"""The folder of this run of the tests."""

SECRETS = f"{OWN}/secrets"

FOLDERS: dict[str, Any] = {f"{name}_directory": f"{OWN}/{name}" for name in ("backup", "dump", "index", "mail")}
"""Not those of the project: who tests it may use it, too, and an erasure removes mails."""

SETTINGS: dict[str, Any] = {
    "base_url": BASE,
    "access_log": False,
    "secret_file": SECRETS,
    **FOLDERS,
    "public_usage": True,
    "usage": False,
}

FAST_SETTINGS = {"key_rate_limit": 10**6, "invalid_key_rate_limit": 10**6, "signup_rate_limit": 10**6}
"""Tests ask more often than people."""


def _settings(**settings: Any) -> Settings:
    return Settings(_env_file=None, **SETTINGS | FAST_SETTINGS | settings)


_usual_settings = cache(_settings)
"""Read once: thousands of tests have no other."""


@cache
def _make_signing_keys(path: Path) -> None:
    """Once: it waits for the disk."""
    SigningKeys(path).make()


class Corpus:
    """A service over a database, and a client of it."""

    def __init__(self, url: str, **settings: Any) -> None:
        own = {"database_url": url}
        given = _settings(**own, **settings) if settings else _usual_settings().model_copy(update=own)
        _make_signing_keys(given.signing_keys)
        self.service = create_app(given)
        self.client = Client(self.service)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction, committed at the end."""
        with self.service.sessions.write() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self.service.sessions.read() as session:
            yield session

    @property
    def snapshot(self) -> Snapshot:
        """The index as it is after catching up."""
        return self.service.index.current_snapshot()

    def close(self) -> None:
        self.client.close()
        self.service.close()
