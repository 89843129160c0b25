"""Taking out of the history what should never have been written: the one door through which a revision changes."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.catalogue.revisions import RevisionRow, last_revisions
from app.db.base import Base
from app.kit.errors import Conflict, ErrorDetail, Invalid, NotFound
from app.staff.auth.idempotency import IdempotentAnswerRow
from app.staff.editing.working_copies import WorkingCopyRow
from app.staff.editing.writer import acquire_write_lock

NOTE = "note"
"""The name that the reason of a revision goes by; no input has a field of it."""
ACTION, KIND = "redact", "revision"
KEPT = frozenset({"slug"})
"""What addresses are found by."""
REDACTED = "(redacted)"
"""In the place of a text that a copy held."""

RedactCopies = Callable[[Session, str, object], int]
"""Takes a value of a field out of what else holds it; returns of how many."""


class RedactionRow(Base):
    """One field taken out of one revision. The database lets nothing change in a revision but this, and keeps these
    rows as it keeps revisions. `sha256` is that of the value as JSON, so that a copy of it could be recognised."""

    __tablename__ = "redaction"
    __table_args__ = (UniqueConstraint("number", "field"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    field: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str]
    actor: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    sha256: Mapped[str] = mapped_column(String(64))


def redact(
    session: Session,
    number: int,
    field: str,
    *,
    reason: str,
    by: str,
    now: datetime,
    copies: Sequence[RedactCopies] = (),
) -> list[int]:
    """Take a field, or the `note`, out of a revision and of stored responses and all other `copies`; returns the
    numbers of other revisions that hold the same value of it.

    Raises `NotFound`, `Invalid` for a field that it does not have, and `Conflict` where the resource still has
    the value: then it has to be corrected first.
    """
    (own,) = acquire_write_lock(session, 1)
    revision = session.get(RevisionRow, number)
    if revision is None:
        raise NotFound("Unknown revision.")
    value = _value(revision, field)
    if field != NOTE and value in _present(session, revision, field):
        raise Conflict("The field still has this value: change it, publish, then redact.")
    digest = sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
    session.add(RedactionRow(number=number, field=field, reason=reason, actor=by, at=now, sha256=digest))
    session.flush()
    if field == NOTE:
        revision.note = None
    else:
        revision.data = {name: each for name, each in (revision.data or {}).items() if name != field}
    session.add(_record_redaction(session, own, revision, field, reason=reason, by=by, now=now))
    for take_out in (_redact_stored_responses, *copies):
        take_out(session, field, value)
    session.flush()
    return _others(session, revision, field, value)


def remove_value(held: Any, field: str, value: object) -> Any:
    """The same JSON without the value of each member of that name that equals this one, and without the lines of a
    note where they are separate members, as imports keep them."""
    if isinstance(held, dict):
        return {
            name: _nothing(inner) if name == field and inner == value else remove_value(inner, field, value)
            for name, inner in held.items()
        }
    if isinstance(held, list):
        return [remove_value(each, field, value) for each in held if field != NOTE or not _is_line(each, str(value))]
    return held


def _is_line(held: object, note: str) -> bool:
    return isinstance(held, dict) and held.keys() == {"name", "value"} and f"{held['name']}: {held['value']}" in note


def _nothing(value: object) -> object:
    return REDACTED if isinstance(value, str) else type(value)() if isinstance(value, list | dict) else None


def _redact_stored_responses(session: Session, field: str, value: object) -> int:
    """Of responses stored for idempotency: a repeated request gets the rest."""
    changed = 0
    for row in session.scalars(select(IdempotentAnswerRow).where(IdempotentAnswerRow.body.is_not(None))):
        held = json.loads(row.body) if row.body else None
        left = remove_value(held, field, value)
        if left != held:
            row.body, changed = json.dumps(left).encode(), changed + 1
    return changed


def _record_redaction(
    session: Session, number: int, revision: RevisionRow, field: str, *, reason: str, by: str, now: datetime
) -> RevisionRow:
    """For the audit log: a step that concerns a revision, not the resource, whose versions stay."""
    taken = select(func.count()).select_from(RedactionRow).where(RedactionRow.number == revision.number)
    return RevisionRow(
        number=number,
        at=now,
        actor=by,
        action=ACTION,
        kind=KIND,
        source=revision.number,
        slug=revision.slug,
        version=session.scalar(taken),
        fields=[field],
        data=None,
        note=reason,
    )


def _value(revision: RevisionRow, field: str) -> object:
    held = {**(revision.data or {}), NOTE: revision.note} if revision.note is not None else (revision.data or {})
    if field in held and field not in KEPT:
        return held[field]
    names = tuple(name for name in held if name not in KEPT)
    error = ErrorDetail("unknown-field", "The revision has no such field to redact.", allowed=names)
    raise Invalid("The revision has no such field to redact.", errors=(error,))


def _present(session: Session, revision: RevisionRow, field: str) -> list[object]:
    """What the field says now, to readers and to staff."""
    applied = last_revisions(session, revision.kind, [revision.source]).get(revision.source)
    newest = last_revisions(session, revision.kind, [revision.source], pending=True).get(revision.source)
    copy = session.get(WorkingCopyRow, revision.source)
    held = [each.data or {} for each in (applied, newest) if each is not None and each.action != "delete"]
    held += [copy.data] if copy is not None else []
    return [each[field] for each in held if field in each]


def _others(session: Session, revision: RevisionRow, field: str, value: object) -> list[int]:
    statement = select(RevisionRow).where(
        RevisionRow.kind == revision.kind, RevisionRow.source == revision.source, RevisionRow.number != revision.number
    )
    rows = session.scalars(statement.order_by(RevisionRow.number))
    if field == NOTE:
        return [row.number for row in rows if row.note == value]
    return [row.number for row in rows if field in (row.data or {}) and (row.data or {})[field] == value]
