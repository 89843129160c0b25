"""Every problem there is: its status, and in plain words what happened and what helps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.http import refusals
from app.kit import errors
from app.kit.errors import AppError


@dataclass(frozen=True, slots=True)
class Kind:
    """`happened` and `remedy` are sentences for a reader who has never seen this service."""

    status: int
    happened: str
    remedy: str


KINDS: Final[Mapping[type[AppError], Kind]] = {
    errors.BadQuery: Kind(
        400,
        "A parameter, an operator or a value in the address is unknown, came twice or is out of range.",
        "Each entry of “errors” names the parameter, what is allowed there, and the nearest valid name. "
        "What can be asked of a collection is listed at its “fields” address.",
    ),
    errors.Malformed: Kind(
        400,
        "The body could not be read as JSON: it is cut short, misspelt, or not in UTF-8.",
        "“detail” says where reading stopped. Let a JSON library write the body, and send it as UTF-8.",
    ),
    refusals.BadAddress: Kind(
        400,
        "The path of the address is not percent-encoded UTF-8, or hides a control character.",
        "Encode each part of the path as UTF-8 before percent-encoding it.",
    ),
    refusals.BadRequest: Kind(
        400,
        "The request is not well-formed HTTP: it names no host, or two, or does not tell where its body ends.",
        "Let an HTTP library write the request. Where a proxy stands between, look at what it sends on.",
    ),
    refusals.UnknownHost: Kind(
        400,
        "The request came to a host name that this service does not go by.",
        "Use the address that the links in its answers begin with.",
    ),
    errors.Unauthenticated: Kind(
        401,
        "This part of the service is for its editors, and no valid key came with the request.",
        "Send “Authorization: Bearer” and your key. An expired or revoked key has to be replaced.",
    ),
    errors.Forbidden: Kind(
        403,
        "The key is valid, but was not made for this.",
        "Use a key that carries the scope named in “scope”, or ask whoever manages the keys for one.",
    ),
    errors.NotFound: Kind(
        404,
        "There is nothing at this address, or nothing that is public.",
        "Check the spelling, and that there is no slash too many. The collections are listed at “/v1”.",
    ),
    refusals.MethodNotAllowed: Kind(
        405,
        "The address exists, but not for this method.",
        "The “Allow” field of the answer, and “allowed”, name the methods that it has.",
    ),
    errors.NotAcceptable: Kind(
        406,
        "The answer does not exist in the format that was asked for.",
        "“choices” are the formats there are: choose one, by “Accept”, “as” or an extension.",
    ),
    errors.Conflict: Kind(
        409,
        "The change contradicts something that is already there: an identifier in use, a name that is taken.",
        "“other”, where it is given, is what stands in the way. Look at it, and change one of the two.",
    ),
    errors.Gone: Kind(
        410,
        "What was here has been withdrawn on purpose.",
        "“reason” and “date” tell why and when. Where there is a “replacement”, use that and update links.",
    ),
    errors.Moved: Kind(
        301,
        "What was here lives at another address now, for good.",
        "Follow “location”, and update links and bookmarks.",
    ),
    errors.Stale: Kind(
        412,
        "Somebody changed this after you fetched it, so your change was not made.",
        "Fetch it anew, make your change to that version, and send it with its ETag or version.",
    ),
    errors.TooLarge: Kind(
        413,
        "The body is larger than is read here.",
        "“limit” is the largest size in bytes. Send less, or in several requests.",
    ),
    refusals.AddressTooLong: Kind(
        414,
        "Path and query together are longer than is read here.",
        "Ask by POST at the “search” address of the collection: a body has room for long questions.",
    ),
    errors.Unsupported: Kind(
        415,
        "The body came without a Content-Type, or with one that is not read here.",
        "“accepts” lists the media types that are. Say which one you send in “Content-Type”.",
    ),
    errors.Invalid: Kind(
        422,
        "The body is JSON, but says something that is not allowed.",
        "Each entry of “errors” points at a place in the body (JSON Pointer) and says what is wrong there.",
    ),
    errors.PreconditionRequired: Kind(
        428,
        "Changing something that exists needs a word about which version of it you saw.",
        "Send the ETag you got as “If-Match”, or “version” in the body.",
    ),
    errors.TooManyRequests: Kind(
        429,
        "Too many requests came from you in a short time.",
        "Wait as many seconds as “Retry-After” says. The “RateLimit” fields tell how much is left.",
    ),
    refusals.Broken: Kind(
        500,
        "The service made a mistake. It has been written down, and nothing was changed.",
        "Try again later. If it stays, report it together with “instance”, which finds it in the log.",
    ),
    errors.Unavailable: Kind(
        503,
        "The service cannot answer just now, for instance because it is starting.",
        "Wait as many seconds as “Retry-After” says, and try again.",
    ),
}


def kind_of(error: type[AppError]) -> Kind:
    """The kind of the class, or of the nearest class above it that has one. Raises KeyError without any."""
    for known in error.__mro__:
        if known in KINDS:
            return KINDS[known]
    raise KeyError(error)
