"""Tokens that are mailed: 256 random bits each, stored as their SHA-256, bound to one purpose."""

import hmac
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.kit.tokens import Token, new_token, parse_token
from app.mailing.models import Purpose, TokenRow

LIFE: Final = {Purpose.confirm: timedelta(days=7), Purpose.manage: timedelta(minutes=30)}


def issue(
    session: Session, purpose: Purpose, subscriber_id: int, *, now: datetime, sign_up: int | None = None
) -> Token:
    """A new one, beside those that were issued before."""
    token = new_token(purpose)
    row = TokenRow(
        id=token.id,
        digest=token.digest,
        purpose=purpose,
        subscriber_id=subscriber_id,
        sign_up=sign_up,
        expires_at=now + LIFE[purpose],
    )
    session.add(row)
    session.flush()
    return token


def find(session: Session, purpose: Purpose, text: str, *, lock: bool = False) -> TokenRow | None:
    """The row of the token that `text` states, spent or expired as it may be; None for any other text."""
    token = parse_token(purpose, text)
    if token is None:
        return None
    row = session.get(TokenRow, token.id, with_for_update=lock)
    known = row.digest if row is not None else token.digest[::-1]
    if not hmac.compare_digest(known, token.digest) or row is None or row.purpose != purpose:
        return None
    return row
