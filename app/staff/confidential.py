"""What is known and never told: read and changed under scopes of its own, and in no other table than its own.

The history names the fields that changed, without their values, as a revision of kind `confidential`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import orjson
from pydantic import Field
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.catalogue.confidential import ConfidentialRow
from app.catalogue.entries import EntryRow, RelationRow
from app.catalogue.kinds import Kind
from app.catalogue.revisions import RevisionRow
from app.catalogue.schema import Line, Prose, Schema
from app.documents.store import DocumentRow, State
from app.kit.errors import Stale
from app.published.discretion import Told, names, places, secrets, ties
from app.staff.editing import take_turn
from app.staff.patching import checked, merged
from app.staff.subjects import load

HISTORY: Final = "confidential"
"""Kind of the revisions."""
PLACES_SHOWN: Final = 100
SHORTEST_SIGN, LONGEST_SIGN = 3, 4
Shown = tuple[int, set[int], str]
"""A document: whose it is, the entries that that is tied to, and its text."""


class ConfidentialIn(Schema):
    """What staff may send."""

    name: Line | None = Field(
        None,
        description="What it is really called. It is found as a whole: a part that gives it away belongs to `words`.",
    )
    notes: Prose = Field("", description="What those who work with it have to know.")
    words: list[Line] = Field(
        default=[],
        max_length=500,
        description="Words and phrases that no entry about it may say in public, beside the name: in any case, with or "
        "without accents and hyphens, and with English endings.",
    )


def entry_of(session: Session, kind: Kind, slug: str) -> EntryRow:
    """Raises as `subjects.load` does."""
    entry = load(session, kind, slug).entry
    assert entry is not None
    return entry


def kept(session: Session, entry: EntryRow) -> ConfidentialRow | None:
    return session.get(ConfidentialRow, entry.id)


def change(
    session: Session, kind: Kind, slug: str, patch: Mapping[str, Any], *, expected: int, by: str, now: datetime
) -> EntryRow:
    """Merge `patch` (RFC 7396) into what is kept; version 0 is that of nothing. Raises `Invalid` and `Stale`."""
    (number,) = take_turn(session, 1)
    entry = entry_of(session, kind, slug)
    row = kept(session, entry)
    version = row.version if row is not None else 0
    if expected != version:
        raise Stale("Somebody changed it after the version that you name.", version=version)
    before = ConfidentialIn() if row is None else ConfidentialIn(name=row.name, notes=row.notes, words=row.words)
    after = checked(ConfidentialIn, merged(before.model_dump(), dict(patch)))
    fields = [name for name in ConfidentialIn.model_fields if getattr(before, name) != getattr(after, name)]
    if row is None:
        row = ConfidentialRow(entry_id=entry.id, version=0)
        session.add(row)
    row.version = version + 1
    row.name, row.notes, row.words, row.updated_at, row.updated_by = after.name, after.notes, after.words, now, by
    session.add(_revision(entry, number, row.version, sorted(fields), by, now))
    session.flush()
    return entry


def pass_on(session: Session, gone: EntryRow, stays: EntryRow, *, by: str, now: datetime) -> None:
    """Keep what is kept of an entry with the one that it is merged into: a second name is one more word, and notes
    follow notes."""
    row = kept(session, gone)
    if row is None:
        return
    (number,) = take_turn(session, 1)
    other = kept(session, stays) or ConfidentialRow(entry_id=stays.id, version=0, name=None, notes="", words=[])
    said = [*other.words, *row.words, *([row.name] if row.name and other.name else [])]
    other.words = list(dict.fromkeys(each for each in said if each != other.name))
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


def told(session: Session, entry: EntryRow) -> list[Told]:
    """Places in published documents of the entry, and of all that is related to it or names it, that say one of the
    words by now; at most a hundred. They were published before the word was written down: publishing them again will
    be refused."""
    row, secret = kept(session, entry), secrets(session, [entry.id])
    if row is None or not secret:
        return []
    found: dict[Told, None] = {}
    for source, tied, body in (*_tied(session, entry), *_naming(session, entry, row.avoided)):
        if len(found) < PLACES_SHOWN:
            shown = orjson.loads(body)
            found |= dict.fromkeys(Told(source, shown["url"], pointer) for pointer in places(secret, tied, shown))
    return [*found][:PLACES_SHOWN]


def _sign(text: str) -> str:
    """What a text shows that says it, however: the beginning of its longest run of letters that have no accents."""
    longest = max(re.findall("[A-Za-z]+", text), key=len, default="")
    return longest[: min(max(SHORTEST_SIGN, len(longest) - 3), LONGEST_SIGN)].lower()


def _tied(session: Session, entry: EntryRow) -> Iterator[Shown]:
    forth = select(RelationRow.target_id).where(RelationRow.entry_id == entry.id)
    back = select(RelationRow.entry_id).where(RelationRow.target_id == entry.id)
    statement = (
        select(EntryRow, DocumentRow.body)
        .join(DocumentRow, (DocumentRow.source == EntryRow.id) & (DocumentRow.kind == EntryRow.kind))
        .where(DocumentRow.state == State.live, or_(EntryRow.id == entry.id, EntryRow.id.in_(forth.union(back))))
        .order_by(EntryRow.id)
    )
    return ((other.id, ties(other), body) for other, body in session.execute(statement))


def _naming(session: Session, entry: EntryRow, avoided: Iterable[str]) -> Iterator[Shown]:
    """What may name it and say a word, of whatever kind. The names are public; no word is sent to the database."""
    named = [DocumentRow.body.icontains(sign, autoescape=True) for sign in {*map(_sign, names(session, entry))}]
    shown = select(DocumentRow.source, DocumentRow.body).where(DocumentRow.state == State.live, or_(*named))
    signs = {*map(_sign, avoided)}
    for source, body in session.execute(shown.order_by(DocumentRow.id).execution_options(yield_per=500)):
        small = body.lower()
        if any(sign in small for sign in signs):
            yield source, {source}, body
