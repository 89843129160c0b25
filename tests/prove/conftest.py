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


@pytest.fixture
def primary_url(primary: TroubledServer) -> Iterator[str]:
    databases = Databases(primary)
    with databases.copied(databases.template("furnished", add_details)) as url:
        yield url
