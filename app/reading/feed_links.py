"""The feeds of a list."""

from collections.abc import Iterator, Mapping
from typing import Final

from app.http.headers import TypedLink
from app.reading.requests.urls import UrlBuilder, query_pairs
from app.search.index.snapshot import Snapshot
from app.search.query.model import Query

EXTENSIONS: Final[Mapping[str, str]] = {"atom": "atom", "json_feed": "feed.json"}
"""By the name of the format."""
MEDIA_TYPES: Final[Mapping[str, str]] = {"atom": "application/atom+xml", "json_feed": "application/feed+json"}
LABELS: Final[Mapping[str, str]] = {"atom": "Atom", "json_feed": "JSON Feed"}
MAX_REPEATED_LENGTH: Final = 1024
"""Characters of the addresses of feeds that a `Link` header repeats: proxies take heads of a few kilobytes."""


def feed_urls(snapshot: Snapshot, addresses: UrlBuilder, query: Query) -> dict[str, str]:
    """The feeds of a query by their names, each from its first page on: the same for queries that mean the same."""
    own = [pair for pair in query_pairs(snapshot, query) if pair[0] != "sort"]
    path = f"/v1/{query.collection}"
    return {name: addresses.query_url(f"{path}.{extension}", own) for name, extension in EXTENSIONS.items()}


def feed_links(snapshot: Snapshot, addresses: UrlBuilder, query: Query) -> dict[str, str]:
    """As `feed_urls`; none for a collection of something else than entries."""
    schemas = snapshot.registry.collections[query.collection].schemas
    if not all(schema.has_terms for schema in schemas):
        return {}
    return feed_urls(snapshot, addresses, query)


def feed_headers(feeds: Mapping[str, str]) -> Iterator[TypedLink]:
    """For the `Link` header, unless they are long: they stand in the body, too."""
    if sum(map(len, feeds.values())) <= MAX_REPEATED_LENGTH:
        yield from (TypedLink(url, "alternate", MEDIA_TYPES[name]) for name, url in feeds.items())
