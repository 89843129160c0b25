"""`/v1/{collection}.atom` and `/v1/{collection}.feed.json`."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.http.headers import TypedLink, link_header
from app.kit.error_collector import ErrorCollector
from app.reading.content.response_size import TooManyBytes, size_error
from app.reading.context import ReadingContext
from app.reading.feed_links import EXTENSIONS, MEDIA_TYPES
from app.reading.feeds import atom, json_feed
from app.reading.feeds.feed_page import FeedPage, feed_page, parse_feed_request
from app.reading.requests.list_request import parse_query_string
from app.reading.requests.urls import PageUrls, Pair
from app.reading.responses import headers
from app.reading.routing import PublicRoute, check_collection
from app.search.index.snapshot import Snapshot
from app.search.query.condition_parser import in_url


@dataclass(frozen=True)
class FeedFormat:
    name: str
    render: Callable[[FeedPage, PageUrls], str]


FEED_FORMATS: Final = (
    FeedFormat("atom", atom.render),
    FeedFormat("json_feed", json_feed.render),
)


class FeedRoute(PublicRoute):
    def __init__(self, chosen: FeedFormat) -> None:
        async def get_feed(context: ReadingContext, request: Request, collection: str) -> Response:
            snapshot = await context.index.latest_snapshot()
            check_collection(snapshot, collection)
            pairs = parse_query_string(request.scope["query_string"])
            return await asyncio.to_thread(_answer, context, snapshot, collection, pairs, chosen)

        super().__init__(f"/v1/{{collection:plain}}.{EXTENSIONS[chosen.name]}", get_feed, "GET")


def _answer(
    context: ReadingContext, snapshot: Snapshot, collection: str, pairs: tuple[Pair, ...], chosen: FeedFormat
) -> Response:
    """Raises `BadQuery`."""
    errors = ErrorCollector()
    query, window = parse_feed_request(errors, snapshot, collection, pairs)
    errors.check()
    try:
        feed = feed_page(context, snapshot, query, window, chosen.name, pairs)
    except TooManyBytes as error:
        raise size_error(error, "per_page", window.per_page, in_url) from None
    links = [TypedLink(url, name) for name, url in feed.links.items() if name in ("next", "previous")]
    if feed.hub:
        links += [TypedLink(feed.links["self"], "self"), TypedLink(feed.hub, "hub")]
    body = chosen.render(feed, context.urls.pages).encode()
    return Response(body, 200, headers(snapshot.modified, link_header(links)), MEDIA_TYPES[chosen.name])


ROUTES: Final = tuple(FeedRoute(each) for each in FEED_FORMATS)
