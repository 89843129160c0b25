"""Services that the Python client asks, over sockets."""

from collections.abc import Callable, Iterator

import pytest

from knowledge_base_client import KnowledgeBase, Options
from tests.conftest import fill_with_seeds
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details
from tests.served import served


@pytest.fixture(scope="session")
def seeded_service(
    databases_of: Callable[[str], Databases], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Corpus]:
    """The seed data; what a test adds is seen by the others."""
    databases = databases_of("sqlite")
    with (
        databases.copied(databases.template("seeded", fill_with_seeds)) as url,
        served(url, tmp_path_factory.mktemp("dumps")) as kb,
    ):
        yield kb


@pytest.fixture(scope="session")
def empty_service(
    databases_of: Callable[[str], Databases], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Corpus]:
    """Vocabularies and no entry."""
    databases = databases_of("sqlite")
    with (
        databases.copied(databases.template("furnished", add_details)) as url,
        served(url, tmp_path_factory.mktemp("dumps")) as kb,
    ):
        yield kb


@pytest.fixture(scope="session")
def address(seeded_service: Corpus) -> str:
    return seeded_service.service.settings.base


@pytest.fixture(scope="session")
def kb(address: str) -> Iterator[KnowledgeBase]:
    with KnowledgeBase(address, Options(contact="harvester@example.org")) as found:
        yield found
