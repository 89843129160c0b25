"""What was done, by whom, when and why: read from the revisions, which are never altered."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.catalogue.revisions import RevisionRow
from app.kit.errors import BadQuery, Fault, NotFound
from app.staff.patching import differences
from app.staff.redacting import RedactionRow
from app.staff.subjects import Subject


def revisions_of(session: Session, subject: Subject, *, page: int, per_page: int) -> tuple[int, list[RevisionRow]]:
    """How many there are, and one page of them, newest first."""
    mine = RevisionRow.kind == subject.kind.name, RevisionRow.source == subject.row.id
    count = session.scalar(select(func.count()).select_from(RevisionRow).where(*mine)) or 0
    newest = select(RevisionRow).where(*mine).order_by(RevisionRow.number.desc())
    return count, list(session.scalars(newest.offset((page - 1) * per_page).limit(per_page)))


def revision_of(session: Session, subject: Subject, version: int) -> RevisionRow:
    """The one that made that version. Raises `NotFound`."""
    statement = select(RevisionRow).where(
        RevisionRow.kind == subject.kind.name, RevisionRow.source == subject.row.id, RevisionRow.version == version
    )
    found = session.scalar(statement)
    if found is None:
        raise NotFound("It never had this version.")
    return found


Changes = dict[str, dict[str, Any]]


def changes_of(session: Session, revisions: Sequence[RevisionRow]) -> list[Changes]:
    """Of revisions of one thing that follow each other, newest first: for each, by field, `old` and `new`. A step that
    made something public is compared with what was public before it, any other with the step before it."""
    before = _before(session, revisions)
    numbers = {row.number for row in (*revisions, *before) if row is not None}
    gone = redacted(session, sorted(numbers))
    return [_changes(revision, earlier, gone) for revision, earlier in zip(revisions, before, strict=True)]


def _before(session: Session, revisions: Sequence[RevisionRow]) -> list[RevisionRow | None]:
    """What each is compared with."""
    if not revisions:
        return []
    last = revisions[-1]
    mine = RevisionRow.kind == last.kind, RevisionRow.source == last.source, RevisionRow.number < last.number
    earlier = select(RevisionRow).where(*mine).order_by(RevisionRow.number.desc()).limit(1)
    step = session.scalar(earlier)
    public = session.scalar(earlier.where(RevisionRow.pending.is_(False)))
    found: list[RevisionRow | None] = []
    for revision in reversed(revisions):
        found.append(step if revision.pending else public)
        step, public = revision, public if revision.pending else revision
    return found[::-1]


def _changes(revision: RevisionRow, before: RevisionRow | None, gone: Mapping[int, Mapping[str, str]]) -> Changes:
    found = differences((before.data or {}) if before is not None else {}, revision.data or {})
    hidden = {*gone.get(revision.number, ()), *(gone.get(before.number, ()) if before is not None else ())}
    return {name: change for name, change in found.items() if name not in hidden}


def redacted(session: Session, numbers: Sequence[int]) -> dict[int, dict[str, str]]:
    """By revision, the reasons for which fields were taken out of it."""
    found: dict[int, dict[str, str]] = {}
    for row in session.scalars(select(RedactionRow).where(RedactionRow.number.in_(numbers))):
        found.setdefault(row.number, {})[row.field] = row.reason
    return found


@dataclass(frozen=True)
class Asked:
    """Which revisions: by who, of what (a kind, or one thing by any slug it had), which action, when."""

    actor: str | None = None
    kind: str | None = None
    slug: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def seal(self) -> str:
        """The same for the same question: a cursor is bound to it."""
        return sha256(orjson.dumps(asdict(self))).hexdigest()[:12]


def audit(session: Session, asked: Asked, *, cursor: str | None, per_page: int) -> tuple[list[RevisionRow], str | None]:
    """One page, newest first, and the cursor of the next. Raises `BadQuery` for a cursor of another question."""
    statement = _asked(asked).order_by(RevisionRow.number.desc()).limit(per_page + 1)
    if cursor is not None:
        statement = statement.where(RevisionRow.number < _read_cursor(cursor, asked))
    rows = list(session.scalars(statement))
    if len(rows) <= per_page:
        return rows, None
    return rows[:per_page], _cursor(rows[per_page - 1].number, asked)


def _asked(asked: Asked) -> Select[RevisionRow]:
    statement = select(RevisionRow)
    same = {"actor": asked.actor, "kind": asked.kind, "action": asked.action}
    statement = statement.filter_by(**{name: value for name, value in same.items() if value is not None})
    if asked.slug is not None:
        named = select(RevisionRow.kind, RevisionRow.source).where(RevisionRow.slug == asked.slug).distinct().subquery()
        statement = statement.join(named, (named.c.kind == RevisionRow.kind) & (named.c.source == RevisionRow.source))
    if asked.since is not None:
        statement = statement.where(RevisionRow.at >= asked.since)
    if asked.until is not None:
        statement = statement.where(RevisionRow.at <= asked.until)
    return statement


def _cursor(number: int, asked: Asked) -> str:
    return base64.urlsafe_b64encode(f"{number}.{asked.seal}".encode()).decode().rstrip("=")


def _read_cursor(text: str, asked: Asked) -> int:
    try:
        number, seal = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii").split(".")
        if seal == asked.seal and number.isdecimal() and len(number) < 19:
            return int(number)
    except (ValueError, binascii.Error):
        pass
    fault = Fault("not-a-cursor", "This is no cursor of this question: begin without one.", "cursor")
    raise BadQuery(errors=[fault])
