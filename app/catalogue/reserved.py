"""Names that the service keeps for itself: nothing that staff make may take them. Tests hold them to the routes."""

from typing import Final

SLUGS: Final = frozenset({"fields", "search", "related"})
"""What stands in a thing's place below its collection."""

OTHER_ADDRESSES: Final = frozenset({"autocomplete", "mail-reports", "staff", "subscriptions", "unsubscribe"})
"""What lies beside the collections."""

LATER: Final = frozenset(
    {
        "changes",
        "collections",
        "docs",
        "dump",
        "embed",
        "guide",
        "health",
        "map",
        "mcp",
        "oai",
        "openapi",
        "privacy",
        "problems",
        "search",
        "subscribe",
        "usage",
    }
)
"""What may lie there one day, and what lies beside `/v1`."""

COLLECTIONS: Final = OTHER_ADDRESSES | LATER | SLUGS
