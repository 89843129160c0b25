"""Identifiers that mean nothing and never change: UUIDs (RFC 9562), in their canonical lower case."""

import re
import secrets
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

FORM: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_VERSION_AND_VARIANT: Final = ~(0xF << 76 | 0x3 << 62)
_LOW_BITS: Final = (1 << 80) - 1


def time_ordered_uuid(moment: datetime) -> str:
    """A new one (version 7): later ones sort after earlier ones, but for those of one millisecond."""
    return _stamped(7, int(moment.timestamp() * 1000) << 80 | secrets.randbits(80))


def named_uuid(*names: str) -> str:
    """The same names have the same one everywhere (version 8, RFC 9562 appendix B.2, without a time: it sorts before
    all that have one)."""
    digest = sha256("\0".join(names).encode()).digest()
    return _stamped(8, int.from_bytes(digest) & _LOW_BITS)


def is_uuid(text: str) -> bool:
    """Whether it is one in canonical form."""
    return FORM.fullmatch(text) is not None


def canonical_uuid(text: str) -> str:
    """In lower case, as RFC 9562 writes it. Raises `ValueError` for anything else."""
    lowered = text.lower()
    if not is_uuid(lowered):
        raise ValueError("must be an id such as 01890a5d-ac96-774b-bcce-b302099a8057")
    return lowered


def _stamped(version: int, number: int) -> str:
    marked = number & _VERSION_AND_VARIANT | version << 76 | 0x2 << 62
    return str(UUID(int=marked))
