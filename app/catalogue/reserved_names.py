"""Names that the service keeps for itself: nothing that staff make may take them. Tests hold them to the routes."""

from typing import Final

RESERVED_SLUGS: Final = frozenset({"fields", "search", "related"})
"""Path segments that stand where a slug stands below a collection."""

API_PATHS: Final = frozenset(
    {"autocomplete", "changes", "dump", "mail-reports", "map", "staff", "subscriptions", "unsubscribe", "usage"}
)
"""What lies beside the collections."""

SITE_PATHS: Final = frozenset(
    {
        "accessibility",
        "assets",
        "docs",
        "embed",
        "favicon",
        "guide",
        "health",
        "llms",
        "llms-full",
        "map",
        "mcp",
        "oai",
        "oembed",
        "openapi",
        "out",
        "privacy",
        "problems",
        "resourcesync",
        "robots",
        "search",
        "sitemap",
        "subscribe",
        "usage",
        "v1",
    }
)
"""What lies at the root beside the pages of collections."""

RESERVED_COLLECTIONS: Final = API_PATHS | RESERVED_SLUGS | SITE_PATHS
