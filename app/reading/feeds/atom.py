"""A feed as Atom (RFC 4287), in pages (RFC 5005), with what was withdrawn (RFC 6721)."""

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from app.kit.json_types import JsonObject
from app.reading.feed_links import MEDIA_TYPES
from app.reading.feeds.feed_page import FeedPage
from app.reading.requests.urls import PageUrls

MEDIA_TYPE: Final = MEDIA_TYPES["atom"]
START: Final = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0">\n'
)


def render(feed: FeedPage, pages: PageUrls) -> str:
    return "".join(_parts(feed, pages))


def _parts(feed: FeedPage, pages: PageUrls) -> Iterator[str]:
    yield START
    yield f"<id>{escape(feed.id)}</id>\n<title>{escape(feed.title)}</title>\n<updated>{feed.updated}</updated>\n"
    yield f"<author><name>{escape(feed.publisher)}</name></author>\n"
    yield f'<link rel="alternate" type="text/html" href={quoteattr(feed.page_url)}/>\n'
    for relation, url in feed.links.items():
        yield f'<link rel="{relation}" type="{MEDIA_TYPE}" href={quoteattr(url)}/>\n'
    if feed.hub:
        yield f'<link rel="hub" href={quoteattr(feed.hub)}/>\n'
    for each in feed.withdrawn:
        yield f'<at:deleted-entry ref="urn:uuid:{each.id}" when="{each.at}"/>\n'
    for document in feed.entries:
        yield from _entry(document, pages)
    yield "</feed>\n"


def _entry(document: JsonObject, pages: PageUrls) -> Iterator[str]:
    yield f"<entry xml:lang={quoteattr(document['language'])}>\n<id>urn:uuid:{document['id']}</id>\n"
    yield f"<title>{escape(document['title'])}</title>\n"
    yield f"<published>{document['created_at']}</published>\n<updated>{document['updated_at']}</updated>\n"
    page = pages.item(document["url"].rsplit("/", 2)[1], document["slug"])
    yield f'<link rel="alternate" type="text/html" href={quoteattr(page)}/>\n'
    yield f'<link rel="alternate" type="application/json" href={quoteattr(document["url"])}/>\n'
    for each in document["contributors"]:
        element = "author" if each["role"] == "author" else "contributor"
        yield f"<{element}><name>{escape(each['label'])}</name><uri>{escape(each['url'])}</uri></{element}>\n"
    for terms in document["terms"].values():
        for term in terms:
            scheme = quoteattr(term["url"].rpartition("/")[0])
            yield f"<category term={quoteattr(term['slug'])} label={quoteattr(term['label'])} scheme={scheme}/>\n"
    if document["licence"]:
        yield f"<rights>{escape(document['licence']['id'])}</rights>\n"
    if document["summary"]:
        yield f"<summary>{escape(document['summary'])}</summary>\n"
    yield "</entry>\n"
