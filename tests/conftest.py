"""Databases, services and clients for every test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.kit.clock import utc_now
from app.ops.seeding import seed
from tests.databases import ENGINES, Databases, start
from tests.factories import furnish
from tests.knowledge import Knowledge

SEEDS = Path(__file__).parents[1] / "seed_data"


@pytest.fixture(scope="session", params=ENGINES)
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Every test that stands on this runs on both."""
    server = start(request.param)
    yield Databases(server)
    server.stop()


@pytest.fixture
def empty_database(databases: Databases) -> Iterator[str]:
    """A migrated database with nothing in it."""
    with databases.copied(databases.template("empty")) as url:
        yield url


@pytest.fixture
def database(databases: Databases) -> Iterator[str]:
    """A database with vocabularies and no entry."""
    with databases.copied(databases.template("furnished", furnish)) as url:
        yield url


@pytest.fixture
def kb(database: str) -> Iterator[Knowledge]:
    """A knowledge base of one's own, with vocabularies and no entry."""
    with closing(Knowledge(database)) as found:
        yield found


@pytest.fixture(scope="session")
def seeded_database(databases: Databases) -> str:
    """The real seed data; not to be written to."""

    def fill(session: Session) -> None:
        seed(session, SEEDS, now=utc_now())

    return databases.template("seeded", fill)


@pytest.fixture(scope="session")
def seeded(databases: Databases, seeded_database: str) -> Iterator[Knowledge]:
    """The real knowledge base, for reading only; the template itself stays free to be copied."""
    with databases.copied(seeded_database) as url, closing(Knowledge(url)) as found:
        yield found


@pytest.fixture
def open_another(database: str) -> Iterator[Callable[[], Knowledge]]:
    """One more service over the database of `kb`."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(Knowledge(database)))
