import pytest

from tests.api_keys import ApiKeyClient, api_key_client
from tests.corpus import Corpus


@pytest.fixture
def editor(kb: Corpus) -> ApiKeyClient:
    """Somebody who may do everything."""
    return api_key_client(kb)
