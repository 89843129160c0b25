"""The error classes: what went wrong. Which HTTP status each has is the business of `app.http`.

No text of an error ever repeats the value that was rejected: it may be a secret, or somebody's address.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from app.kit.differences import fitting
from app.kit.json_pointer import parse_pointer
from app.kit.rate_limiter import AnyQuota


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One thing that is wrong with a request.

    `parameter` names a query or path parameter, `pointer` a location in the body (JSON Pointer, RFC 6901);
    at most one of them is set. `allowed` and `suggestion` are the caller's way out.
    """

    code: str
    message: str
    parameter: str | None = None
    pointer: str | None = None
    allowed: tuple[str, ...] = ()
    suggestion: str | None = None


ONCE = "This may be given only once."


def repeated(parameter: str) -> ErrorDetail:
    """Of a parameter that has one value, and was given several times: none of them is taken."""
    return ErrorDetail("repeated", ONCE, parameter)


MAX_ERRORS = 20
"""Errors listed in one response. Whoever sent more than that has something else to fix first."""

MAX_LOCATION_LENGTH = 100
"""Characters of the location that a sentence names."""


def summarise(details: Sequence[ErrorDetail], *, more: bool = False) -> str:
    """The first in a sentence that names its location: `` `issued` must be a year … ``; `more` than these are wrong."""
    rest = len(details) - 1
    if more:
        return f"{_sentence(details[0])} There are more errors: see the first {len(details)} in `errors`."
    return f"{_sentence(details[0])} See `errors` for {rest} more." if rest else _sentence(details[0])


_VERBS = (("This ", ""), ("Must ", "must "), ("must ", "must "), ("is ", "is "), ("At most ", "may have at most "))
"""How messages begin whose subject is the location, and how they go on after it."""
_OTHER_SUBJECT = re.compile(r"This (?!(?:is|must|may|can(?:not)?|has|takes|needs|requires|contains|was|would|leads)\b)")
"""How those begin that have a subject of their own: `This cursor belongs to another query.`"""


def _sentence(error: ErrorDetail) -> str:
    """With the nearest right name, which is our own."""
    sentence = _statement(error)
    return f"{sentence} Did you mean `{error.suggestion}`?" if error.suggestion else sentence


def _statement(error: ErrorDetail) -> str:
    message = error.message if error.message.endswith(".") else f"{error.message}."
    location = _location(error)
    if location is None:
        return message[0].upper() + message[1:]
    for start, verb in _VERBS:
        if message.startswith(start) and not _OTHER_SUBJECT.match(message):
            return f"`{location}` {verb}{message.removeprefix(start)}"
    return f"`{location}`: {message}"


def _location(error: ErrorDetail) -> str | None:
    """In words: `/contributors/0/agent` becomes `contributors, no. 1, agent`. None where it is too long, and for the
    name of an unknown parameter, which is the sender's own."""
    if error.code == "unknown-parameter":
        return None
    tokens = parse_pointer(error.pointer or "")
    named = (f"no. {int(token) + 1}" if token.isdecimal() and token.isascii() else token for token in tokens)
    location = ", ".join(named) or error.parameter
    return location if location and len(location) <= MAX_LOCATION_LENGTH else None


class AppError(Exception):
    """The root. `code` is stable and ends the address of the page that explains the problem.

    Of `errors` the first `MAX_ERRORS` are kept, and without `detail` it says the first of them in words.
    """

    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, detail: str | None = None, *, errors: Iterable[ErrorDetail] = ()) -> None:
        found = tuple(islice(errors, MAX_ERRORS + 1))
        self.errors = found[:MAX_ERRORS]
        if detail is None:
            detail = summarise(self.errors, more=len(found) > MAX_ERRORS) if found else self.title
        self.detail = detail
        super().__init__(detail)

    def extension_members(self) -> dict[str, object]:
        """What a program may want beside the text; the keys become members of the problem document."""
        return {}


class BadQuery(AppError):
    """Something in the address is unknown, repeated or out of range: a parameter, an operator, a value."""

    code = "bad-query"
    title = "Invalid query"


class Malformed(AppError):
    """The body is not the text it claims to be."""

    code = "malformed-json"
    title = "Malformed JSON"


class NotFound(AppError):
    code = "not-found"
    title = "Not found"


class Moved(AppError):
    """The thing lives at another address for good; `location` is absolute or begins with a slash."""

    code = "moved"
    title = "Moved permanently"

    def __init__(self, location: str, detail: str | None = None) -> None:
        super().__init__(detail)
        self.location = location

    def extension_members(self) -> dict[str, object]:
        return {"location": self.location}


