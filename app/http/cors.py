"""Which scripts may read what (the Fetch standard, "CORS protocol"): anything public from any origin, the private
part from the configured origins. Credentials are never allowed."""

from typing import Final

from app.http.config import HttpConfig
from app.http.context import RequestContext
from app.http.headers import EXPOSED, PRACTICE, PRIVATE_HEADERS, PUBLIC_HEADERS, Headers

_MAX_AGE: Final = b"7200"
_PUBLIC_FIELDS: Final = b"Accept, Content-Type, If-Modified-Since, If-None-Match, X-Request-ID"
_OWN_FIELDS: Final = _PUBLIC_FIELDS + b", Authorization"
"""Of what is public and sees credentials: a subscriber's, whom a page of the project's own may serve."""
_PRIVATE_FIELDS: Final = _OWN_FIELDS + b", Idempotency-Key, If-Match"
_BY_ORIGIN: Final = (b"vary", b"Origin")


def default_headers(config: HttpConfig, context: RequestContext) -> Headers:
    """The fields that an answer to this request carries, whatever it says."""
    own = [PRACTICE] if config.practice else []
    if not is_private(config, context):
        return [*PUBLIC_HEADERS, *own]
    origin = _known_origin(config, context)
    allowed = [(b"access-control-allow-origin", origin), (b"access-control-expose-headers", EXPOSED)]
    return [*PRIVATE_HEADERS, *own, _BY_ORIGIN, *(allowed if origin else ())]


def preflight(config: HttpConfig, context: RequestContext, methods: str) -> Headers:
    """What `default_headers` does not say and a browser wants to know before the real request."""
    private = is_private(config, context)
    if b"access-control-request-method" not in context.fields:
        return []
    if private and not _known_origin(config, context):
        return []
    return [
        (b"access-control-allow-methods", methods.encode("ascii")),
        (b"access-control-allow-headers", _PRIVATE_FIELDS if private else _fields(config, context)),
        (b"access-control-max-age", _MAX_AGE),
    ]


def _fields(config: HttpConfig, context: RequestContext) -> bytes:
    return _OWN_FIELDS if context.path.startswith(config.uncached) else _PUBLIC_FIELDS


def is_private(config: HttpConfig, context: RequestContext) -> bool:
    return context.path.startswith(config.private)


def _known_origin(config: HttpConfig, context: RequestContext) -> bytes:
    origin = context.fields.get(b"origin", b"")
    return origin if origin.decode("latin-1") in config.origins else b""
