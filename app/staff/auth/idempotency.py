"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a POST that is sent twice is done once.

A claim is committed before the work begins; the response is stored in the transaction of the work itself, so there is
an effect exactly where there is a response. A claim that was left behind by a crash ends with its lease.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import JSON, ColumnElement, LargeBinary, String, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column
from starlette.requests import Request
from starlette.responses import Response

from app.db.base import Base
from app.db.sessions import Sessions, affected_rows
from app.jobs.periodic import PeriodicTask
from app.kit.errors import BadQuery, Conflict, ErrorDetail, Invalid

FIELD: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
RETENTION: Final = timedelta(hours=24)
LEASE: Final = timedelta(minutes=2)

_SHAPE: Final = re.compile(r"[\x21-\x7e]{1,200}")


class IdempotentAnswerRow(Base):
    """A claim while `status` is empty, then the response."""

    __tablename__ = "idempotent_answer"

    api_key: Mapped[str] = mapped_column(String(12), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    token: Mapped[str] = mapped_column(String(32))
    lease_until: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None]
    headers: Mapped[list[list[str]] | None] = mapped_column(JSON(none_as_null=True))
    body: Mapped[bytes | None] = mapped_column(LargeBinary)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do the work of one idempotency key; `token` distinguishes it from a later one."""

    api_key: str
    idempotency_key: str
    token: str

    @property
    def _unfinished(self) -> tuple[ColumnElement[bool], ...]:
        row = IdempotentAnswerRow
        mine = (row.api_key == self.api_key, row.idempotency_key == self.idempotency_key, row.token == self.token)
        return (*mine, row.status.is_(None))

    def store(self, session: Session, response: Response, body: bytes) -> None:
        """Raises Conflict where the lease expired and another request has taken over: this work must then be rolled
        back."""
        headers = [[name, value] for name, value in response.headers.items() if name != "content-length"]
        values = {"status": response.status_code, "headers": headers, "body": body}
        done = session.execute(update(IdempotentAnswerRow).where(*self._unfinished).values(values))
        if affected_rows(done) != 1:
            raise _still_running()

    def release(self, sessions: Sessions) -> None:
        """Nothing came of it: the same request may be tried again. A response that was stored stays."""
        with sessions.write() as session:
            session.execute(delete(IdempotentAnswerRow).where(*self._unfinished))


def idempotency_key(sent: Sequence[str]) -> str | None:
    """From all fields of that name. Raises BadQuery for what is no key."""
    if not sent:
        return None
    if len(sent) > 1 or not _SHAPE.fullmatch(sent[0]):
        error = ErrorDetail("not-a-key", "It must be one header of 1 to 200 printable ASCII characters.", FIELD)
        raise BadQuery(f"Invalid {FIELD}.", errors=[error])
    return sent[0]


def fingerprint(request: Request, body: bytes) -> str:
    """Of everything that says what is to be done: method, address, media type and body."""
    scope = request.scope
    media_type = request.headers.get("content-type", "").encode("latin-1")
    parts = (scope["method"].encode("ascii"), scope["path"].encode(), scope["query_string"], media_type, body)
    return sha256(b"\0".join(str(len(part)).encode("ascii") + b":" + part for part in parts)).hexdigest()


def take_claim(
    sessions: Sessions, api_key: str, key: str, request_fingerprint: str, *, now: datetime
) -> Claim | Response:
    """The right to do the work, or the response that is stored already.

    Raises Invalid where the key was used for something else, Conflict while the same work is being done.
    """
    claim = Claim(api_key, key, secrets.token_hex(16))
    try:
        with sessions.write() as session:
            _delete_expired(session, now)
            row = session.get(IdempotentAnswerRow, (api_key, key), with_for_update=True)
            if row is not None:
                return _replay(row, claim, request_fingerprint, now)
            session.add(_row(claim, request_fingerprint, now))
    except IntegrityError:
        raise _still_running() from None
    return claim


def delete_expired_responses(sessions: Sessions, now: datetime) -> None:
    """Deletes what is older than a day; takes no write lock where there is nothing."""
    with sessions.read() as session:
        old = select(IdempotentAnswerRow.api_key).where(IdempotentAnswerRow.expires_at <= now)
        if session.scalar(old.limit(1)) is None:
            return
    with sessions.write() as session:
        _delete_expired(session, now)


EXPIRY_TASK: Final = PeriodicTask("forget-answers", timedelta(hours=1), delete_expired_responses)


def _delete_expired(session: Session, now: datetime) -> None:
    session.execute(delete(IdempotentAnswerRow).where(IdempotentAnswerRow.expires_at <= now))


def _replay(row: IdempotentAnswerRow, claim: Claim, request_fingerprint: str, now: datetime) -> Claim | Response:
    if row.fingerprint != request_fingerprint:
        error = ErrorDetail("used-before", "This key was used with another request.", FIELD)
        raise Invalid("An idempotency key belongs to one request.", errors=[error])
    if row.status is not None:
        return _replayed(row)
    if now < row.lease_until:
        raise _still_running()
    row.token, row.lease_until, row.expires_at = claim.token, now + LEASE, now + RETENTION
    return claim


def _row(claim: Claim, request_fingerprint: str, now: datetime) -> IdempotentAnswerRow:
    return IdempotentAnswerRow(
        api_key=claim.api_key,
        idempotency_key=claim.idempotency_key,
        fingerprint=request_fingerprint,
        token=claim.token,
        lease_until=now + LEASE,
        expires_at=now + RETENTION,
    )


def _replayed(row: IdempotentAnswerRow) -> Response:
    response = Response(row.body, row.status or 200)
    for name, value in row.headers or ():
        response.headers[name] = value
    response.headers[REPLAYED] = "true"
    return response


def _still_running() -> Conflict:
    return Conflict("The same request is still in progress: try again shortly with the same key.")