class Gone(AppError):
    """A tombstone: `date` is the day of withdrawal (RFC 3339), `replacement` the address of its successor."""

    code = "gone"
    title = "Withdrawn"

    def __init__(
        self,
        detail: str | None = None,
        *,
        reason: str | None = None,
        date: str | None = None,
        replacement: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.date = date
        self.replacement = replacement

    def extension_members(self) -> dict[str, object]:
        return {"reason": self.reason, "date": self.date, "replacement": self.replacement}


class CursorExpired(AppError):
    """What the cursor names is in the past of another state, such as that of a backup that was restored since."""

    code = "cursor-expired"
    title = "Start over"


class NotAcceptable(AppError):
    """No representation suits the reader; `choices` are those that exist."""

    code = "not-acceptable"
    title = "Not acceptable"

    def __init__(
        self, detail: str | None = None, *, choices: Iterable[str], errors: Iterable[ErrorDetail] = ()
    ) -> None:
        super().__init__(detail, errors=errors)
        self.choices = tuple(choices)

    def extension_members(self) -> dict[str, object]:
        return {"choices": list(self.choices)}


class Conflict(AppError):
    """The change contradicts what is already there; `other` is the address of the thing in the way."""

    code = "conflict"
    title = "Conflict"

    def __init__(
        self, detail: str | None = None, *, other: str | None = None, errors: Iterable[ErrorDetail] = ()
    ) -> None:
        super().__init__(detail, errors=errors)
        self.other = other

    def extension_members(self) -> dict[str, object]:
        return {} if self.other is None else {"other": self.other}


class Stale(AppError):
    """The caller's copy is old; `version` is the one to fetch and start from. `differences` has, by field, the values
    that differ: `yours`, `theirs`, and that of the `ancestor` of both; `omitted` names fields whose values
    are too long to be shown."""

    code = "stale"
    title = "Changed in the meantime"

    def __init__(
        self,
        detail: str | None = None,
        *,
        version: int | None = None,
        differences: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        self.version = version
        self.differences, self.omitted = fitting(differences or {})
        left = len(differences or {}) - len(self.differences)
        more = f" {left} more fields differ than can be shown here: compare with the current version." if left else ""
        super().__init__(f"{detail or 'Somebody else changed this after the version that you saw.'}{more}")

    def extension_members(self) -> dict[str, object]:
        facts = {"version": self.version, "differences": self.differences, "omitted": self.omitted}
        return {name: value for name, value in facts.items() if value not in (None, {}, [])}


class PreconditionRequired(AppError):
    code = "precondition-required"
    title = "Version required"


class UnsupportedMediaType(AppError):
    """The body is of a media type that is not read here; `accepts` are those that are."""

    code = "unsupported-media-type"
    title = "Unsupported media type"

    def __init__(self, detail: str | None = None, *, accepts: Iterable[str]) -> None:
        super().__init__(detail)
        self.accepts = tuple(accepts)

    def extension_members(self) -> dict[str, object]:
        return {"accepts": list(self.accepts)}


class ContentTooLarge(AppError):
    """`limit` is in bytes."""

    code = "too-large"
    title = "Request body too large"

    def __init__(self, detail: str | None = None, *, limit: int) -> None:
        super().__init__(detail)
        self.limit = limit

    def extension_members(self) -> dict[str, object]:
        return {"limit": self.limit}


class Invalid(AppError):
    """The body can be read, and what it says is not allowed."""

    code = "invalid"
    title = "Invalid request body"


class Unauthenticated(AppError):
    """`error` is the code of RFC 6750 section 3.1, or None where no credentials came at all."""

    code = "unauthenticated"
    title = "Authentication required"

    def __init__(self, detail: str | None = None, *, error: str | None = None) -> None:
        super().__init__(detail)
        self.error = error


class Forbidden(AppError):
    """`scope` is what the key would have to carry."""

    code = "forbidden"
    title = "Insufficient scope"

    def __init__(self, detail: str | None = None, *, scope: str | None = None) -> None:
        super().__init__(detail)
        self.scope = scope

    def extension_members(self) -> dict[str, object]:
        return {} if self.scope is None else {"scope": self.scope}


class TooManyRequests(AppError):
    """`retry_after` is in seconds; `quotas` say what was used up."""

    code = "too-many-requests"
    title = "Too many requests"

    def __init__(self, detail: str | None = None, *, retry_after: int, quotas: Sequence[AnyQuota] = ()) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.quotas = quotas


class Unavailable(AppError):
    """`retry_after` is in seconds."""

    code = "unavailable"
    title = "Service unavailable"

    def __init__(self, detail: str | None = None, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
