"""The audit: the history of the catalogue and the security log in one list, newest first.

Both are told in the order in which they came: an event stands behind the revision that was there when it was written.
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
Row = RevisionRow | SecurityEventRow
Place = tuple[int, int]
"""In the list: the number of a revision, and of an event behind it (0 for the revision itself)."""


@dataclass(frozen=True)
class Asked:
    """What is wanted: by who, of what (a kind, or one thing by any slug it had), which action, when, in which log, with
    which key. No revision knows its key."""

    actor: str | None = None
    kind: str | None = None
    slug: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    log: Log | None = None
    key: str | None = None

    @property
    def seal(self) -> str:
        """The same for the same question: a cursor is bound to it."""
        return sha256(orjson.dumps(asdict(self))).hexdigest()[:12]


def audit(session: Session, asked: Asked, *, cursor: str | None, per_page: int) -> tuple[list[Row], str | None]:
    """One page, newest first, and the cursor of the next. Raises `BadQuery` for a cursor of another question."""
    before = None if cursor is None else _read_cursor(cursor, asked)
    rows: list[Row] = []
    if asked.log != "security" and asked.key is None:
        rows += session.scalars(_revisions(asked, before).limit(per_page + 1))
    if asked.log != "catalogue":
        rows += session.scalars(_events(asked, before).limit(per_page + 1))
    rows.sort(key=_place, reverse=True)
    if len(rows) <= per_page:
        return rows, None
    return rows[:per_page], _cursor(_place(rows[per_page - 1]), asked)


def _place(row: Row) -> Place:
    return (row.number, 0) if isinstance(row, RevisionRow) else (row.after, row.id)


def _revisions(asked: Asked, before: Place | None) -> Select[RevisionRow]:
    statement = select(RevisionRow).where(*_alike(RevisionRow, asked)).order_by(RevisionRow.number.desc())
    if asked.slug is not None:
        named = select(RevisionRow.kind, RevisionRow.source).where(RevisionRow.slug == asked.slug).distinct().subquery()
        statement = statement.join(named, (named.c.kind == RevisionRow.kind) & (named.c.source == RevisionRow.source))
    if before is not None:
        number, event = before
        statement = statement.where(RevisionRow.number <= (number if event else number - 1))
    return statement


def _events(asked: Asked, before: Place | None) -> Select[SecurityEventRow]:
    row = SecurityEventRow
    statement = select(row).where(*_alike(row, asked)).order_by(row.after.desc(), row.id.desc())
    if asked.slug is not None:
        statement = statement.where(row.subject == asked.slug)
    if asked.key is not None:
        statement = statement.where(or_(row.key == asked.key, and_(row.kind == "key", row.subject == asked.key)))
    if before is not None:
        after, event = before
        statement = statement.where(or_(row.after < after, and_(row.after == after, row.id < event)))
    return statement


def _alike(row: type[Row], asked: Asked) -> list[ColumnElement[bool]]:
    """What is asked of both logs alike."""
    same = ((row.actor, asked.actor), (row.kind, asked.kind), (row.action, asked.action))
    found = [column == value for column, value in same if value is not None]
    if asked.since is not None:
        found.append(row.at >= asked.since)
    if asked.until is not None:
        found.append(row.at <= asked.until)
    return found


def _cursor(place: Place, asked: Asked) -> str:
    text = f"{place[0]}.{place[1]}.{asked.seal}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(text: str, asked: Asked) -> Place:
    try:
        number, event, seal = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii").split(".")
        if seal == asked.seal and all(each.isdecimal() and len(each) < 19 for each in (number, event)):
            return int(number), int(event)
    except (ValueError, binascii.Error):
        pass
    error = ErrorDetail("not-a-cursor", "This cursor belongs to another query: start without one.", "cursor")
    raise BadQuery(errors=[error])
