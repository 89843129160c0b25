"""What is known and never published: read and changed under scopes of its own, and in no other table than its own.

The history names the fields that changed, without their values, as a revision of kind `confidential`.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import orjson
from pydantic import Field
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.catalogue.entries import EntryRow, RelationRow
from app.catalogue.kind import Kind
from app.catalogue.parts.confidential import ConfidentialRow
from app.catalogue.revisions import RevisionRow
from app.catalogue.schema import Line, Prose, Schema
from app.documents.store import DocumentRow, DocumentState
from app.http.problems.validation_errors import validate_body
from app.kit.errors import Stale
from app.kit.json_types import JsonMapping
from app.published.confidentiality import LeakedPassage, leak_pointers, names, related_ids, secrets
from app.staff.editing.merge_patch import merge_patch
from app.staff.editing.writer import acquire_write_lock
from app.staff.queries.subjects import load

HISTORY: Final = "confidential"
"""Kind of the revisions."""
MAX_LEAKS: Final = 100
MIN_PREFIX, MAX_PREFIX = 3, 4
Shown = tuple[int, set[int], str]
"""A document: the id of its row, the ids of the entries related to that, and its text."""


class ConfidentialIn(Schema):
    """The input for staff."""

    name: Line | None = Field(
        None,
        description="Its real name, matched as a whole: add parts that give it away to `words`.",
    )
    notes: Prose = Field("", description="Notes for those who work with it.")
    words: list[Line] = Field(
        default=[],
        max_length=500,
        description="Words and phrases that no public text about it may contain, besides the name: in any case, with "
        "or without accents and hyphens, and with English endings.",
    )


def entry_of(session: Session, kind: Kind, slug: str) -> EntryRow:
    """Raises as `subjects.load` does."""
    entry = load(session, kind, slug).entry
    if entry is None:
        raise LookupError(f"This kind has no confidential data: {kind.name}")
    return entry


def load_confidential(session: Session, entry: EntryRow) -> ConfidentialRow | None:
    return session.get(ConfidentialRow, entry.id)


def change(
    session: Session, kind: Kind, slug: str, patch: JsonMapping, *, expected: int, by: str, now: datetime
) -> EntryRow:
    """Merge `patch` (RFC 7396) into what is kept; version 0 is that of nothing. Raises `Invalid` and `Stale`."""
    (number,) = acquire_write_lock(session, 1)
    entry = entry_of(session, kind, slug)
    row = load_confidential(session, entry)
    version = row.version if row is not None else 0
    if expected != version:
        raise Stale(version=version)
    before = ConfidentialIn() if row is None else ConfidentialIn(name=row.name, notes=row.notes, words=row.words)
    after = validate_body(ConfidentialIn, merge_patch(before.model_dump(), dict(patch)))
    fields = [name for name in ConfidentialIn.model_fields if getattr(before, name) != getattr(after, name)]
    if row is None:
        row = ConfidentialRow(entry_id=entry.id, version=0)
        session.add(row)
    row.version = version + 1
    row.name, row.notes, row.words, row.updated_at, row.updated_by = after.name, after.notes, after.words, now, by
    session.add(_revision(entry, number, row.version, sorted(fields), by, now))
    session.flush()
    return entry


def transfer_confidential(session: Session, gone: EntryRow, stays: EntryRow, *, by: str, now: datetime) -> None:
    """Keep what is kept of an entry with the one that it is merged into: a second name is one more word, and notes
    follow notes."""
    row = load_confidential(session, gone)
    if row is None:
        return
    (number,) = acquire_write_lock(session, 1)
    other = load_confidential(session, stays) or ConfidentialRow(
        entry_id=stays.id, version=0, name=None, notes="", words=[]
    )
    forbidden = [*other.words, *row.words, *([row.name] if row.name and other.name else [])]
    other.words = list(dict.fromkeys(each for each in forbidden if each != other.name))
    other.name = other.name or row.name
    other.notes = "\n\n".join(each for each in (other.notes, row.notes) if each)
    other.version, other.updated_at, other.updated_by = other.version + 1, now, by
    session.add_all([other, _revision(stays, number, other.version, sorted(ConfidentialIn.model_fields), by, now)])
    session.delete(row)
    session.flush()


def _revision(entry: EntryRow, number: int, version: int, fields: list[str], by: str, now: datetime) -> RevisionRow:
    return RevisionRow(
        number=number,
        at=now,
        actor=by,
        action="edit",
        kind=HISTORY,
        source=entry.id,
        slug=entry.slug,
        version=version,
        fields=fields,
        data=None,
    )


def published_leaks(session: Session, entry: EntryRow) -> list[LeakedPassage]:
    """Passages in published documents of the entry, and of all that is related to it or names it, that contain one of
    the words now; at most a hundred. They were published before the word was written down: publishing them again will
    be refused."""
    row, secret = load_confidential(session, entry), secrets(session, [entry.id])
    if row is None or not secret:
        return []
    found: dict[LeakedPassage, None] = {}
    for source, related, body in (
        *_related_documents(session, entry),
        *_naming_documents(session, entry, row.forbidden_words),
    ):
        if len(found) < MAX_LEAKS:
            shown = orjson.loads(body)
            found |= dict.fromkeys(
                LeakedPassage(source, shown["url"], pointer) for pointer in leak_pointers(secret, related, shown)
            )
    return [*found][:MAX_LEAKS]


def _longest_ascii(text: str) -> str:
    """What a text shows that says it, however: the beginning of its longest run of letters that have no accents."""
    longest = max(re.findall("[A-Za-z]+", text), key=len, default="")
    return longest[: min(max(MIN_PREFIX, len(longest) - 3), MAX_PREFIX)].lower()


def _related_documents(session: Session, entry: EntryRow) -> Iterator[Shown]:
    forth = select(RelationRow.target_id).where(RelationRow.entry_id == entry.id)
    back = select(RelationRow.entry_id).where(RelationRow.target_id == entry.id)
    statement = (
        select(EntryRow, DocumentRow.body)
        .join(DocumentRow, (DocumentRow.source == EntryRow.id) & (DocumentRow.kind == EntryRow.kind))
        .where(
            DocumentRow.state == DocumentState.live, or_(EntryRow.id == entry.id, EntryRow.id.in_(forth.union(back)))
        )
        .order_by(EntryRow.id)
    )
    return ((other.id, related_ids(other), body) for other, body in session.execute(statement))


def _naming_documents(session: Session, entry: EntryRow, avoided: Iterable[str]) -> Iterator[Shown]:
    """Documents of any kind that may name it and contain a word. No word is sent to the database; names are public."""
    named = [
        DocumentRow.body.icontains(sign, autoescape=True) for sign in {*map(_longest_ascii, names(session, entry))}
    ]
    shown = select(DocumentRow.source, DocumentRow.body).where(DocumentRow.state == DocumentState.live, or_(*named))
    signs = {*map(_longest_ascii, avoided)}
    for source, body in session.execute(shown.order_by(DocumentRow.id).execution_options(yield_per=500)):
        small = body.lower()
        if any(sign in small for sign in signs):
            yield source, {source}, body
