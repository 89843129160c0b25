"""Suppression list: the addresses that nothing is sent to, stored as HMACs, so that the list holds no address."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.db.upsert import insert_or_ignore
from app.kit.signing_keys import SigningKeys
from app.mailing.models import OWN_DECISIONS, SuppressionReason, SuppressionRow

_PURPOSE: Final = "suppression"


def reasons(session: Session, signing_keys: SigningKeys, unique_key: str) -> list[SuppressionReason]:
    """Why nothing may be sent to the address; empty if mails may be sent."""
    return reasons_of_all(session, signing_keys, [unique_key]).get(unique_key, [])


def reasons_of_all(
    session: Session, signing_keys: SigningKeys, unique_keys: Iterable[str]
) -> dict[str, list[SuppressionReason]]:
    """By unique key, of the suppressed addresses."""
    owner = {digest: key for key in unique_keys for digest in digests(signing_keys, key)}
    rows = session.execute(
        select(SuppressionRow.digest, SuppressionRow.reason).where(SuppressionRow.digest.in_(list(owner)))
    )
    found: dict[str, set[SuppressionReason]] = {}
    for digest, reason in rows:
        found.setdefault(owner[digest], set()).add(SuppressionReason(reason))
    return {key: sorted(several) for key, several in found.items()}


def digests(signing_keys: SigningKeys, unique_key: str) -> list[str]:
    """What may stand on the list for an address: one for every secret there ever was."""
    return list(signing_keys.digests(_PURPOSE, unique_key).values())


def has(session: Session, digest: str, reason: SuppressionReason) -> bool:
    """Whether the list has this reason for this hash."""
    return session.get(SuppressionRow, (digest, reason)) is not None


def is_suppressed(session: Session, signing_keys: SigningKeys, unique_key: str) -> bool:
    """For imports, and for whatever is sent to subscribers."""
    return bool(reasons(session, signing_keys, unique_key))


def is_staff_decision(found: Iterable[SuppressionReason]) -> bool:
    """Whether only staff, and not the owner by signing up again, can lift the suppression."""
    return any(reason not in OWN_DECISIONS for reason in found)


def signed(signing_keys: SigningKeys, unique_key: str) -> tuple[str, str]:
    """The id of the newest secret, and the hash of the address made with it."""
    return signing_keys.sign(_PURPOSE, unique_key)


def suppress_digest(session: Session, key_id: str, digest: str, reason: SuppressionReason, *, now: datetime) -> None:
    """As `suppress`, where the address is not known any more."""
    new = insert_or_ignore(session, SuppressionRow, "digest", "reason")
    session.execute(new.values(digest=digest, reason=reason, key_id=key_id, at=now))


def suppress(
    session: Session, signing_keys: SigningKeys, unique_key: str, reason: SuppressionReason, *, now: datetime
) -> None:
    """Once for each reason, however often it comes."""
    if reason not in reasons(session, signing_keys, unique_key):
        suppress_digest(session, *signed(signing_keys, unique_key), reason, now=now)


def lift(session: Session, signing_keys: SigningKeys, unique_key: str, which: Iterable[SuppressionReason]) -> int:
    """Remove reasons; returns the number of rows removed."""
    theirs = digests(signing_keys, unique_key)
    gone = delete(SuppressionRow).where(SuppressionRow.digest.in_(theirs), SuppressionRow.reason.in_(list(which)))
    return len(session.execute(gone.returning(SuppressionRow.digest)).all())
