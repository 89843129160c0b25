"""Content coding: negotiation by `Accept-Encoding` (RFC 9110 section 12.5.3), and what is worth compressing."""

import asyncio
import re
import zlib
from typing import Final, Literal

from app.kit.errors import NotAcceptable

MIN_SIZE: Final = 600
"""Bytes below which compressing costs more than it saves."""

_LEVEL: Final = 5
_THREAD_FROM: Final = 48 * 1024
_GZIP_FRAMING: Final = 31
_TEXTUAL = re.compile(rb"text/|[^;]*(?:json|xml|bibtex|research-info|ris\b|csv|javascript|ecmascript)", re.I)
_ELEMENT = re.compile(r"\s*([!#$%&'*+.^_`|~0-9a-z-]+)\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?", re.I)


ContentCoding = Literal["identity", "gzip", "gzip only"]
"""`gzip`: where it pays. `gzip only`: always, for the reader refuses an answer as it is."""


def negotiate_coding(accept_encoding: bytes | None) -> ContentCoding:
    """Raises NotAcceptable where neither gzip nor the answer as it is may be sent."""
    if not accept_encoding:
        return "identity"
    weights = _weights(accept_encoding.decode("latin-1"))
    anything = weights.get("*")
    gzip = weights.get("gzip", weights.get("x-gzip", anything or 0.0))
    identity = weights.get("identity", anything)
    if identity == 0.0:
        if gzip == 0.0:
            raise NotAcceptable("Only gzip and identity are available.", choices=("gzip", "identity"))
        return "gzip only"
    explicit = weights.get("identity", 0.0)
    return "gzip" if gzip > 0.0 and gzip >= explicit else "identity"


def is_compressible(media_type: bytes, size: int) -> bool:
    """Whether a body of `size` bytes should be compressed for a reader who would rather have it so."""
    return size >= MIN_SIZE and _TEXTUAL.match(media_type) is not None


def should_compress(coding: ContentCoding, media_type: bytes, size: int) -> bool:
    """Whether a body is compressed for a client that accepts this coding."""
    return coding == "gzip only" or (coding == "gzip" and is_compressible(media_type, size))


async def compressed(body: bytes) -> bytes:
    """As `compress`; in a thread where it takes longer than handing it over."""
    return await asyncio.to_thread(compress, body) if len(body) > _THREAD_FROM else compress(body)


def compress(body: bytes) -> bytes:
    """RFC 1952 without a time in it: the same bytes for the same body."""
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_FRAMING)
    return compressor.compress(body) + compressor.flush()


def _weights(text: str) -> dict[str, float]:
    elements = (_ELEMENT.fullmatch(part) for part in text.split(","))
    return {found[1].lower(): float(found[2] or 1) for found in elements if found}
