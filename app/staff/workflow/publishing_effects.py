"""What publishing would do, in sentences for those who are about to do it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from app.catalogue.entries import EntryRow
from app.staff.auth.actors import Actor
from app.staff.auth.confirmation import quantity
from app.staff.editing.merge_patch import differences
from app.staff.queries.subjects import Subject
from app.staff.workflow.steps import public_data

NEW: Final = "Readers will find it at once, in lists, in search and in feeds."
IN_MAILS: Final = "It will be in the next mail of everybody whose subscription asks for such entries."
IN_NO_MAIL: Final = "No subscriber asks for such entries: it will be in no mail."
TOLD_ONCE: Final = "Nobody who was told of it by mail is told again."
CHANGES_STAY: Final = "The changes that are not published yet stay, as a draft."
NOTHING_WAITS: Final = "Nothing waits to be published: readers see it as it is."


@dataclass(frozen=True)
class Recipients:
    """`count` says in the mails of how many subscribers a new document will be; None where somebody may not know, or it
    would take too long. It is called in a transaction that wrote the document."""

    count: Callable[[Session, Actor, int], int | None]


def effects_of_withdrawal(subject: Subject, replacement: EntryRow | None) -> tuple[str, ...]:
    """What readers find in its place, and what becomes of changes that wait."""
    leads = "" if replacement is None else f" They are led to “{replacement.title}”."
    waiting = () if subject.copy is None else (CHANGES_STAY,)
    return (f"Readers no longer find “{subject.label}”: at its address they read the reason.{leads}", *waiting)


def effects_of_discarding(session: Session, subject: Subject) -> tuple[str, ...]:
    """Which fields are again as they are public."""
    if subject.copy is None:
        return (NOTHING_WAITS,)
    changed = ", ".join(f"`{name}`" for name in differences(public_data(session, subject), subject.data))
    return (f"These changes are thrown away: {changed or 'none'}. What is published stays as it is.",)


def effects_of_correction(session: Session, subject: Subject) -> tuple[str, ...]:
    """Which fields of what is public will say something else."""
    if subject.copy is None:
        return (NOTHING_WAITS,)
    changed = differences(public_data(session, subject), subject.data)
    names = ", ".join(f"`{name}`" for name in changed) or "nothing"
    return (f"Readers will at once see what changed: {names}.", TOLD_ONCE)


def effects_of_first_publication(readers: int | None) -> tuple[str, ...]:
    """Where it will be; `readers` are those of the next mails, as far as it is known."""
    if readers is None:
        return NEW, IN_MAILS
    return NEW, f"It will be in the next mail of {quantity(readers, 'subscriber')}." if readers else IN_NO_MAIL
