"""What publishing would do, in sentences for those who are about to do it."""

from typing import Final

from sqlalchemy.orm import Session

from app.staff.editing.merge_patch import differences
from app.staff.queries.subjects import Subject
from app.staff.workflow.steps import public_data

NEW: Final = (
    "Readers will find it at once, in lists, in search and in feeds.",
    "It will be in the next mail of everybody whose subscription asks for such entries.",
)
TOLD_ONCE: Final = "Nobody who was told of it by mail is told again."
NOTHING_WAITS: Final = "Nothing waits to be published: readers see it as it is."


def publishing_effects(session: Session, subject: Subject) -> tuple[str, ...]:
    """Of what was never public, where it will be; of a correction, which fields will say something else."""
    if subject.never_public:
        return NEW
    if subject.copy is None:
        return (NOTHING_WAITS,)
    changed = differences(public_data(session, subject), subject.data)
    names = ", ".join(f"`{name}`" for name in changed) or "nothing"
    return (f"Readers will at once see what changed: {names}.", TOLD_ONCE)
