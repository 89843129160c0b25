from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.clock import http_date, parse_date, parse_http_date, rfc3339, utc_now

DATE_PIECES = ["Sun", "Nov", "06", "1994", "94", "08:49:37", "GMT", "9" * 20, *" ,:+-()"]
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


def test_a_day_is_written_in_one_form() -> None:
    assert parse_date("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    "text", ["", "0", "1700000000", "20240229", "2024-W09-4", "2024-2-29", "2023-02-29", "2024-02"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a d"):
        parse_date(text)


@pytest.mark.parametrize(
    "text", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
)
def test_a_date_of_http_is_read_in_each_of_its_three_forms(text: str) -> None:
    assert parse_http_date(text) == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "1994-11-06T08:49:37Z",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 09:49:37 +0100",
        "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 +99999999999999999999",
        "1" * 5000 + " Nov 1994 08:49:37 GMT",
    ],
    ids=lambda text: text[:48],
)
def test_what_is_no_date_of_http_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- whatever the reason
        parse_http_date(text)


@given(st.text(max_size=60) | st.lists(st.sampled_from(DATE_PIECES), max_size=12).map("".join))
def test_any_text_is_a_date_of_http_or_refused(text: str) -> None:
    try:
        assert parse_http_date(text).tzinfo is UTC
    except ValueError:
        return
