"""Header fields that answers carry: caching, what browsers must not do, and links."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import quote

Headers = list[tuple[bytes, bytes]]

_IN_A_TARGET: Final = "!#$%&'()*+,/:;=?@[]~-._"
_CONTROL: Final = bytes((*range(9), *range(10, 32), 127))
_PLAIN = re.compile(rf"[A-Za-z0-9{re.escape(_IN_A_TARGET)}]*", re.ASCII)

PUBLIC: Final = "public, no-cache"
"""Anyone may keep the answer and must ask before using it again (RFC 9111 section 5.2.2.4)."""

MAX_SHARED: Final = 60
"""Maximum seconds of `s-maxage` and of the `stale-…` directives."""

NO_STORE: Final = "no-store"

EXPOSED: Final = (
    b"Content-Disposition, Content-Range, ETag, Idempotency-Replayed, KB-Epoch, KB-Revision, Link, Location, "
    b"RateLimit, RateLimit-Policy, Repr-Digest, Retry-After, WWW-Authenticate, X-Request-ID"
)
"""Every field of a response that a script on another origin has a use for, beside those that it may always read."""

_SECURITY_HEADERS: Final[Headers] = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
PUBLIC_HEADERS: Final[Headers] = [
    *_SECURITY_HEADERS,
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", EXPOSED),
]
PRACTICE: Final = (b"kb-practice", b"true")
"""In every response of a practice copy."""
PRIVATE_HEADERS: Final[Headers] = [*_SECURITY_HEADERS, (b"cross-origin-resource-policy", b"same-origin")]


class TypedLink(NamedTuple):
    """A typed link (RFC 8288); `target` is an absolute URL or begins with a slash."""

    target: str
    rel: str
    type: str | None = None


def shared_cache_control(seconds: int) -> str:
    """Of public responses: browsers revalidate before each use; a shared cache (RFC 9111 section 5.2.2.10) need not
    for a while, nor while it revalidates in the background or gets no response (RFC 5861)."""
    return (
        f"public, max-age=0, s-maxage={seconds}, stale-while-revalidate={seconds}, stale-if-error={MAX_SHARED}"
        if seconds
        else PUBLIC
    )


def link_header(links: Iterable[TypedLink]) -> str:
    """The value of a `Link` field. Characters that could end a target early are percent-encoded."""
    return ", ".join(map(_link, links))


def get_header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """The first field of that lower-case name."""
    return next((value for key, value in headers if key == name), None)


def with_defaults(headers: Iterable[tuple[bytes, bytes]], extra: Iterable[tuple[bytes, bytes]]) -> Headers:
    """`headers`, names in lower case, and those of `extra` whose names are not there yet."""
    own = [(name.lower(), value) for name, value in headers]
    names = {name for name, _ in own}
    return own + [(name, value) for name, value in extra if name not in names]


def serialise_head(status: int, headers: Headers) -> bytes:
    """A status line and fields as HTTP/1.1 has them (RFC 9112 sections 4 and 5), without the empty line at the end."""
    lines = [b"HTTP/1.1 %d %s\r\n" % (status, HTTPStatus(status).phrase.encode("ascii"))]
    return b"".join([*lines, *(b"%s: %s\r\n" % field for field in headers)])


def validate_headers(headers: Headers) -> Headers:
    """The same; raises ValueError where a value has a control character, and so could end its line early."""
    values = b"".join([value for _, value in headers])
    if len(values.translate(None, _CONTROL)) != len(values):
        raise ValueError("a header field has a control character")
    return headers


def vary(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, ...]:
    """The field names of every `Vary`, as written."""
    values = (value.decode("latin-1") for name, value in headers if name == b"vary")
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def _link(link: TypedLink) -> str:
    target = link.target if _PLAIN.fullmatch(link.target) else quote(link.target, safe=_IN_A_TARGET)
    kind = "" if link.type is None else f'; type="{link.type}"'
    return f'<{target}>; rel="{link.rel}"{kind}'
