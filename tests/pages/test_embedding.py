"""Cards that other pages may frame, and what oEmbed says of them."""

from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from app.catalogue.kinds import publications
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details, change, make_publication, withdraw
from tests.pages.html import Page, browse

pytestmark = pytest.mark.one_engine

BASE = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def kb(databases: Databases) -> Iterator[Corpus]:
    """Seven publications about ethics, one that was withdrawn, and a collection."""
    with databases.copied(databases.template("furnished", add_details)) as url, closing(Corpus(url)) as found:
        with found.write() as session:
            for number in range(7):
                terms = {"format": ["article"], "topic": ["ethics"], "stage": ["first"]}
                title = f"Study <{number}>"
                make_publication(session, slug=f"p-{number}", title=title, terms=terms, summary="On “trust”.")
            make_publication(session, slug="gone", title="Gone")
            withdraw(session, publications.KIND, "gone")
            make_publication(session, slug="before", title="Renamed")
            change(session, publications.KIND, "before", slug="after")
        yield found


class Frame(HTMLParser):
    """The attributes of the one frame in a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.attributes: dict[str, str | None] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert (tag, self.attributes) == ("iframe", {})
        self.attributes = dict(attrs)


def embedded(kb: Corpus, path: str, more: str = "") -> Any:
    return kb.client.json(f"/oembed?url={quote(BASE + path, safe='')}{more}")


def card(kb: Corpus, answer: Any) -> Page:
    """What the frame shows."""
    source = str(Frame(answer["html"]).attributes["src"])
    assert source.startswith(f"{BASE}/embed/")
    page = browse(kb.client, source.removeprefix(BASE))
    assert page.status == 200
    return page


@pytest.mark.parametrize(
    ("path", "title", "heading"),
    [
        ("/publications/p-3", "Study <3>", "Study <3>"),
        ("/search?topic=ethics&q=study", "Entries with topic Ethics containing 'study'", None),
        ("/publications?topic=ethics", "Publications with topic Ethics", None),
        ("/topics/ethics", "Ethics", "Ethics"),
        ("/map?rows=topic&columns=stage", "Entries, by topics and stages", None),
    ],
)
def test_a_page_says_in_its_head_how_it_is_embedded(kb: Corpus, path: str, title: str, heading: str | None) -> None:
    page = browse(kb.client, path)
    (address,) = page.values("link", "href", type="application/json+oembed")
    answer = kb.client.json(address.removeprefix(BASE))
    assert (answer["version"], answer["type"], answer["title"]) == ("1.0", "rich", title)
    assert Frame(answer["html"]).attributes["title"] == title
    shown = card(kb, answer)
    assert shown.texts("h1") == [heading or title]
    assert f"{BASE}{path}" in shown.links().values()


def test_only_cards_may_be_framed(kb: Corpus) -> None:
    for path in ("/embed/publications/p-1", "/embed/search", "/embed/map", "/embed/publications/nothing"):
        assert "frame-ancestors *" in browse(kb.client, path).headers["content-security-policy"]
    for path in ("/", "/search", "/map", "/publications/p-1", "/publications/nothing", "/subscribe", "/docs", "/guide"):
        assert "frame-ancestors 'none'" in browse(kb.client, path).headers["content-security-policy"]
    cited = kb.client.get("/v1/publications/p-1?as=citation&markup=html")
    assert "frame-ancestors 'none'" in cited.headers["content-security-policy"]


def test_a_card_of_a_list_has_five_unless_more_are_requested(kb: Corpus) -> None:
    assert len(browse(kb.client, "/embed/search?topic=ethics").texts("h2")) == 5
    page = browse(kb.client, "/embed/publications?topic=ethics&per_page=6")
    assert len(page.texts("h2")) == 6
    assert page.links()["All 7"] == f"{BASE}/publications?topic=ethics"
    assert page.links()["Study <0>"] == f"{BASE}/publications/p-0"
    assert set(page.values("a", "target")) == {"_top"}


def test_a_card_is_as_small_as_it_must(kb: Corpus) -> None:
    answer = embedded(kb, "/publications/p-1", "&maxwidth=320&maxheight=100")
    assert (answer["width"], answer["height"]) == (320, 100)
    frame = Frame(answer["html"]).attributes
    assert (frame["width"], frame["height"]) == ("320", "100")
    assert embedded(kb, "/publications/p-1")["width"] == 600
    assert frame["sandbox"] == "allow-scripts allow-popups allow-top-navigation-by-user-activation"


def test_xml_says_what_json_says(kb: Corpus) -> None:
    answer = kb.client.get(f"/oembed?format=xml&url={quote(BASE + '/publications/p-2', safe='')}")
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    members = {each.tag: each.text for each in ElementTree.fromstring(answer.content)}
    assert members == {name: str(value) for name, value in embedded(kb, "/publications/p-2").items()}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("url=x&url=y", 400),
        (f"url={BASE}/publications/p-1&maxwidth=0", 400),
        (f"url={BASE}/publications/p-1&maxheight=1e3", 400),
        (f"url={BASE}/publications/p-1&callback=x", 400),
        (f"url={BASE}/search%3Ftopic=ethic", 400),
        (f"url={BASE}/map%3Frows=colour", 400),
        (f"url={BASE}/publications/p-1&format=yaml", 406),
        ("url=https://elsewhere.example/publications/p-1", 404),
        (f"url={BASE}.elsewhere.example/publications/p-1", 404),
        (f"url={BASE}/publications/nothing", 404),
        (f"url={BASE}/nothing", 404),
        (f"url={BASE}/", 404),
        (f"url={BASE}", 404),
        (f"url={BASE}/v1/publications/p-1", 404),
        (f"url={BASE}/publications/p-1.ris", 404),
        (f"url={BASE}/search%3Fq=%25ff", 404),
        (f"url={BASE}/publications/gone", 410),
    ],
)
def test_what_cannot_be_embedded_is_refused(kb: Corpus, query: str, status: int) -> None:
    answer = kb.client.get(f"/oembed?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_a_card_of_what_was_renamed_leads_to_its_new_one_and_of_what_was_withdrawn_says_so(kb: Corpus) -> None:
    moved = kb.client.get("/embed/publications/before")
    assert (moved.status_code, moved.headers["location"]) == (301, f"{BASE}/embed/publications/after")
    assert card(kb, embedded(kb, "/publications/before")).texts("h1") == ["Renamed"]
    page = browse(kb.client, "/embed/publications/gone")
    assert (page.status, page.texts("p")) == (410, ["Withdrawn."])


def test_the_script_for_other_sites_is_small_and_at_an_address_that_stays(kb: Corpus) -> None:
    answer = kb.client.get("/embed.js")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert len(answer.content) < 5000
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
