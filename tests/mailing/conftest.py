from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.databases import Databases
from tests.factories import add_details
from tests.mailing.subscriber_service import SubscriberService


@pytest.fixture
def readers(database: str, tmp_path: Path) -> Iterator[SubscriberService]:
    """A knowledge base with vocabularies, and nobody who reads it yet."""
    with closing(SubscriberService(database, tmp_path / "secrets")) as found:
        yield found


@pytest.fixture
def each_alone(databases: Databases, tmp_path: Path) -> Iterator[Callable[[], SubscriberService]]:
    """Any number of them, each over a database of its own, with the same secrets."""
    with ExitStack() as stack:

        def another() -> SubscriberService:
            url = stack.enter_context(databases.copied(databases.template("furnished", add_details)))
            return stack.enter_context(closing(SubscriberService(url, tmp_path / "secrets")))

        yield another
