"""Thousands of requests that are made to cost much: each is answered, and no answer is large. What they cost in time is
measured by `make hostile`."""

import pytest

from benchmarks.hostile.meter import Cost, Request, cost
from benchmarks.hostile.requests import hostile
from benchmarks.hostile.run import MAX_BYTES
from tests.corpus import Corpus

pytestmark = pytest.mark.one_engine

STRIDE = 4
"""One request in so many is asked in one of the parts."""
MAX_REFUSAL_SIZE = 16 * 1024


@pytest.mark.parametrize("part", range(STRIDE))
def test_none_fails_and_none_is_answered_at_length(seeded: Corpus, part: int) -> None:
    requests = [*hostile(seeded.snapshot)]
    assert len(requests) > 3_000

    async def all_of_them() -> list[tuple[Request, Cost]]:
        return [(each, await cost(seeded.service, each)) for each in requests[part :: STRIDE * 6]]

    for request, measured in seeded.client._runner.run(all_of_them()):
        assert 200 <= measured.status < 500, request.name
        assert measured.size <= (MAX_BYTES if measured.status < 400 else MAX_REFUSAL_SIZE), request.name
