"""Responses that a connection gives by itself, in the shape of all other problem documents: to what is no HTTP request,
has no end, or does not arrive. After each of them the connection is closed."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

MAX_HEAD_LENGTH: Final = 64 * 2**10
"""Bytes of request line and fields together."""
RETRY_AFTER: Final = 5


def problem(status: HTTPStatus, detail: str, fields: Mapping[str, str] | None = None) -> bytes:
    """A complete HTTP/1.1 response."""
    body = json.dumps({"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}).encode()
    own = (f"{name}: {value}".encode("ascii") for name, value in (fields or {}).items())
    return b"\r\n".join(
        (
            f"HTTP/1.1 {status} {status.phrase}".encode(),
            b"content-type: application/problem+json",
            b"content-length: %d" % len(body),
            b"cache-control: no-store",
            b"access-control-allow-origin: *",
            b"x-content-type-options: nosniff",
            *own,
            b"connection: close",
            b"",
            body,
        )
    )


MALFORMED: Final = problem(HTTPStatus.BAD_REQUEST, "This is not an HTTP request.")
BAD_TARGET: Final = problem(HTTPStatus.BAD_REQUEST, "The request target is not a path of this service.")
HEAD_TOO_LARGE: Final = problem(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    f"URL and header fields together may have at most {MAX_HEAD_LENGTH} bytes.",
)
TOO_MUCH_FRAMING: Final = problem(HTTPStatus.BAD_REQUEST, "Chunk extensions and trailers are too large for the body.")
HEAD_TIMEOUT: Final = problem(HTTPStatus.REQUEST_TIMEOUT, "The request headers did not arrive in time.")
BODY_TIMEOUT: Final = problem(HTTPStatus.REQUEST_TIMEOUT, "The request body arrived too slowly.")
FAILED: Final = problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The error is on our side and has been logged.")

_LATER: Final = {"retry-after": str(RETRY_AFTER)}
TOO_MANY_PER_CLIENT: Final = problem(HTTPStatus.TOO_MANY_REQUESTS, "Too many connections from this address.", _LATER)
TOO_MANY: Final = problem(
    HTTPStatus.SERVICE_UNAVAILABLE, "The service has reached its maximum number of connections.", _LATER
)
