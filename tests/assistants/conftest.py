"""A service that answers assistants, over the seed data."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from tests.conftest import fill_with_seeds
from tests.corpus import Corpus
from tests.databases import Databases


@pytest.fixture(scope="module")
def kb(databases_of: Callable[[str], Databases]) -> Iterator[Corpus]:
    with closing(Corpus(databases_of("sqlite").template("seeded", fill_with_seeds), assistants=True)) as found:
        yield found
