from collections.abc import Iterator
from itertools import count

import pytest
from sqlalchemy import Engine

from app.db.engine import make_engine
from app.db.sessions import Sessions
from tests.databases import Databases

_numbers = count()


@pytest.fixture
def bare_url(databases: Databases) -> Iterator[str]:
    """A database without a table."""
    url = databases.server.create(f"bare_{next(_numbers)}")
    yield url
    databases.server.drop(url)


@pytest.fixture
def bare(bare_url: str) -> Iterator[Engine]:
    engine = make_engine(bare_url)
    yield engine
    engine.dispose()


@pytest.fixture
def migrated(empty_database: str) -> Iterator[Engine]:
    """A database at head with nothing in it."""
    engine = make_engine(empty_database)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(migrated: Engine) -> Sessions:
    return Sessions(migrated)


@pytest.fixture
def seeded_copy(databases: Databases, seeded_database: str) -> Iterator[Engine]:
    """A seeded database of one's own."""
    with databases.copied(seeded_database) as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()
