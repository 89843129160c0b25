"""Words are found in an index of the process's own, which is the same over every database: one will do."""

from collections.abc import Iterator

import pytest

from tests.databases import Databases, SqliteServer


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    server = SqliteServer(tmp_path_factory.mktemp("words"))
    yield Databases(server)
    server.stop()
