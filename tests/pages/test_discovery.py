"""Programs find what they look for: in the head of every page, in link fields, and at the addresses that they know."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from xml.etree import ElementTree

import pytest

from app.catalogue.registry import BY_NAME
from app.pages.endpoints import discovery
from tests.client import BASE
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details, make_entry, make_person, make_publication, withdraw
from tests.pages.html import Page, browse

pytestmark = pytest.mark.one_engine

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LINK = re.compile(r'<([^>]*)>; rel="([a-z-]+)"(?:; type="([^"]*)")?')
ARTICLE = {
    "slug": "article",
    "title": "Trust <in> practice",
    "summary": "What was found.",
    "issued": "2024-05",
    "venue": "A Journal",
    "volume": "3",
    "issue": "2",
    "pages": "10-19",
    "issn": "0045-3102",
    "licence": "CC-BY-4.0",
    "access": "open",
    "access_source": "Its landing page",
    "identifiers": [{"scheme": "doi", "value": "10.5555/trust"}],
    "contributors": [{"agent": "people/ada", "role": "author"}, {"agent": "people/ben", "role": "author"}],
    "resources": [{"type": "full_text", "url": "https://example.org/trust.pdf"}],
    "terms": {"format": ["article"], "topic": ["trust"]},
}


@pytest.fixture(scope="module")
def kb(databases: Databases) -> Iterator[Corpus]:
    with databases.copied(databases.template("furnished", add_details)) as url, closing(Corpus(url)) as found:
        with found.write() as session:
            make_person(session, slug="ada", name="Ada van Example", family="van Example", given="Ada")
            make_person(session, slug="ben", name="Ben Other", family="Other", given="Ben")
            make_publication(session, **ARTICLE)
            make_entry(session, BY_NAME["event"], slug="day", title="A day", start="2024-01-31", place="Bristol")
            make_publication(session, slug="gone")
            withdraw(session, BY_NAME["publication"], "gone")
        yield found


def tags(page: Page, name: str) -> list[str]:
    return page.values("meta", "content", name=name)


def test_the_head_has_the_tags_of_highwire_press_and_dublin_core(kb: Corpus) -> None:
    page = browse(kb.client, "/publications/article")
    expected = {
        "citation_title": ["Trust <in> practice"],
        "citation_author": ["van Example, Ada", "Other, Ben"],
        "citation_publication_date": ["2024/05"],
        "citation_journal_title": ["A Journal"],
        "citation_volume": ["3"],
        "citation_issue": ["2"],
        "citation_firstpage": ["10"],
        "citation_lastpage": ["19"],
        "citation_doi": ["10.5555/trust"],
        "citation_issn": ["0045-3102"],
        "citation_pdf_url": ["https://example.org/trust.pdf"],
        "citation_abstract_html_url": [f"{BASE}/publications/article"],
        "DC.title": ["Trust <in> practice"],
        "DC.creator": ["van Example, Ada", "Other, Ben"],
        "DCTERMS.issued": ["2024-05"],
        "DC.identifier": ["doi:10.5555/trust"],
        "description": ["What was found."],
    }
    assert {name: tags(page, name) for name in expected} == expected


def test_previews_of_a_link_have_what_they_show(kb: Corpus) -> None:
    page = browse(kb.client, "/publications/article")
    assert page.values("meta", "content", property="og:title") == ["Trust <in> practice"]
    assert page.values("meta", "content", property="og:url") == [f"{BASE}/publications/article"]
    assert page.values("meta", "content", property="og:description") == ["What was found."]
    assert page.values("link", "href", rel="canonical") == [f"{BASE}/publications/article"]


def test_every_format_is_an_alternate(kb: Corpus) -> None:
    page = browse(kb.client, "/publications/article")
    offered = kb.client.json("/v1/publications/fields")["formats"]
    alternates = [each for each in page.values("link", "href", rel="alternate") if "/oembed?" not in each]
    assert len(alternates) == len(offered)
    for address in alternates:
        answer = kb.client.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (
            200,
            page.values("link", "type", href=address)[0],
        )


def structured(page: Page) -> dict[str, Any]:
    (text,) = page.texts("script", type="application/ld+json")
    found: dict[str, Any] = json.loads(text)
    return found


def test_an_article_is_described_as_schema_org_has_it(kb: Corpus) -> None:
    description = structured(browse(kb.client, "/publications/article"))
    journal = {"@type": "Periodical", "name": "A Journal", "issn": "0045-3102"}
    volume = {"@type": "PublicationVolume", "volumeNumber": "3", "isPartOf": journal}
    expected = {
        "@context": "https://schema.org",
        "@type": "ScholarlyArticle",
        "@id": f"{BASE}/publications/article",
        "headline": "Trust <in> practice",
        "sameAs": "https://doi.org/10.5555/trust",
        "datePublished": "2024-05",
        "isAccessibleForFree": True,
        "isPartOf": {"@type": "PublicationIssue", "issueNumber": "2", "isPartOf": volume},
        "pagination": "10-19",
    }
    assert {name: description.get(name) for name in expected} == expected
    assert description["author"][0] == {
        "@type": "Person",
        "@id": f"{BASE}/people/ada",
        "name": "Ada van Example",
        "givenName": "Ada",
        "familyName": "van Example",
    }


def test_an_event_has_its_time_and_place(kb: Corpus) -> None:
    description = structured(browse(kb.client, "/events/day"))
    assert (description["@type"], description["startDate"], description["location"]["name"]) == (
        "Event",
        "2024-01-31",
        "Bristol",
    )


def signposts(kb: Corpus, path: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for target, rel, _ in LINK.findall(kb.client.get(path).headers["link"]):
        found.setdefault(rel, []).append(target)
    return found


def test_a_page_is_signposted(kb: Corpus) -> None:
    """FAIR Signposting, level 2."""
    found = signposts(kb, "/publications/article")
    assert found["cite-as"] == ["https://doi.org/10.5555/trust"]
    assert found["author"] == [f"{BASE}/people/ada", f"{BASE}/people/ben"]
    assert found["type"] == ["https://schema.org/AboutPage", "https://schema.org/ScholarlyArticle"]
    assert found["license"] == ["https://creativecommons.org/licenses/by/4.0/"]
    assert f"{BASE}/v1/publications/article.bib" in found["describedby"]
    assert found["linkset"] == [f"{BASE}/publications/article/linkset"]
    assert signposts(kb, "/events/day")["cite-as"] == [f"{BASE}/events/day"]
    assert set(signposts(kb, "/people/ada")) == {"describedby"}


def test_the_link_set_says_the_same_and_more(kb: Corpus) -> None:
    answer = kb.client.get("/publications/article/linkset")
    assert answer.headers["content-type"] == "application/linkset+json"
    own, *others = answer.json()["linkset"]
    found = signposts(kb, "/publications/article")
    found.pop("linkset")
    assert own.pop("anchor") == f"{BASE}/publications/article"
    assert own.pop("item") == [{"href": "https://example.org/trust.pdf"}]
    assert {rel: [link["href"] for link in links] for rel, links in own.items()} == found
    assert {link["href"] for each in others for rel in ("describes", "collection") for link in each.get(rel, ())} == {
        f"{BASE}/publications/article"
    }
    assert kb.client.get("/people/ada/linkset").status_code == 404


def locations(kb: Corpus, path: str) -> dict[str, str]:
    answer = kb.client.get(path)
    assert answer.headers["content-type"] == "application/xml"
    root = ElementTree.fromstring(answer.text)
    return {str(each.findtext(f"{SITEMAP}loc")): str(each.findtext(f"{SITEMAP}lastmod")) for each in root}


def test_the_sitemaps_have_every_page_with_the_time_of_its_change(kb: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "MAX_URLS", 5)
    maps = locations(kb, "/sitemap.xml?")
    pages: dict[str, str] = {}
    for number, (url, changed) in enumerate(maps.items(), 1):
        found = locations(kb, url)
        assert len(found) == 5 + (number == 1) or number == len(maps)
        assert changed == max(found.values()) or number == 1
        pages |= found
    listed = {each["name"] for each in kb.client.json("/v1")["collections"]} - {"entries"}
    documents = [each for name in listed for each in kb.client.walk(f"/v1/{name}?per_page=100")]
    assert set(pages) == {f"{BASE}/", *(each["url"].replace("/v1/", "/") for each in documents)}
    assert all(kb.client.get(url).status_code == 200 for url in pages)
    assert kb.client.get(f"/sitemap/{len(maps) + 1}.xml").status_code == 404
    assert kb.client.get("/sitemap/0.xml").status_code == 404


def test_robots_txt_says_what_may_be_crawled_and_what_not(kb: Corpus) -> None:
    lines = kb.client.get("/robots.txt").text.splitlines()
    assert f"Sitemap: {BASE}/sitemap.xml" in lines
    assert {"Disallow: /v1/staff/", "Disallow: /search"} <= set(lines)


def test_llms_full_txt_has_every_entry_with_its_long_text_and_the_address_of_its_page(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="long-read", title="A long read", body="The **whole** text of it.")
    answer = kb.client.get("/llms-full.txt")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    entries = list(kb.client.walk("/v1/entries?select=url&cursor=*"))
    for each in entries:
        assert f"]({each['url'].replace('/v1/', '/')})" in answer.text
    assert answer.text.count("\n## [") == len(entries)
    section = answer.text.partition("## [A long read]")[2]
    assert "The **whole** text of it." in section
    assert kb.client.get("/llms-full.txt", if_none_match=answer.headers["etag"]).status_code == 304
    kb.client.refused("/llms-full.txt?q=x")


def test_llms_txt_leads_to_what_is_there(kb: Corpus) -> None:
    text = kb.client.get("/llms.txt").text
    assert text.startswith("# The Innovate Project knowledge base\n\n> What a research project learned")
    for address in re.findall(r"\]\((http[^)]*)\)", text):
        assert kb.client.get(address).status_code == 200, address


def test_the_api_catalogue_leads_to_the_description(kb: Corpus) -> None:
    """RFC 9727."""
    answer = kb.client.get("/.well-known/api-catalog")
    assert answer.headers["content-type"].startswith("application/linkset+json;profile=")
    assert answer.headers["link"] == f'<{BASE}/.well-known/api-catalog>; rel="api-catalog"'
    catalog, interface = answer.json()["linkset"]
    assert catalog["item"] == [{"href": interface["anchor"]}]
    for links in (interface["service-desc"], interface["service-doc"], interface["status"]):
        assert kb.client.get(links[0]["href"]).status_code == 200
    assert kb.client.request("HEAD", "/.well-known/api-catalog").headers["link"] == answer.headers["link"]


def test_whoever_asks_for_an_icon_gets_one(kb: Corpus) -> None:
    assert kb.client.get("/favicon.ico").headers["content-type"] == "image/svg+xml"


def test_an_entry_is_cited_in_every_style_on_a_page_of_its_own(kb: Corpus) -> None:
    """Making them takes longer than all the rest of the entry's page, which leads there and loads them when wanted."""
    page = browse(kb.client, "/publications/article")
    assert page.links()["https://doi.org/10.5555/trust"] == "https://doi.org/10.5555/trust"
    cited = browse(kb.client, page.links()["APA, Harvard, Chicago, MLA and Vancouver"])
    assert len(cited.texts("p", class_="citation")) == len(cited.values("button", "data-copies")) == 5
    assert cited.texts("p", id="cite-apa")[0].startswith("van Example, A., & Other, B. (2024)")
    assert "Trust <in> practice" in cited.texts("p", id="cite-apa")[0]
    assert kb.client.get("/people/ada/citation").status_code == 404
