"""Databases, services and clients for every test."""

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.orm import Session

from app.kit.clock import utc_now
from app.kit.system.gc_tuning import raise_gc_thresholds
from app.ops.seeding import seed
from tests.compiled_statements import share_compiled_statements
from tests.corpus import Corpus
from tests.databases import ENGINES, Databases, start
from tests.factories import add_details

SEEDS = Path(__file__).parents[1] / "seed_data"
_numbers = count()

# How long an example takes tells what else the machine does. The examples are the same every time: what chance finds in
# old code must not fail a change (`make prove` and `make fuzz-coverage` look for more).
settings.register_profile(
    "whatever the clock says",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("whatever the clock says")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked `one_engine` is not asked a second time."""
    repeated = {item for item in items if item.get_closest_marker("one_engine") and _engine(item) == ENGINES[1]}
    config.hook.pytest_deselected(items=list(repeated))
    items[:] = [item for item in items if item not in repeated]


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the garbage collector need not look at it again and again, and what it is
    asked of databases is the same for every test."""
    gc.collect()
    gc.freeze()
    raise_gc_thresholds()
    share_compiled_statements()


def _engine(item: pytest.Item) -> object:
    return (
        item.callspec.params.get("databases")
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        else None
    )


def fill_with_seeds(session: Session) -> None:
    seed(session, SEEDS, now=utc_now())


@pytest.fixture(scope="session")
def databases_of() -> Iterator[Callable[[str], Databases]]:
    """Those of an engine. They last to the end: with a fixture of one engine they would end, with all their templates,
    whenever the other one has its turn."""
    with ExitStack() as stack:

        @cache
        def started(engine: str) -> Databases:
            server = start(engine)
            stack.callback(server.stop)
            return Databases(server)

        yield started


@pytest.fixture(scope="session", params=ENGINES)
def databases(request: pytest.FixtureRequest, databases_of: Callable[[str], Databases]) -> Databases:
    """Every test that stands on this runs on both."""
    return databases_of(request.param)


@pytest.fixture
def empty_database(databases: Databases) -> Iterator[str]:
    """A migrated database with nothing in it."""
    with databases.copied(databases.template("empty")) as url:
        yield url


@pytest.fixture
def database(databases: Databases) -> Iterator[str]:
    """A database with vocabularies and no entry."""
    with databases.copied(databases.template("furnished", add_details)) as url:
        yield url


@pytest.fixture
def empty_place(databases: Databases) -> Iterator[str]:
    """Where there is no table, and on SQLite no file."""
    url = databases.server.create(f"empty_{next(_numbers)}")
    yield url
    databases.server.drop(url)


@pytest.fixture
def kb(database: str) -> Iterator[Corpus]:
    """A knowledge base of one's own, with vocabularies and no entry."""
    with closing(Corpus(database)) as found:
        yield found


@pytest.fixture(scope="session")
def seeded_database(databases: Databases) -> str:
    """The real seed data; not to be written to."""
    return databases.template("seeded", fill_with_seeds)


@pytest.fixture(scope="session")
def seeded(databases: Databases, seeded_database: str) -> Iterator[Corpus]:
    """The real knowledge base, for reading only; the template itself stays free to be copied."""
    with databases.copied(seeded_database) as url, closing(Corpus(url)) as found:
        yield found


@pytest.fixture
def open_another(database: str) -> Iterator[Callable[[], Corpus]]:
    """One more service over the database of `kb`."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(Corpus(database)))
