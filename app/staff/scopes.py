"""What a key may be allowed to do: one table, each scope with a sentence."""

from collections.abc import Iterable, Mapping
from typing import Final

SCOPES: Final[Mapping[str, str]] = {
    "entries:read": "See drafts, working copies, history and pending work.",
    "entries:write": "Create and change entries; nothing is public until it is published.",
    "entries:publish": "Publish, schedule, withdraw, reinstate and merge entries.",
    "vocabularies:write": "Create, change and merge vocabularies and terms; readers see changes immediately.",
    "agents:write": "Create, change and merge people and organisations; readers see changes immediately.",
    "imports:write": "Import references: propose entries or create drafts.",
    "confidential:read": "Read confidential notes.",
    "confidential:write": "Change confidential notes.",
    "audit:read": "Read the audit log of the whole catalogue.",
    "links:read": "See which links are broken.",
    "usage:read": "See how often entries are viewed and downloaded.",
    "status:read": "See the state of the service.",
    "mailing:read": "See subscribers, updates and deliveries.",
    "mailing:write": "Write updates, and manage subscribers and the suppression list.",
    "mailing:send": "Send updates and test mails.",
    "public:read": "For partners' programs: read what is public, with higher limits.",
    "webhooks:manage": "See, create, change and try webhooks, and send changes again.",
    "keys:manage": "See, create, rotate and revoke all keys.",
}


BY_TYPE: Final = ("{write}", "{publish}")
"""In the place of the scopes that depend on the resource type (`app.staff.resource_types`)."""


def unknown_scopes(scopes: Iterable[str]) -> list[str]:
    """Those that are in no row of the table, in their order."""
    return [scope for scope in scopes if scope not in SCOPES]
