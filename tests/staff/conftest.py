import pytest

from tests.keyholders import KeyHolder, key_holder
from tests.knowledge import Knowledge


@pytest.fixture
def editor(kb: Knowledge) -> KeyHolder:
    """Somebody who may do everything."""
    return key_holder(kb)
