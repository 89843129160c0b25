"""Secrets and signatures as Standard Webhooks has them (github.com/standard-webhooks/standard-webhooks).

A secret is made of a signing key of the service, which is in no database, and of a salt: who reads the database cannot
sign.
"""

import base64
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from app.kit.signing_keys import SigningKeys

PREFIX: Final = "whsec_"
_PURPOSE: Final = "webhook"


def new_salt() -> str:
    return secrets.token_hex(16)


def newest_key(signing_keys: SigningKeys) -> str:
    """The id of the signing key that new secrets are made of."""
    key_id, _ = signing_keys.sign(_PURPOSE, "")
    return key_id


def secret_of(signing_keys: SigningKeys, key_id: str, salt: str) -> bytes | None:
    """256 bits; None where that signing key is no more."""
    digest = signing_keys.digests(_PURPOSE, salt).get(key_id)
    return None if digest is None else bytes.fromhex(digest)


def secret_text(secret: bytes) -> str:
    """As it is given to the receiver."""
    return PREFIX + base64.b64encode(secret).decode()


def signature_headers(keys: Sequence[bytes], message: str, body: bytes, now: datetime) -> dict[str, str]:
    """Signed with each of the keys: the receiver accepts a message if it knows one of them."""
    moment = str(int(now.timestamp()))
    signed = b".".join((message.encode(), moment.encode(), body))
    signatures = (base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys)
    return {
        "webhook-id": message,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }
