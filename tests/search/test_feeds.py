"""Feeds of any query: the last changed first, page by page, with what was withdrawn."""

from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest

from app.catalogue.kinds import publications
from app.kit.clock import rfc3339
from tests.corpus import Corpus
from tests.factories import NOW, change, make_publication, withdraw
from tests.pages.html import browse

pytestmark = pytest.mark.one_engine

ATOM = "{http://www.w3.org/2005/Atom}"
TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"


@pytest.fixture
def fed(kb: Corpus) -> Corpus:
    """Three publications, of which the second was changed last, and one that was withdrawn."""
    with kb.write() as session:
        for day, slug in enumerate(("one", "two", "three", "gone"), start=1):
            make_publication(session, slug=slug, title=f"On <{slug}> & more", now=NOW.replace(day=day))
        change(session, publications.KIND, "two", summary="Changed.", now=NOW.replace(day=20))
        withdraw(session, publications.KIND, "gone", now=NOW.replace(day=21))
    return kb


def atom(kb: Corpus, url: str) -> Any:
    answer = kb.client.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/atom+xml")
    return ElementTree.fromstring(answer.content)


def titles(feed: Any) -> list[str]:
    return [entry.findtext(f"{ATOM}title") for entry in feed.findall(f"{ATOM}entry")]


def links(feed: Any) -> dict[str, str]:
    return {each.get("rel"): each.get("href") for each in feed.findall(f"{ATOM}link")}


def test_a_feed_has_what_the_query_finds_the_last_changed_first(fed: Corpus) -> None:
    feed = atom(fed, "/v1/publications.atom")
    assert titles(feed) == ["On <two> & more", "On <three> & more", "On <one> & more"]
    first, document = feed.find(f"{ATOM}entry"), fed.client.json("/v1/publications/two")
    assert first.findtext(f"{ATOM}id") == f"urn:uuid:{document['id']}"
    assert first.findtext(f"{ATOM}updated") == document["updated_at"] == rfc3339(NOW.replace(day=20))
    assert first.findtext(f"{ATOM}published") == document["created_at"]
    assert first.findtext(f"{ATOM}summary") == "Changed."
    assert titles(atom(fed, "/v1/entries.atom?q=three")) == ["On <three> & more"]
    assert titles(atom(fed, "/v1/events.atom")) == []


def test_withdrawals_are_listed_on_the_first_page(fed: Corpus) -> None:
    (stone,) = atom(fed, "/v1/publications.atom?per_page=2").findall(TOMBSTONE)
    assert stone.get("when") == rfc3339(NOW.replace(day=21))
    assert atom(fed, "/v1/publications.atom").findtext(f"{ATOM}updated") == stone.get("when")
    (withdrawn,) = fed.client.json("/v1/publications.feed.json")["_withdrawn"]
    assert (withdrawn["id"], withdrawn["date"]) == (stone.get("ref"), stone.get("when"))
    assert withdrawn["url"].endswith("/v1/publications/gone")
    assert atom(fed, "/v1/publications.atom?per_page=2&page=2").findall(TOMBSTONE) == []
    assert atom(fed, "/v1/events.atom").findall(TOMBSTONE) == []


def test_pages_lead_to_each_other_and_are_one_feed(fed: Corpus) -> None:
    first = atom(fed, "/v1/publications.atom?q=more&per_page=2")
    second = atom(fed, links(first)["next"])
    assert [titles(first), titles(second)] == [["On <two> & more", "On <three> & more"], ["On <one> & more"]]
    assert links(second)["previous"] == links(second)["first"] == links(first)["self"]
    assert links(first)["last"] == links(second)["self"]
    assert "next" not in links(second)
    assert (
        first.findtext(f"{ATOM}id")
        == second.findtext(f"{ATOM}id")
        == ("http://127.0.0.1:8000/v1/publications.atom?q=more")
    )
    assert links(first)["alternate"] == "http://127.0.0.1:8000/publications?q=more"


