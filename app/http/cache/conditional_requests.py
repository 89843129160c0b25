"""Conditional requests: when an answer need not be sent again (RFC 9110 section 13)."""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from app.kit.clock import parse_http_date

SETTLED_AFTER: Final = timedelta(seconds=2)
"""A date has whole seconds: until then another change may hide behind the same one (section 8.8.2.2)."""

_TAG = re.compile(rb'(?:W/)?("[^"]*")')


def etag_matches(if_none_match: bytes, etag: bytes) -> bool:
    """Weak comparison (section 8.8.3.2) of a strong `etag` with a list, or with `*`."""
    return if_none_match.strip() == b"*" or etag in _TAG.findall(if_none_match)


def not_modified_since(if_modified_since: bytes, changed: datetime, now: datetime) -> bool:
    """Whether a reader with a copy of that date has the present one. A malformed date is no date.

    Only the very date that was sent with a copy will do: after a backup was restored, a later one is of what was lost.
    """
    if now < changed + SETTLED_AFTER:
        return False
    return date_field(if_modified_since) == changed


@lru_cache(maxsize=64)
def date_field(value: bytes | None) -> datetime | None:
    """The moment of a field that holds a date (section 5.6.7), or None."""
    try:
        return None if value is None else parse_http_date(value.decode("latin-1").strip())
    except ValueError:
        return None
