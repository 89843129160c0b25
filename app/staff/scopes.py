"""What a key may be allowed to do: one table, each scope with a sentence."""

from collections.abc import Iterable, Mapping
from typing import Final

SCOPES: Final[Mapping[str, str]] = {
    "entries:read": "See drafts, working copies, history and what awaits a decision.",
    "entries:write": "Create and correct entries; nothing of it is public before somebody publishes it.",
    "entries:publish": "Publish, schedule, withdraw, reinstate and merge entries.",
    "vocabularies:write": "Create, correct and merge vocabularies and their terms; readers see it at once.",
    "agents:write": "Create, correct and merge people and organisations; readers see it at once.",
    "imports:write": "Propose entries from a DOI, a file or pasted text, and create them as drafts.",
    "confidential:read": "Read what is kept confidential about a thing.",
    "confidential:write": "Change what is kept confidential about a thing.",
    "audit:read": "Read who did what and when, over the whole catalogue.",
    "links:read": "See which links are broken.",
    "mailing:read": "See subscribers, updates, and what was sent to whom with what outcome.",
    "mailing:write": "Write updates, and keep the lists of subscribers and of those whom nobody may write to.",
    "mailing:send": "Send updates, and tests of mails to oneself.",
    "keys:manage": "See, make, rotate and revoke everybody's keys.",
}


BY_TYPE: Final = ("{write}", "{publish}")
"""In the place of the scopes that depend on the resource type (`app.staff.resources`)."""


def unknown(scopes: Iterable[str]) -> list[str]:
    """Those that are in no row of the table, in their order."""
    return [scope for scope in scopes if scope not in SCOPES]
