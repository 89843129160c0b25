"""The keys of staff: made, checked, rotated, revoked. A row has the hash of a secret and never the secret.

A key that is rotated has a successor, of the same name and scopes; the chain of them is one holder's. `made_with` is
the key that created or rotated another, so that nothing made with a stolen one is overlooked.
"""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db.base import Base
from app.kit.clock import rfc3339
from app.kit.errors import Conflict, ErrorDetail, Forbidden, Invalid, NotFound, Unauthenticated
from app.kit.text.characters import has_control, sentence_case
from app.kit.text.suggestions import closest_matches
from app.kit.tokens import Token, new_token, parse_token
from app.kit.values.email_addresses import parse_address
from app.staff.auth.actors import RESERVED, Actor
from app.staff.auth.security_log import SecurityEvent, record
from app.staff.scopes import SCOPES, unknown_scopes

PREFIX: Final = "kb"
MAX_LIFETIME_DAYS: Final = 731
"""Days from the making of a key to its end, at most."""
MAX_NAME_LENGTH: Final = 80
MANAGE: Final = "keys:manage"
READ: Final = "public:read"
OWN: Final = "me"
"""Stands in an address for the key that the request came with."""

KeyState = Literal["live", "expired", "revoked"]
Extent = Literal["key", "successors", "all"]
"""What a revocation ends: one key, or also all that it was rotated into, or also all keys that were made with those."""


class KeyRow(Base):
    """Rows stay when a key has ended: they show whose work it was."""

    __tablename__ = "api_key"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(80))
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(80))
    rotated_to: Mapped[str | None] = mapped_column(String(12))
    contact: Mapped[str | None] = mapped_column(String(254))
    """The e-mail address of its contact."""
    made_with: Mapped[str | None] = mapped_column(String(12), index=True)
    """The key that made or rotated it; None for one that was made by command."""

    def state(self, now: datetime) -> KeyState:
        if self.revoked_at is not None:
            return "revoked"
        return "live" if now < self.expires_at else "expired"


def address(key_id: str) -> str:
    return f"/v1/staff/keys/{key_id}"


def authenticate(session: Session, text: str, *, now: datetime) -> KeyRow:
    """The row of a key that is good now. A wrong checksum is refused without a look at the database.

    Raises Unauthenticated; it says why a key has ended only to who has its secret.
    """
    token = parse_token(PREFIX, text)
    if token is None:
        raise _refused("This is not a key of this service, or it is incomplete.")
    row = session.get(KeyRow, token.id)
    known = row.digest if row is not None else token.digest[::-1]
    if not hmac.compare_digest(known, token.digest) or row is None:
        raise _refused("Unknown key.")
    state = row.state(now)
    if state != "live":
        raise _ended(state)
    return row


def _ended(state: KeyState) -> Unauthenticated:
    return _refused(f"This key has {'expired' if state == 'expired' else 'been revoked'}.")


def _refused(detail: str) -> Unauthenticated:
    return Unauthenticated(detail, error="invalid_token")


def find_key(session: Session, key_id: str, *, by: Actor, lock: bool = False) -> KeyRow:
    """One's own key, or anybody's with `keys:manage`. `lock` locks the row to the end of the transaction.

    Raises NotFound and Forbidden.
    """
    requested = by.key if key_id == OWN else key_id
    if requested != by.key:
        by.demand(MANAGE)
    row = _row(session, requested, lock=lock)
    if row is None:
        raise NotFound("Unknown key.")
    return row


def _log(session: Session, action: str, row: KeyRow, note: str | None, by: Actor, now: datetime) -> None:
    record(session, SecurityEvent(action, "key", row.id, note), by=by, now=now)


def _row(session: Session, key_id: str | None, *, lock: bool) -> KeyRow | None:
    return session.get(KeyRow, key_id, with_for_update=lock, populate_existing=lock) if key_id else None


def all_keys(session: Session) -> Sequence[KeyRow]:
    """Newest first."""
    return session.scalars(select(KeyRow).order_by(KeyRow.created_at.desc(), KeyRow.id)).all()


def make_key(
    session: Session,
    *,
    name: str,
    scopes: Sequence[str],
    days: int,
    by: Actor,
    now: datetime,
    contact: str | None = None,
) -> tuple[KeyRow, Token]:
    """A key that lives for so many days. Raises Invalid, Forbidden where `by` has less, Conflict for a taken name."""
    _check_scopes(scopes, by)
    _check_name(session, name, now)
    _check_contact(contact, scopes)
    _check_maker(session, by, now)
    row, token = _add(session, name=name, scopes=scopes, expires_at=now + timedelta(days=days), by=by, now=now)
    row.contact = contact
    _log(session, "create", row, f"{', '.join(row.scopes)}; until {rfc3339(row.expires_at)}", by, now)
    return row, token


def rotate(
    session: Session, row: KeyRow, *, days: int | None, overlap_days: int, by: Actor, now: datetime
) -> tuple[KeyRow, Token]:
    """Another key like `row`, which dies when the overlap is over; `row` is locked. Without `days` it ends when `row`
    was to end; who manages keys may give it more, and without `days` gives it as long a life as `row` was to have.

    Raises Conflict for a key that has ended or was rotated before, Forbidden where `by` has fewer scopes, or wants a
    longer life without managing keys.
    """
    if row.state(now) != "live":
        raise Conflict("Only an active key can be rotated: create a new one.")
    if row.rotated_to is not None:
        raise Conflict("This key has already been rotated.", other=address(row.rotated_to))
    _check_scopes(row.scopes, by)
    _check_maker(session, by, now)
    ends = _end_of_successor(row, days, by, now)
    fresh, token = _add(session, name=row.name, scopes=row.scopes, expires_at=ends, by=by, now=now)
    fresh.contact = row.contact
    row.rotated_to = fresh.id
    row.expires_at = min(row.expires_at, now + timedelta(days=overlap_days))
    _log(session, "rotate", row, f"to {fresh.id}; until {rfc3339(fresh.expires_at)}", by, now)
    return fresh, token


