"""Steps of the history in words: what was done to something, by whom and when."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from app.catalogue.revisions import RevisionRow
from app.staff.editing.named_inputs import NAMES

MAX_STEPS: Final = 3
"""Steps named in one sentence; of more, the newest."""
_UNITS: Final = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
_VERBS: Final[Mapping[str, str]] = {
    "create": "added",
    "edit": "changed",
    "update": "changed",
    "publish": "published",
    "submit": "asked for a review of",
    "return": "returned",
    "schedule": "set a time for publishing",
    "unschedule": "took back the time for publishing",
    "withdraw": "withdrew",
    "reinstate": "reinstated",
    "discard": "discarded the changes to",
    "merge": "merged",
    "restore": "restored a former version of",
    "delete": "deleted",
    "rename": "brought up to date what is named in",
    "rebuild": "rebuilt",
}


def describe_step(row: RevisionRow) -> str:
    """As: `Ann Editor published the event “A seminar”.`"""
    return f"{row.actor} {_verb(row)} the {row.kind.replace('_', ' ')} “{_name(row)}”."


def describe_steps_since(newest: Sequence[RevisionRow], count: int, *, by: str, is_own: bool, now: datetime) -> str:
    """What became of a version that `by` saw, by the `newest` of its `count` later steps, of which all `is_own` or not:
    `You submitted it 20 seconds ago; nobody else changed it.`"""
    steps = [f"{_who(row, by)} {_verb(row)} it {elapsed(now - row.at)}{_fields(row)}" for row in newest[:MAX_STEPS]]
    if (more := count - len(steps)) > 0:
        steps.append(f"{more} more {'step' if more == 1 else 'steps'} came before")
    if is_own:
        steps.append("nobody else changed it")
    text = "; ".join(steps)
    return f"{text[0].upper()}{text[1:]}."


def elapsed(time: timedelta) -> str:
    """As: `20 seconds ago`, in the largest unit of which one has passed."""
    seconds = max(0, int(time.total_seconds()))
    size, unit = next((each for each in _UNITS if seconds >= each[0]), _UNITS[-1])
    count = seconds // size
    return f"{count} {unit}{'' if count == 1 else 's'} ago" if count else "just now"


def _who(row: RevisionRow, by: str) -> str:
    return "you" if row.actor == by else row.actor


def _verb(row: RevisionRow) -> str:
    return _VERBS.get(row.action, f"took the step “{row.action}” with")


def _fields(row: RevisionRow) -> str:
    names = [f"`{name}`" for name in row.fields[:MAX_STEPS]]
    more = ["and more"] if len(row.fields) > MAX_STEPS else []
    return f" ({', '.join([*names, *more])})" if names else ""


def _name(row: RevisionRow) -> str:
    data = row.data or {}
    return str(next((data[member] for member in NAMES if data.get(member)), row.slug))
