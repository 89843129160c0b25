"""Secrets of the service itself, in a file outside the database: whoever gets hold of one has not got the other."""

import hmac
import os
import re
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Final

from app.kit.private_files import make_private_folder

BITS: Final = 256
_LINE: Final = re.compile(r"[0-9a-f]{64}")


class Keyring:
    """The file has a line of hexadecimal digits for each secret, the newest last. It is made when it is first needed,
    readable by its owner alone. To rotate: append a line; what older secrets signed stays valid until theirs goes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys: dict[str, bytes] = {}

    def sign(self, purpose: str, text: str) -> tuple[str, str]:
        """The id of the newest secret, and the HMAC-SHA-256 in hexadecimal digits; another one for every purpose."""
        key_id, key = next(reversed(self._read().items()))
        return key_id, _digest(key, purpose, text)

    def digests(self, purpose: str, text: str) -> dict[str, str]:
        """What each of the secrets makes of it, by their ids."""
        return {key_id: _digest(key, purpose, text) for key_id, key in self._read().items()}

    def is_signed(self, purpose: str, text: str, key_id: str, digest: str) -> bool:
        """Whether the secret with that id made `digest`, or its beginning of at least 128 bits."""
        key = self._read().get(key_id)
        whole = _digest(key or b"", purpose, text)
        return key is not None and len(digest) >= 32 and hmac.compare_digest(whole[: len(digest)], digest)

    def rotate(self) -> str:
        """Append a new secret; returns its id. Other processes read it when they start anew."""
        self._read()
        with self._path.open("a", encoding="ascii") as file:
            file.write(_new_line())
        self._keys = {}
        return next(reversed(self._read()))

    def _read(self) -> dict[str, bytes]:
        if not self._keys:
            if not self._path.exists():
                self._make()
            lines = self._path.read_text(encoding="ascii").split()
            if not lines or not all(map(_LINE.fullmatch, lines)):
                raise ValueError(f"{self._path}: 64 hexadecimal digits are wanted on each line")
            self._keys = {_id(key): key for key in map(bytes.fromhex, lines)}
        return self._keys

    def _make(self) -> None:
        """Whole or not at all, by whichever process is first."""
        make_private_folder(self._path.parent)
        draft = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(_new_line())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, self._path)
        except FileExistsError:
            return
        finally:
            draft.unlink()


def _new_line() -> str:
    return secrets.token_hex(BITS // 8) + "\n"


def _id(key: bytes) -> str:
    """Follows from the secret, so that another file is noticed; tells nothing of it."""
    return _digest(key, "id", "")[:8]


def _digest(key: bytes, purpose: str, text: str) -> str:
    return hmac.new(key, f"{purpose}\0{text}".encode(), sha256).hexdigest()
