import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Databases
from tests.factories import add_details
from tests.outages.postgresql import TroubledServer


@pytest.fixture(scope="module")
def primary() -> Iterator[TroubledServer]:
    """A PostgreSQL that keeps what was committed, and may be killed."""
    server = TroubledServer(Path(tempfile.mkdtemp(prefix="kb-")))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def primary_databases(primary: TroubledServer) -> Databases:
    return Databases(primary)


@pytest.fixture
def primary_url(primary_databases: Databases) -> Iterator[str]:
    with primary_databases.copied(primary_databases.template("furnished", add_details)) as url:
        yield url
