"""The addresses that mails link to."""

import re
from dataclasses import dataclass
from typing import Final

from app.kit.signing_keys import SigningKeys

CONFIRM: Final = "/subscribe/confirm/"
MANAGE: Final = "/subscribe/manage/"
NEVER_AGAIN: Final = "/subscribe/never-again/"
UNSUBSCRIBE: Final = "/v1/unsubscribe/"
PRIVACY: Final = "/subscribe/privacy"
_PURPOSE: Final = "unsubscribe"
_REFUSAL: Final = "never again"
_REFUSAL_SHAPE: Final = re.compile(r"([0-9a-f]{8})-([1-9][0-9]{0,17})-([0-9a-f]{64})-([0-9a-f]{32})")
_SHAPE: Final = re.compile(r"([0-9a-f]{8})-([1-9][0-9]{0,17}(?:\.[1-9][0-9]{0,17}){0,99})-([0-9a-f]{32})")


def confirm_url(base: str, token: str) -> str:
    """`token` is the text of a token to confirm with."""
    return f"{base}{CONFIRM}{token}"


def manage_url(base: str, token: str) -> str:
    """`token` is the text of a token to manage with."""
    return f"{base}{MANAGE}{token}"


def unsubscribe_url(base: str, signing_keys: SigningKeys, *subscriptions: int) -> str:
    """For people and for RFC 8058 alike: GET shows a page, POST unsubscribes. The link of a mail that was sent for
    several subscriptions ends all of them."""
    return unsubscribe_address(base, unsubscribe_token(signing_keys, *subscriptions))


def unsubscribe_address(base: str, token: str) -> str:
    return f"{base}{UNSUBSCRIBE}{token}"


def unsubscribe_token(signing_keys: SigningKeys, *subscriptions: int) -> str:
    """Never expires: key id, numbers of the subscriptions, and 128 bits of an HMAC over purpose and numbers."""
    numbers = ".".join(map(str, subscriptions))
    key_id, digest = signing_keys.sign(_PURPOSE, numbers)
    return f"{key_id}-{numbers}-{digest[:32]}"


def subscriptions_of(signing_keys: SigningKeys, token: str) -> tuple[int, ...]:
    """The numbers in a token that we made; none for any other text."""
    found = _SHAPE.fullmatch(token)
    if found is None or not signing_keys.is_signed(_PURPOSE, found[2], found[1], found[3]):
        return ()
    return tuple(map(int, found[2].split(".")))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A link to suppress an address for good: `digest` is its hash on the suppression list, made with the secret
    `key_id`. The link holds all of it, because the subscriber may be deleted meanwhile."""

    subscriber: int
    key_id: str
    digest: str


def never_again_url(base: str, signing_keys: SigningKeys, refusal: Refusal) -> str:
    """Never expires; contains nothing but a hash of the address."""
    about = f"{refusal.subscriber}-{refusal.digest}"
    signature = signing_keys.digests(_REFUSAL, f"{refusal.key_id}-{about}")[refusal.key_id]
    return f"{base}{NEVER_AGAIN}{refusal.key_id}-{about}-{signature[:32]}"


def refusal_of(signing_keys: SigningKeys, token: str) -> Refusal | None:
    """What a token says that we made; None for any other text."""
    found = _REFUSAL_SHAPE.fullmatch(token)
    if found is None:
        return None
    key_id, subscriber, digest, signature = found.groups()
    about = f"{key_id}-{subscriber}-{digest}"
    return (
        Refusal(int(subscriber), key_id, digest) if signing_keys.is_signed(_REFUSAL, about, key_id, signature) else None
    )
