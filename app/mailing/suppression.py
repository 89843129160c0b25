"""Whom nobody may write to: kept as an HMAC, so that the list itself names nobody."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.db.inserting import insert_unless_there
from app.kit.keyring import Keyring
from app.mailing.tables import OWN_DECISIONS, Reason, SuppressionRow

_PURPOSE: Final = "suppression"


def reasons(session: Session, keyring: Keyring, unique_key: str) -> list[Reason]:
    """Why nobody may write there; none: one may."""
    return reasons_of_all(session, keyring, [unique_key]).get(unique_key, [])


def reasons_of_all(session: Session, keyring: Keyring, unique_keys: Iterable[str]) -> dict[str, list[Reason]]:
    """By unique key, of those whom nobody may write to."""
    whose = {digest: key for key in unique_keys for digest in digests(keyring, key)}
    rows = session.execute(
        select(SuppressionRow.digest, SuppressionRow.reason).where(SuppressionRow.digest.in_(list(whose)))
    )
    found: dict[str, set[Reason]] = {}
    for digest, reason in rows:
        found.setdefault(whose[digest], set()).add(Reason(reason))
    return {key: sorted(several) for key, several in found.items()}


def digests(keyring: Keyring, unique_key: str) -> list[str]:
    """What may stand on the list for an address: one for every secret there ever was."""
    return list(keyring.digests(_PURPOSE, unique_key).values())


def has(session: Session, digest: str, reason: Reason) -> bool:
    """Whether the list has that of who has that hash."""
    return session.get(SuppressionRow, (digest, reason)) is not None


def is_suppressed(session: Session, keyring: Keyring, unique_key: str) -> bool:
    """For imports, and for whatever is sent to subscribers."""
    return bool(reasons(session, keyring, unique_key))


def is_final(found: Iterable[Reason]) -> bool:
    """Whether even who has the address cannot have mail again by signing up; staff can end that."""
    return any(reason not in OWN_DECISIONS for reason in found)


def signed(keyring: Keyring, unique_key: str) -> tuple[str, str]:
    """The id of the newest secret, and what the list holds of the address by it."""
    return keyring.sign(_PURPOSE, unique_key)


def suppress_digest(session: Session, key_id: str, digest: str, reason: Reason, *, now: datetime) -> None:
    """As `suppress`, where the address is not known any more."""
    new = insert_unless_there(session, SuppressionRow, "digest", "reason")
    session.execute(new.values(digest=digest, reason=reason, key_id=key_id, at=now))


def suppress(session: Session, keyring: Keyring, unique_key: str, reason: Reason, *, now: datetime) -> None:
    """Once for each reason, however often it is said."""
    if reason not in reasons(session, keyring, unique_key):
        suppress_digest(session, *signed(keyring, unique_key), reason, now=now)


def lift(session: Session, keyring: Keyring, unique_key: str, which: Iterable[Reason]) -> int:
    """Take reasons back; returns how many rows there were."""
    theirs = digests(keyring, unique_key)
    gone = delete(SuppressionRow).where(SuppressionRow.digest.in_(theirs), SuppressionRow.reason.in_(list(which)))
    return len(session.execute(gone.returning(SuppressionRow.digest)).all())