def _end_of_successor(row: KeyRow, days: int | None, by: Actor, now: datetime) -> datetime:
    if MANAGE in by.scopes:
        return now + (row.expires_at - row.created_at if days is None else timedelta(days=days))
    requested = row.expires_at if days is None else now + timedelta(days=days)
    if requested > row.expires_at:
        raise Forbidden(
            f"A key can replace itself until its own expiry, {rfc3339(row.expires_at)}. Whoever may "
            f"manage keys can make one that works longer.",
            scope=MANAGE,
        )
    return requested


def revoke(session: Session, row: KeyRow, *, by: Actor, now: datetime, extent: Extent = "successors") -> int:
    """The key is good no more, from now on, nor is whatever `extent` adds to it: also where the key itself had ended
    before. What was revoked before stays as it is. Raises Forbidden where keys of others would end."""
    if extent == "all":
        by.demand(MANAGE)
    revoked = [each for each in _reached(session, row, extent) if each.revoked_at is None]
    for each in revoked:
        each.revoked_at, each.revoked_by = now, by.name
        _log(session, "revoke", each, None if each is row else f"with {row.id}", by, now)
    session.flush()
    return len(revoked)


def left_by(session: Session, row: KeyRow, now: datetime) -> list[KeyRow]:
    """Keys that are good and were made with this one or its successors, or with one of those, and so on."""
    return [each for each in _reached(session, row, "all", lock=False) if each.state(now) == "live"]


def _reached(session: Session, row: KeyRow, extent: Extent, *, lock: bool = True) -> list[KeyRow]:
    """`row` first. Each is locked before its successor is looked up: none can be added behind our back."""
    found = {row.id: row}
    waiting = [row] if extent != "key" else []
    while waiting:
        each = waiting.pop()
        for other in _following(session, each, extent, lock=lock):
            if other.id not in found:
                found[other.id] = other
                waiting.append(other)
    return [*found.values()]


def _following(session: Session, row: KeyRow, extent: Extent, *, lock: bool) -> list[KeyRow]:
    successor = _row(session, row.rotated_to, lock=lock)
    following = [] if successor is None else [successor]
    if extent == "all":
        made = select(KeyRow).where(KeyRow.made_with == row.id).order_by(KeyRow.created_at, KeyRow.id)
        following += session.scalars(made.with_for_update() if lock else made)
    return following


def _add(
    session: Session, *, name: str, scopes: Sequence[str], expires_at: datetime, by: Actor, now: datetime
) -> tuple[KeyRow, Token]:
    token = new_token(PREFIX)
    row = KeyRow(
        id=token.id,
        name=name,
        digest=token.digest,
        scopes=[scope for scope in SCOPES if scope in scopes],
        created_at=now,
        created_by=by.name,
        expires_at=expires_at,
        made_with=by.key,
    )
    session.add(row)
    session.flush()
    return row, token


def _check_name(session: Session, name: str, now: datetime) -> None:
    if not 0 < len(name.strip()) <= MAX_NAME_LENGTH or has_control(name):
        error = ErrorDetail("not-a-name", f"A name has 1 to {MAX_NAME_LENGTH} characters on one line.", pointer="/name")
        raise Invalid("Choose another name for the key.", errors=[error])
    if name.casefold() in RESERVED:
        error = ErrorDetail("reserved", "This name is reserved for the service.", pointer="/name")
        raise Invalid("Choose another name for the key.", errors=[error])
    for other in session.scalars(select(KeyRow).where(KeyRow.name == name)):
        if other.state(now) == "live":
            error = ErrorDetail("taken", "A key of this name is in use: rotate or revoke it.", pointer="/name")
            raise Conflict("A key of this name is in use.", other=address(other.id), errors=[error])


def _check_contact(contact: str | None, scopes: Sequence[str]) -> None:
    if contact is None and [*scopes] == [READ]:
        error = ErrorDetail("missing", "A key for reading alone needs an address to write to.", pointer="/contact")
        raise Invalid("State whom to write to about the key.", errors=[error])
    if contact is None:
        return
    try:
        parse_address(contact)
    except ValueError as error:
        fault = ErrorDetail("invalid-value", f"{sentence_case(str(error))}.", pointer="/contact")
        raise Invalid(errors=[fault]) from None


def _check_maker(session: Session, by: Actor, now: datetime) -> None:
    """The key that makes another is good to the end of the transaction: one that was revoked while its request was
    under way leaves nothing behind. Raises Unauthenticated."""
    own = _row(session, by.key, lock=True)
    if own is not None and (state := own.state(now)) != "live":
        raise _ended(state)


def _check_scopes(scopes: Sequence[str], by: Actor) -> None:
    if wrong := unknown_scopes(scopes):
        errors = [_unknown_scope(position, scope) for position, scope in enumerate(scopes) if scope in wrong]
        raise Invalid("Unknown scope.", errors=errors)
    for scope in scopes:
        if scope not in by.scopes:
            raise Forbidden(f"A key can only give what it has: yours has no `{scope}`.", scope=scope)


def _unknown_scope(position: int, scope: str) -> ErrorDetail:
    guesses = closest_matches(scope, tuple(SCOPES), 1)
    suggestion = guesses[0] if guesses else None
    return ErrorDetail("unknown", "Unknown scope.", None, f"/scopes/{position}", tuple(SCOPES), suggestion)
