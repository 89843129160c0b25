"""For how long what was last known stands for what is."""

import pytest

from app.http.cache.stale_responses import LastKnownRevision, age_headers
from app.kit.errors import Unavailable

AWAY = Unavailable("The database cannot be reached.", retry_after=5)


class Hour:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_stale_response_ages_from_the_last_confirmed_revision() -> None:
    hour = Hour()
    last = LastKnownRevision(60, clock=hour)
    last.record(7)
    hour.now += 30.9
    assert last.stand_in(AWAY) == (7, 30)
    last.record(7)
    hour.now += 60
    assert last.stand_in(AWAY) == (7, 60)
    hour.now += 0.1
    with pytest.raises(Unavailable):
        last.stand_in(AWAY)


def test_no_stale_response_without_a_confirmed_revision() -> None:
    with pytest.raises(Unavailable):
        LastKnownRevision(60).stand_in(AWAY)


def test_an_answer_says_that_it_was_not_confirmed() -> None:
    assert age_headers(42) == [
        (b"age", b"42"),
        (b"cache-status", b"knowledge-base; hit; ttl=-42; detail=database-unreachable"),
    ]