def test_json_feed_says_the_same(fed: Corpus) -> None:
    answer = fed.client.get("/v1/publications.feed.json?per_page=2")
    assert answer.headers["content-type"] == "application/feed+json"
    feed = answer.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["home_page_url"] == "http://127.0.0.1:8000/publications"
    entries = atom(fed, "/v1/publications.atom?per_page=2").findall(f"{ATOM}entry")
    assert [each["id"] for each in feed["items"]] == [each.findtext(f"{ATOM}id") for each in entries]
    assert [each["date_modified"] for each in feed["items"]] == [each.findtext(f"{ATOM}updated") for each in entries]
    assert feed["items"][0]["url"] == "http://127.0.0.1:8000/publications/two"
    assert [each["title"] for each in fed.client.json(feed["next_url"])["items"]] == ["On <one> & more"]


def test_lists_of_entries_name_their_feeds(fed: Corpus) -> None:
    feeds = fed.client.json("/v1/publications?q=more&per_page=1&facets=year")["links"]["feeds"]
    assert titles(atom(fed, feeds["atom"])) == ["On <two> & more", "On <three> & more", "On <one> & more"]
    assert len(fed.client.json(feeds["json_feed"])["items"]) == 3
    assert fed.client.json("/v1/topics")["links"]["feeds"] == {}


def test_what_a_feed_has_no_use_for_is_refused(fed: Corpus) -> None:
    for name in ("sort", "select", "cursor", "facets", "sample", "as"):
        (error,) = fed.client.refused(f"/v1/publications.atom?{name}=1")["errors"]
        assert (error["parameter"], error["code"]) == (name, "unknown-parameter")
    assert fed.client.refused("/v1/publications.atom?per_page=101")["errors"][0]["parameter"] == "per_page"
    assert fed.client.refused("/v1/publications.atom?topic=nothing-like-it")["errors"][0]["code"] == "unknown-term"
    for path in ("/v1/topics.atom", "/v1/nothing.atom", "/v1/people.feed.json"):
        fed.client.refused(path, 404)


def test_a_list_says_in_its_header_where_its_feeds_are_unless_that_is_long(fed: Corpus) -> None:
    answer = fed.client.get("/v1/publications?q=more")
    assert (
        '<http://127.0.0.1:8000/v1/publications.atom?q=more>; rel="alternate"; type="application/atom+xml"'
        in (answer.headers["link"])
    )
    assert '/v1/publications.feed.json?q=more>; rel="alternate"; type="application/feed+json"' in answer.headers["link"]
    assert "feed.json" not in fed.client.get(f"/v1/publications?q={'more+' * 98}x").headers["link"]
    assert "atom" not in fed.client.get("/v1/topics").headers["link"]


def test_a_feed_reader_reads_both_pages_of_a_feed(fed: Corpus) -> None:
    feed = feedparser.parse(fed.client.get("/v1/publications.atom?per_page=2").content)
    assert not feed.bozo
    assert feed.version == "atom10"
    assert (feed.feed.title, feed.feed.id) == ("Publications", "http://127.0.0.1:8000/v1/publications.atom")
    further = feedparser.parse(
        fed.client.get(next(each.href for each in feed.feed.links if each.rel == "next")).content
    )
    documents = {each["slug"]: each for each in fed.client.json("/v1/publications")["results"]}
    read = [*feed.entries, *further.entries]
    assert [each.title for each in read] == ["On <two> & more", "On <three> & more", "On <one> & more"]
    for each in read:
        document = documents[each.link.rpartition("/")[2]]
        assert each.id == f"urn:uuid:{document['id']}"
        assert (each.updated, each.published) == (document["updated_at"], document["created_at"])
        assert each.title_detail.type == "text/plain"


def test_pages_name_the_feeds_of_what_they_list(fed: Corpus) -> None:
    titles = {"/": "Entries", "/search?q=two": "Entries containing 'two'", "/publications": "Publications"}
    for path, title in titles.items():
        page = browse(fed.client, path)
        (url,) = page.values("link", "href", type="application/atom+xml")
        assert page.values("link", "title", type="application/feed+json") == [f"{title} (JSON Feed)"]
        assert feedparser.parse(fed.client.get(url).content).feed.title == title
    assert browse(fed.client, "/people").values("link", "href", type="application/atom+xml") == []


def test_the_page_of_a_term_names_the_feed_of_what_has_it(fed: Corpus) -> None:
    with fed.write() as session:
        make_publication(session, slug="four", title="On four", terms={"format": ["article"]})
    (url,) = browse(fed.client, "/formats/article").values("link", "href", type="application/atom+xml")
    assert url == "http://127.0.0.1:8000/v1/entries.atom?format=article"
    assert "On four" in titles(atom(fed, url))
