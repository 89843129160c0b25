"""Every problem there is: its status, and in plain words what happened and what helps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.http import http_errors
from app.kit import errors
from app.kit.errors import AppError


@dataclass(frozen=True, slots=True)
class ProblemType:
    """`explanation` and `remedy` are sentences for a reader who has never seen this service."""

    status: int
    explanation: str
    remedy: str


PROBLEM_TYPES: Final[Mapping[type[AppError], ProblemType]] = {
    errors.BadQuery: ProblemType(
        400,
        "A query parameter, operator or value is unknown, repeated or out of range.",
        "Each item of “errors” names the parameter, the allowed values and the nearest valid name. The "
        "fields of a collection are listed at its “fields” address.",
    ),
    errors.Malformed: ProblemType(
        400,
        "The request body is not valid JSON: it is cut short, malformed, or not UTF-8.",
        "“detail” gives the position of the error. Use a JSON library to write the body, and send it as UTF-8.",
    ),
    http_errors.BadUrl: ProblemType(
        400,
        "The path is not percent-encoded UTF-8, or contains a control character.",
        "Encode each path segment as UTF-8, then percent-encode it.",
    ),
    http_errors.BadRequest: ProblemType(
        400,
        "The request is not well-formed HTTP: it has no host, more than one host, or no clear end of its body.",
        "Use an HTTP library. If there is a proxy, check what it forwards.",
    ),
    http_errors.UnknownHost: ProblemType(
        400,
        "The request names a host that this service does not serve.",
        "Use the base URL of the links in its responses.",
    ),
    errors.Unauthenticated: ProblemType(
        401,
        "This part of the service is for staff, and the request carried no valid key.",
        "Send “Authorization: Bearer” followed by your key. Replace an expired or revoked key.",
    ),
    errors.Forbidden: ProblemType(
        403,
        "The key is valid, but lacks the scope for this operation.",
        "Use a key with the scope named in “scope”, or ask a key manager for one.",
    ),
    errors.NotFound: ProblemType(
        404,
        "Nothing public exists at this URL.",
        "Check the spelling, and for a trailing slash. The collections are listed at “/v1”.",
    ),
    http_errors.MethodNotAllowed: ProblemType(
        405,
        "The URL exists, but does not support this method.",
        "The “Allow” header and “allowed” list the supported methods.",
    ),
    errors.NotAcceptable: ProblemType(
        406,
        "The requested format is not available here.",
        "“choices” lists the available formats. Choose one with “Accept”, “as” or an extension.",
    ),
    errors.Conflict: ProblemType(
        409,
        "The change conflicts with existing data: an identifier or a name is already in use.",
        "If given, “other” is the conflicting resource. Compare the two, and change one of them.",
    ),
    errors.Gone: ProblemType(
        410,
        "This resource was withdrawn on purpose.",
        "“reason” and “date” say why and when. If there is a “replacement”, use it and update your links.",
    ),
    errors.CursorExpired: ProblemType(
        410,
        "This position is not in the history of the knowledge base. If you had it from here, a backup has been "
        "restored since: what you fetched may no longer be true.",
        "Start over: fetch everything again, and continue from there.",
    ),
    errors.Moved: ProblemType(
        301,
        "This resource has moved permanently.",
        "Follow “location”, and update your links.",
    ),
    errors.Stale: ProblemType(
        412,
        "Somebody else changed this after you fetched it, so your change was not saved.",
        "Fetch the current version, apply your change, and send it with that ETag or version.",
    ),
    errors.ContentTooLarge: ProblemType(
        413,
        "The request body is larger than the limit.",
        "“limit” is the maximum size in bytes. Send less, or split it into several requests.",
    ),
    http_errors.UrlTooLong: ProblemType(
        414,
        "The path and query together are longer than the limit.",
        "Use POST at the “search” address of the collection for long queries.",
    ),
    errors.UnsupportedMediaType: ProblemType(
        415,
        "The request has no Content-Type, or an unsupported one.",
        "“accepts” lists the supported media types. Set “Content-Type” to one of them.",
    ),
    errors.Invalid: ProblemType(
        422,
        "The body is JSON, but its content is not valid.",
        "Each item of “errors” points to a place in the body (JSON Pointer) and says what is wrong.",
    ),
    errors.PreconditionRequired: ProblemType(
        428,
        "To change an existing resource, state the version that you saw.",
        "Send its ETag as “If-Match”, or “version” in the body.",
    ),
    errors.TooManyRequests: ProblemType(
        429,
        "You sent too many requests in a short time.",
        "Wait for the seconds given in “Retry-After”. The “RateLimit” headers show what remains.",
    ),
    http_errors.InternalError: ProblemType(
        500,
        "An unexpected error occurred. It has been logged, and nothing was changed.",
        "Try again later. If it persists, report it with “instance”, which identifies it in the log.",
    ),
    errors.Unavailable: ProblemType(
        503,
        "The service is temporarily unavailable, for example because it is starting.",
        "Wait for the seconds given in “Retry-After”, then try again.",
    ),
}


def problem_type_of(error: type[AppError]) -> ProblemType:
    """The kind of the class, or of the nearest class above it that has one. Raises KeyError without any."""
    for known in error.__mro__:
        if known in PROBLEM_TYPES:
            return PROBLEM_TYPES[known]
    raise KeyError(error)
