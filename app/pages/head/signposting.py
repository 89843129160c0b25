"""Typed links of a page for programs that follow them: FAIR Signposting, level 2, as `Link` fields and as a link set
(RFC 9264)."""

from collections.abc import Iterator
from typing import Final

from app.catalogue.agents import COLLECTIONS
from app.exports.formats import Format
from app.exports.rdf.schema_org import schema_type
from app.exports.record import Record
from app.http.headers import TypedLink
from app.kit.json_types import JsonObject
from app.pages.hyperlinks import safe_url
from app.pages.loaded_document import LoadedDocument
from app.reading.requests.urls import UrlBuilder

LINK_SET: Final = "application/linkset+json"
CONTENT: Final = frozenset({"full_text", "download", "view", "watch", "listen"})
"""Types of links that lead to the thing itself."""
MAX_AUTHORS: Final = 20
"""Authors in a header: proxies take heads of a few kilobytes."""


def signposts(urls: UrlBuilder, page: LoadedDocument, record: Record) -> Iterator[TypedLink]:
    """Whom it is by, how it is cited, what it is, under which licence, and where its descriptions are."""
    yield TypedLink(f"https://doi.org/{record.doi}" if record.doi else page.url, "cite-as")
    authors = [each for each in page.document["contributors"] if each["role"] == "author"]
    for each in authors[:MAX_AUTHORS]:
        yield TypedLink(urls.pages.item(COLLECTIONS[each["kind"]], each["slug"]), "author")
    yield TypedLink("https://schema.org/AboutPage", "type")
    yield TypedLink(f"https://schema.org/{schema_type(record)}", "type")
    if licence := safe_url(record.licence_url):
        yield TypedLink(licence, "license")
    for described in page.formats:
        yield TypedLink(metadata_url(urls, page, described), "describedby", described.media_type)


def metadata_url(urls: UrlBuilder, page: LoadedDocument, described: Format) -> str:
    url = urls.item(page.row.collection, page.row.slug)
    return f"{url}?as={described.name}" if described.is_native else f"{url}.{described.extension}"


def header_links(urls: UrlBuilder, page: LoadedDocument) -> Iterator[TypedLink]:
    """Of what cannot be cited, its descriptions alone."""
    if page.record is None:
        yield from (TypedLink(metadata_url(urls, page, each), "describedby", each.media_type) for each in page.formats)
        return
    yield from signposts(urls, page, page.record)
    yield TypedLink(f"{urls.base}/{page.row.collection}/{page.row.slug}/linkset", "linkset", LINK_SET)


def link_set(urls: UrlBuilder, page: LoadedDocument, record: Record) -> JsonObject:
    """The links of the page, of the thing itself where it is found, and of each description."""
    own: dict[str, list[JsonObject]] = {}
    for link in signposts(urls, page, record):
        own.setdefault(link.rel, []).append(
            {"href": link.target, "type": link.type} if link.type else {"href": link.target}
        )
    items = list(dict.fromkeys(each.url for each in record.links if each.type in CONTENT))
    if items:
        own["item"] = [{"href": url} for url in items]
    here = {"href": page.url, "type": "text/html"}
    found = [{"anchor": url, "collection": [here]} for url in items]
    described = [{"anchor": metadata_url(urls, page, each), "describes": [here]} for each in page.formats]
    return {"linkset": [{"anchor": page.url, **own}, *found, *described]}
