"""Conditional requests: when an answer need not be sent again (RFC 9110 section 13)."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

SETTLED_AFTER: Final = timedelta(seconds=2)
"""A date has whole seconds: until then another change may hide behind the same one (section 8.8.2.2)."""

_TAG = re.compile(rb'(?:W/)?("[^"]*")')
_DATES: Final = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")


def etag_matches(if_none_match: bytes, etag: bytes) -> bool:
    """Weak comparison (section 8.8.3.2) of a strong `etag` with a list, or with `*`."""
    return if_none_match.strip() == b"*" or etag in _TAG.findall(if_none_match)


def not_modified_since(if_modified_since: bytes, changed: datetime, now: datetime) -> bool:
    """Whether a reader with a copy of that date has the present one. A malformed date is no date.

    Only the very date that was sent with a copy will do: after a backup was restored, a later one is of what was lost.
    """
    if now < changed + SETTLED_AFTER:
        return False
    since = parse_http_date(if_modified_since)
    return since == changed


@lru_cache(maxsize=64)
def parse_http_date(value: bytes | None) -> datetime | None:
    """One of the three forms of section 5.6.7, or None."""
    if value is None:
        return None
    text = value.decode("latin-1").strip()
    moments = (_parsed(text, form) for form in _DATES)
    return next((moment for moment in moments if moment is not None), None)


def _parsed(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return None
