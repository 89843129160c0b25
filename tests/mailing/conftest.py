from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.databases import Databases
from tests.factories import furnish
from tests.mailing.readers import Readers


@pytest.fixture
def readers(database: str, tmp_path: Path) -> Iterator[Readers]:
    """A knowledge base with vocabularies, and nobody who reads it yet."""
    with closing(Readers(database, tmp_path / "secrets")) as found:
        yield found


@pytest.fixture
def each_alone(databases: Databases, tmp_path: Path) -> Iterator[Callable[[], Readers]]:
    """Any number of them, each over a database of its own, with the same secrets."""
    with ExitStack() as stack:

        def another() -> Readers:
            url = stack.enter_context(databases.copied(databases.template("furnished", furnish)))
            return stack.enter_context(closing(Readers(url, tmp_path / "secrets")))

        yield another
