"""The feeds of what a page lists, as feed readers look for them in its head."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.reading.feed_links import LABELS, MEDIA_TYPES, feed_links
from app.reading.requests.urls import UrlBuilder
from app.search.index.snapshot import Snapshot
from app.search.query.model import Query
from app.search.query_summary import query_title


@dataclass(frozen=True, slots=True)
class FeedTag:
    """`label` is the name of the format, `title` what the feed is of."""

    label: str
    media_type: str
    url: str
    title: str


def feed_tags(snapshot: Snapshot, urls: UrlBuilder, query: Query) -> Iterator[FeedTag]:
    """None for a list of something else than entries."""
    title = query_title(snapshot, query)
    for name, url in feed_links(snapshot, urls, query).items():
        yield FeedTag(LABELS[name], MEDIA_TYPES[name], url, title)
