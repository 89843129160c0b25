"""Which scripts may read what (the Fetch standard, "CORS protocol"): anything public from anywhere, the
private part from the origins that were named. Cookies are never asked for."""

from typing import Final

from app.http.exchange import Exchange
from app.http.headers import EXPOSED, PRIVATE_DRESS, PUBLIC_DRESS, Headers
from app.http.manners import Manners

_MAX_AGE: Final = b"7200"
_PUBLIC_FIELDS: Final = b"Accept, Content-Type, If-Modified-Since, If-None-Match, X-Request-ID"
_PRIVATE_FIELDS: Final = _PUBLIC_FIELDS + b", Authorization, Idempotency-Key, If-Match"
_BY_ORIGIN: Final = (b"vary", b"Origin")


def dress(manners: Manners, exchange: Exchange) -> Headers:
    """The fields that an answer to this request carries, whatever it says."""
    if not is_private(manners, exchange):
        return PUBLIC_DRESS
    origin = _known_origin(manners, exchange)
    allowed = [(b"access-control-allow-origin", origin), (b"access-control-expose-headers", EXPOSED)]
    return [*PRIVATE_DRESS, _BY_ORIGIN, *(allowed if origin else ())]


def preflight(manners: Manners, exchange: Exchange, methods: str) -> Headers:
    """What `dress` does not say and a browser wants to know before the real request."""
    private = is_private(manners, exchange)
    if b"access-control-request-method" not in exchange.fields:
        return []
    if private and not _known_origin(manners, exchange):
        return []
    return [
        (b"access-control-allow-methods", methods.encode("ascii")),
        (b"access-control-allow-headers", _PRIVATE_FIELDS if private else _PUBLIC_FIELDS),
        (b"access-control-max-age", _MAX_AGE),
    ]


def is_private(manners: Manners, exchange: Exchange) -> bool:
    return exchange.path.startswith(manners.private)


def _known_origin(manners: Manners, exchange: Exchange) -> bytes:
    origin = exchange.fields.get(b"origin", b"")
    return origin if origin.decode("latin-1") in manners.origins else b""
