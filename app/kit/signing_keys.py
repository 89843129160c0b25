"""Secrets of the service itself, in a file outside the database: whoever gets hold of one has not got the other."""

import hmac
import os
import re
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Final

from app.kit.system.private_files import make_private_folder, write_private

BITS: Final = 256
_LINE: Final = re.compile(r"[0-9a-f]{64}")


class SecretsUnreadable(Exception):
    """There is no file of secrets, or it is none; the text says which file."""


class SigningKeys:
    """The file has a line of hexadecimal digits for each secret, the newest last, and is readable by its owner alone.
    To rotate: append a line; what older secrets signed stays valid until theirs goes.

    Nothing but `make` creates it: the secrets belong to a database, and another file in their place would be silently
    wrong. Whatever needs a secret raises SecretsUnreadable without it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._keys: dict[str, bytes] = {}

    @property
    def exists(self) -> bool:
        return self.path.exists()

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

    def fingerprints(self) -> dict[str, str]:
        """The fingerprint of every secret, by its id; it does not reveal the secret."""
        return self.digests("fingerprint", "")

    def rotate(self) -> str:
        """Append a new secret; returns its id. Other processes read it when they restart."""
        self._read()
        with write_private(self.path, "a", encoding="ascii") as file:
            file.write(_new_line())
        self._keys = {}
        return next(reversed(self._read()))

    def make(self) -> None:
        """The file with one secret, unless there is one: whole or not at all, by whichever process is first."""
        make_private_folder(self.path.parent)
        draft = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        with write_private(draft, "x", encoding="ascii") as file:
            file.write(_new_line())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, self.path)
        except FileExistsError:
            return
        finally:
            draft.unlink()

    def _read(self) -> dict[str, bytes]:
        if not self._keys:
            try:
                lines = self.path.read_text(encoding="ascii").split()
            except FileNotFoundError as error:
                raise SecretsUnreadable(f"{self.path}: the file of signing keys does not exist") from error
            except UnicodeDecodeError:
                lines = []
            if not lines or not all(map(_LINE.fullmatch, lines)):
                raise SecretsUnreadable(f"{self.path}: each line must have 64 hexadecimal digits")
            self._keys = {_id(key): key for key in map(bytes.fromhex, lines)}
        return self._keys


def _new_line() -> str:
    return secrets.token_hex(BITS // 8) + "\n"


def _id(key: bytes) -> str:
    """Derived from the secret, so that another file is noticed, without revealing it."""
    return _digest(key, "id", "")[:8]


def _digest(key: bytes, purpose: str, text: str) -> str:
    return hmac.new(key, f"{purpose}\0{text}".encode(), sha256).hexdigest()
