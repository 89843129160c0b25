from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.kit.clock import http_date, rfc3339, utc_now

MOMENT = datetime(2026, 1, 31, 10, 0, 0, 999999, tzinfo=timezone(timedelta(hours=1)))


def test_now_is_aware_and_whole() -> None:
    assert utc_now().tzinfo is UTC
    assert utc_now().microsecond == 0


def test_moments_are_written_in_utc() -> None:
    assert rfc3339(MOMENT) == "2026-01-31T09:00:00Z"
    assert http_date(MOMENT) == "Sat, 31 Jan 2026 09:00:00 GMT"


def test_a_moment_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        rfc3339(datetime(2026, 1, 31))
