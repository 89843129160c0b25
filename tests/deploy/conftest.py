import os
from collections.abc import Iterator

import pytest

from tests.databases import Databases


@pytest.fixture
def environment() -> dict[str, str]:
    """Nobody's own settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("KB_")}


@pytest.fixture
def seeded_url(databases: Databases, seeded_database: str) -> Iterator[str]:
    """A seeded database of one's own."""
    with databases.copied(seeded_database) as url:
        yield url
