"""Secrets that people carry about: a prefix that scanners know, a public id, 256 random bits and a checksum."""

import re
import secrets
import string
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

_DIGITS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID: Final = 12
_SECRET: Final = 43
"""Digits to base 62 that hold 256 bits."""
_CHECKSUM: Final = 6
_LENGTH: Final = _ID + 1 + _SECRET + _CHECKSUM
_SHAPE: Final = re.compile(rf"([a-z]+)_([0-9A-Za-z]{{{_ID}}})_([0-9A-Za-z]{{{_SECRET}}})([0-9A-Za-z]{{{_CHECKSUM}}})")


@dataclass(frozen=True, slots=True)
class Token:
    """`id` may be shown and logged; `secret` and `text`, which contains it, may not."""

    prefix: str
    id: str
    secret: str

    @property
    def text(self) -> str:
        return f"{self.prefix}_{self.id}_{self.secret}{_checksum(self.prefix, self.id, self.secret)}"

    @property
    def digest(self) -> str:
        """SHA-256 of the secret, in hexadecimal: enough for 256 random bits, which cannot be brute-forced."""
        return sha256(self.secret.encode("ascii")).hexdigest()

    def __repr__(self) -> str:
        return f"Token({self.prefix}_{self.id}_…)"


def new_token(prefix: str) -> Token:
    """`prefix` has lower-case letters only."""
    token_id = "".join(secrets.choice(_DIGITS) for _ in range(_ID))
    return Token(prefix, token_id, _to_base62(secrets.randbits(256), _SECRET))


def parse_token(prefix: str, text: str) -> Token | None:
    """The token that `text` states; None where its shape, prefix or checksum is wrong."""
    found = _SHAPE.fullmatch(text)
    if found is None or found[1] != prefix or _checksum(prefix, found[2], found[3]) != found[4]:
        return None
    return Token(prefix, found[2], found[3])


def contains_token(prefix: str, raw: bytes) -> bool:
    """Whether a whole token of that sort stands anywhere in `raw`, which is ASCII where it matters."""
    start = f"{prefix}_".encode("ascii")
    if start not in raw:
        return False
    rests = (part[:_LENGTH].decode("latin-1") for part in raw.split(start)[1:])
    return any(parse_token(prefix, f"{prefix}_{rest}") for rest in rests)


def mask_tokens(text: str) -> str:
    """The text without the secrets of tokens of any sort that stand in it."""
    return _SHAPE.sub(r"\1_\2_…", text) if len(text) > _LENGTH and "_" in text else text


def _checksum(prefix: str, token_id: str, secret: str) -> str:
    """CRC-32: finds typing and copying errors; it is no security measure."""
    return _to_base62(zlib.crc32(f"{prefix}_{token_id}_{secret}".encode("ascii")), _CHECKSUM)


def _to_base62(number: int, width: int) -> str:
    digits: list[str] = []
    for _ in range(width):
        number, rest = divmod(number, 62)
        digits.append(_DIGITS[rest])
    return "".join(reversed(digits))
