"""The query strings of completion and of related documents."""

from collections.abc import Sequence

from app.kit.errors import BadQuery, ErrorDetail, repeated
from app.kit.text.characters import exceeds_length
from app.reading.requests.urls import Pair
from app.search.index.completion import MAX_COMPLETIONS

DEFAULT_LIMIT = 10
MAX_TEXT_LENGTH = 200


def parse_limited(pairs: Sequence[Pair], *, text: str | None, others: Sequence[str] = ()) -> tuple[str, int]:
    """The value of the parameter that `text` names (required if one is named) and `limit`; `others` are allowed, and
    parsed elsewhere. Raises `BadQuery`."""
    allowed = (*((text,) if text else ()), "limit", *others)
    errors: list[ErrorDetail] = []
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in allowed:
            errors.append(ErrorDetail("unknown-parameter", "Unknown parameter.", parameter=name, allowed=allowed))
        elif name in given:
            errors.append(repeated(name))
        given.setdefault(name, value)
    limit = given.get("limit", str(DEFAULT_LIMIT))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 4 and 1 <= int(limit) <= MAX_COMPLETIONS):
        errors.append(
            ErrorDetail("out-of-range", f"Must be a whole number from 1 to {MAX_COMPLETIONS}.", parameter="limit")
        )
    if text and not given.get(text, "").strip():
        errors.append(ErrorDetail("missing", "Required: the text typed so far.", parameter=text))
    if exceeds_length(given.get(text or "", ""), MAX_TEXT_LENGTH):
        errors.append(ErrorDetail("too-long", f"At most {MAX_TEXT_LENGTH} characters.", parameter=text))
    if errors:
        raise BadQuery(errors=errors)
    return given.get(text or "", ""), int(limit)
