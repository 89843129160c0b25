"""Browsers are led from the interface to the pages; programs get JSON unless they ask for HTML and prefer it."""

import gzip
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from app.catalogue.registry import BY_NAME, ENTRY_KINDS
from app.harvest.dumps import make_dump
from app.harvest.oai.metadata import METADATA_FORMATS
from app.reading.context import ReadingContext
from tests.client import BASE, Client
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import NOW, add_details, change, make_framework, make_person, make_publication, make_term, withdraw
from tests.pages.html import BROWSER

pytestmark = pytest.mark.one_engine

ELSEWHERE = "https://project.example.org/knowledge"


def fill(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="one")
        make_publication(session, slug="before")
        change(session, BY_NAME["publication"], "before", slug="after")
        make_publication(session, slug="gone", identifiers=[{"scheme": "doi", "value": "10.5555/gone"}])
        withdraw(session, BY_NAME["publication"], "gone")


@pytest.fixture(scope="module")
def kb(databases: Databases) -> Iterator[Corpus]:
    with databases.copied(databases.template("furnished", add_details)) as url, closing(Corpus(url)) as found:
        fill(found)
        yield found


def led_to(response: httpx.Response) -> str:
    assert response.status_code == 303
    assert response.headers["cache-control"] == "no-store"
    assert "Accept" in response.headers["vary"]
    return response.headers["location"].removeprefix(BASE)


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/v1", "/"),
        ("/v1/entries", "/search"),
        ("/v1/entries?q=a+b&topic=ethics&select=title&facets=topic", "/search?q=a+b&topic=ethics"),
        ("/v1/publications?per_page=100&page=2", "/publications?page=2"),
        ("/v1/publications?per_page=50&cursor=*", "/publications?per_page=50"),
        ("/v1/topics", "/topics"),
        ("/v1/publications/one", "/publications/one"),
        ("/v1/publications/before", "/publications/after"),
        ("/v1/publications/gone", "/publications/gone"),
        ("/v1/topics/ethics", "/topics/ethics"),
    ],
)
def test_a_browser_is_led_to_the_page(kb: Corpus, path: str, page: str) -> None:
    assert led_to(kb.client.get(path, accept=BROWSER)) == page


@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/json", "text/html;q=0.5, application/json", "text/html, application/json", ""],
)
def test_html_has_to_be_named_and_preferred(kb: Corpus, accept: str) -> None:
    for path in ("/v1", "/v1/publications", "/v1/publications/one"):
        assert kb.client.get(path, accept=accept).headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/v1/publications.ris", "/v1/publications/one.bib", "/v1/publications/one?as=json"])
def test_a_format_that_is_named_is_what_a_browser_gets(kb: Corpus, path: str) -> None:
    assert kb.client.get(path, accept=BROWSER).status_code == 200


def test_what_a_program_got_is_not_what_a_browser_gets_and_the_other_way_round(kb: Corpus) -> None:
    """Both come from the response cache, whose key tells them apart."""
    for accept, status in (("*/*", 200), (BROWSER, 303), ("*/*", 200), (BROWSER, 303)):
        assert kb.client.get("/v1/publications/one", accept=accept).status_code == status


def test_staff_and_unknown_names_are_led_nowhere(kb: Corpus) -> None:
    assert kb.client.get("/v1/staff/publications/one", accept=BROWSER).status_code == 401
    assert kb.client.get("/v1/publications/nothing", accept=BROWSER).status_code == 404
    assert kb.client.get("/v1/nothing", accept=BROWSER).status_code == 404


def html_links(client: Client) -> list[str]:
    search = client.search("publications", {"where": {"field": "topic", "op": "any", "value": "ethics"}})
    return [
        client.json("/v1")["links"]["html"],
        client.json("/v1/publications?q=one&select=title")["links"]["html"],
        client.json("/v1/entries?per_page=100")["links"]["html"],
        client.json("/v1/publications/one")["links"]["html"],
        search["links"]["html"],
    ]


PAGES = ["/", "/publications?q=one", "/search", "/publications/one", "/publications?topic=ethics"]


def test_every_document_and_list_names_its_page(kb: Corpus) -> None:
    assert html_links(kb.client) == [f"{BASE}{path}" for path in PAGES]
    nested = {
        "or": [{"field": "topic", "op": "any", "value": "ethics"}, {"field": "year", "op": "any", "value": "2020"}]
    }
    html = kb.client.search("publications", {"where": nested})["links"]["html"]
    assert html.startswith(f"{BASE}/publications?query=")
    assert kb.client.get(html).status_code == 200


def test_a_project_may_have_pages_of_its_own(databases: Databases, tmp_path: Path) -> None:
    with (
        databases.copied(databases.template("furnished", add_details)) as url,
        closing(Corpus(url, pages_url=ELSEWHERE, dump_directory=str(tmp_path))) as kb,
    ):
        fill(kb)
        assert html_links(kb.client) == [f"{ELSEWHERE}{path}" for path in PAGES]
        assert led_to(kb.client.get("/v1/publications/before", accept=BROWSER)) == f"{ELSEWHERE}/publications/after"
        assert page_of_a_citation(kb.client) == f"{ELSEWHERE}/publications/after"
        assert f"{ELSEWHERE}/publications/after" in kb.client.get("/v1/publications.ris").text
        assert f"{ELSEWHERE}/publications/after" in kb.client.get("/v1/publications/after?as=citation").text
        assert {path: own for path, text in given_out(kb) if (own := OWN_PAGE.findall(text))} == {}


OWN_PAGE = re.compile(rf"{BASE}/(?:{'|'.join(sorted({str(each.collection) for each in ENTRY_KINDS}))}|people|search)\b")
"""The address of a page of ours."""


def given_out(kb: Corpus) -> Iterator[tuple[str, str]]:
    """All that leaves the service of a chapter with its book and a framework with its author, by where it was asked."""
    credit = [{"agent": "people/ada", "role": "author"}]
    with kb.write() as session:
        make_person(session, slug="ada")
        make_term(session, "format", slug="book-chapter")
        make_publication(session, slug="book", terms={"format": ["book"]}, contributors=credit)
        part = [{"type": "IsPartOf", "target": "publications/book"}]
        make_publication(session, slug="chapter", terms={"format": ["book-chapter"]}, relations=part)
        element = {"slug": "e", "type": "stage", "title": "E", "prompts": ["Why?"]}
        make_framework(session, slug="steps", contributors=credit, elements=[element])
    folder, urls = kb.service.settings.dumps, kb.service.services[ReadingContext].urls
    make_dump(kb.service.sessions, folder, urls, now=NOW)
    yield "dump", gzip.decompress(kb.client.get("/v1/dump?as=nt").content).decode()
    for collection in ("entries", "publications", "frameworks", "people"):
        for name in ("json", *kb.client.json(f"/v1/{collection}")["links"]["alternate"]):
            path = f"/v1/{collection}?as={name}&per_page=20"
            yield path, kb.client.get(path).text
    for prefix in METADATA_FORMATS:
        path = f"/oai?verb=ListRecords&metadataPrefix={prefix}"
        yield path, kb.client.get(path).text
    paths = (
        "/v1/publications.atom",
        "/v1/publications.feed.json",
        "/embed/publications/chapter",
        "/embed/publications",
    )
    for path in (*paths, "/v1/publications/chapter", f"/oembed?url={ELSEWHERE}/publications/chapter", "/llms-full.txt"):
        yield path, kb.client.get(path).text


def page_of_a_citation(client: Client) -> str:
    """Of an entry for which no other address is known."""
    return str(client.get("/v1/publications/after.csl").json()[0]["URL"])
