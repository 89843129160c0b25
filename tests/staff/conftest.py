from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.api_keys import ApiKeyClient, api_key_client
from tests.corpus import Corpus
from tests.frozen_clock import FrozenCorpus


@pytest.fixture
def editor(kb: Corpus) -> ApiKeyClient:
    """Somebody who may do everything."""
    return api_key_client(kb)


@pytest.fixture
def held(database: str) -> Iterator[FrozenCorpus]:
    """A corpus whose clock stands still."""
    with closing(FrozenCorpus(database)) as found:
        yield found


@pytest.fixture
def ann(held: FrozenCorpus) -> ApiKeyClient:
    """Somebody who may do everything there."""
    return held.api_key()
