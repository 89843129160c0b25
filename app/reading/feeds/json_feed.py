"""A feed as JSON Feed 1.1; what was withdrawn stands in an extension, for the format has no place for it."""

from typing import Final

import orjson

from app.kit.json_types import JsonObject
from app.reading.feeds.feed_page import FeedPage
from app.reading.requests.urls import PageUrls

VERSION: Final = "https://jsonfeed.org/version/1.1"


def render(feed: FeedPage, pages: PageUrls) -> str:
    content: JsonObject = {
        "version": VERSION,
        "title": feed.title,
        "home_page_url": feed.page_url,
        "feed_url": feed.links["self"],
        "authors": [{"name": feed.publisher}],
        "items": [_item(document, pages) for document in feed.entries],
        "_withdrawn": [{"id": f"urn:uuid:{each.id}", "url": each.url, "date": each.at} for each in feed.withdrawn],
    }
    if feed.hub:
        content["hubs"] = [{"type": "WebSub", "url": feed.hub}]
    if "next" in feed.links:
        content["next_url"] = feed.links["next"]
    return orjson.dumps(content).decode()


def _item(document: JsonObject, pages: PageUrls) -> JsonObject:
    authors = [each for each in document["contributors"] if each["role"] == "author"]
    page = pages.item(document["url"].rsplit("/", 2)[1], document["slug"])
    return {
        "id": f"urn:uuid:{document['id']}",
        "url": page,
        "title": document["title"],
        "content_text": document["summary"],
        "date_published": document["created_at"],
        "date_modified": document["updated_at"],
        "authors": [{"name": each["label"], "url": each["url"]} for each in authors],
        "tags": [term["label"] for terms in document["terms"].values() for term in terms],
        "language": document["language"],
    }
