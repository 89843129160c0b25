"""The audit: the history of the catalogue and the security log in one list, newest first.

Both are in the order in which they were written: an event follows the revision that was the newest at its time.
"""

import base64
import binascii
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

import orjson
from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from app.catalogue.revisions import RevisionRow
from app.kit.errors import BadQuery, ErrorDetail
from app.staff.auth.security_log import SecurityEventRow

Log = Literal["catalogue", "security"]
AuditRow = RevisionRow | SecurityEventRow
AuditPosition = tuple[int, int]
"""A position in the list: the number of a revision, and of an event behind it (0 for the revision itself)."""


@dataclass(frozen=True)
class AuditFilter:
    """By whom, of what (a kind, or one resource by any slug it had), which action, when, in which log, with which key.
    Revisions have no key."""

    actor: str | None = None
    kind: str | None = None
    slug: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    log: Log | None = None
    key: str | None = None

    @property
    def digest(self) -> str:
        """Equal for equal filters: a cursor is bound to it."""
        return sha256(orjson.dumps(asdict(self))).hexdigest()[:12]


def audit(
    session: Session, audit_filter: AuditFilter, *, cursor: str | None, per_page: int
) -> tuple[list[AuditRow], str | None]:
    """One page, newest first, and the cursor of the next. Raises `BadQuery` for a cursor of another filter."""
    before = None if cursor is None else _read_cursor(cursor, audit_filter)
    rows: list[AuditRow] = []
    if audit_filter.log != "security" and audit_filter.key is None:
        rows += session.scalars(_revisions(audit_filter, before).limit(per_page + 1))
    if audit_filter.log != "catalogue":
        rows += session.scalars(_events(audit_filter, before).limit(per_page + 1))
    rows.sort(key=_position, reverse=True)
    if len(rows) <= per_page:
        return rows, None
    return rows[:per_page], _cursor(_position(rows[per_page - 1]), audit_filter)


def _position(row: AuditRow) -> AuditPosition:
    return (row.number, 0) if isinstance(row, RevisionRow) else (row.after, row.id)


def _revisions(audit_filter: AuditFilter, before: AuditPosition | None) -> Select[RevisionRow]:
    statement = (
        select(RevisionRow).where(*_shared_conditions(RevisionRow, audit_filter)).order_by(RevisionRow.number.desc())
    )
    if audit_filter.slug is not None:
        named = (
            select(RevisionRow.kind, RevisionRow.source)
            .where(RevisionRow.slug == audit_filter.slug)
            .distinct()
            .subquery()
        )
        statement = statement.join(named, (named.c.kind == RevisionRow.kind) & (named.c.source == RevisionRow.source))
    if before is not None:
        number, event = before
        statement = statement.where(RevisionRow.number <= (number if event else number - 1))
    return statement


def _events(audit_filter: AuditFilter, before: AuditPosition | None) -> Select[SecurityEventRow]:
    row = SecurityEventRow
    statement = select(row).where(*_shared_conditions(row, audit_filter)).order_by(row.after.desc(), row.id.desc())
    if audit_filter.slug is not None:
        statement = statement.where(row.subject == audit_filter.slug)
    if audit_filter.key is not None:
        statement = statement.where(
            or_(row.key == audit_filter.key, and_(row.kind == "key", row.subject == audit_filter.key))
        )
    if before is not None:
        after, event = before
        statement = statement.where(or_(row.after < after, and_(row.after == after, row.id < event)))
    return statement


def _shared_conditions(row: type[AuditRow], audit_filter: AuditFilter) -> list[ColumnElement[bool]]:
    """The conditions that apply to both logs."""
    same = ((row.actor, audit_filter.actor), (row.kind, audit_filter.kind), (row.action, audit_filter.action))
    found = [column == value for column, value in same if value is not None]
    if audit_filter.since is not None:
        found.append(row.at >= audit_filter.since)
    if audit_filter.until is not None:
        found.append(row.at <= audit_filter.until)
    return found


def _cursor(position: AuditPosition, audit_filter: AuditFilter) -> str:
    text = f"{position[0]}.{position[1]}.{audit_filter.digest}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(text: str, audit_filter: AuditFilter) -> AuditPosition:
    try:
        number, event, digest = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii").split(".")
        if digest == audit_filter.digest and all(each.isdecimal() and len(each) < 19 for each in (number, event)):
            return int(number), int(event)
    except (ValueError, binascii.Error):
        pass
    error = ErrorDetail("not-a-cursor", "This cursor belongs to another query: start without one.", "cursor")
    raise BadQuery(errors=[error])
