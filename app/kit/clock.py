"""The time of the service: UTC, whole seconds, passed in as a `Clock` so that tests can freeze it."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Aware, in UTC, without a fraction of a second."""
    return datetime.now(UTC).replace(microsecond=0)


def rfc3339(moment: datetime) -> str:
    """`2026-01-31T09:00:00Z`. The moment must be aware; a fraction of a second is dropped."""
    return _utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_rfc3339(text: str) -> datetime:
    """The moment that RFC 3339 writes so. Raises `ValueError` for anything else, and without a time zone."""
    try:
        return _utc(datetime.fromisoformat(text))
    except ValueError:
        raise ValueError(
            "must be a date and time with a time zone, for example 2026-01-31T09:00:00Z (RFC 3339)"
        ) from None


def parse_date(text: str) -> date:
    """The day that RFC 3339 writes so (`2026-01-31`). Raises `ValueError` for anything else."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("must be a day, for example 2026-01-31")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a date of the calendar") from None


@lru_cache(maxsize=64)
def http_date(moment: datetime) -> str:
    """IMF-fixdate of RFC 9110 section 5.6.7. The moment must be aware; a fraction of a second is dropped."""
    return format_datetime(_utc(moment), usegmt=True)


def parse_http_date(text: str) -> datetime:
    """Parse an HTTP date in any of the three forms of RFC 9110 section 5.6.7. Raises `ValueError` for anything else."""
    try:
        moment = parsedate_to_datetime(text)
    except OverflowError:
        raise ValueError("must be a date of the calendar") from None
    if (moment.tzinfo is not None) != text.endswith(" GMT"):
        raise ValueError("must be in GMT")
    return moment.replace(tzinfo=UTC)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(UTC)
