"""Everything published has a page at its address without `/v1`: by the same index, with the same tombstones and
redirects, escaped, and light."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

import pytest

from app.catalogue.registry import BY_NAME, ENTRY_KINDS
from app.pages.hyperlinks import PagePaths
from app.pages.view_models.document_view import DocumentPresenter
from tests.client import problem
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details, change, make_entry, make_person, make_publication, make_term, withdraw
from tests.pages.html import browse

pytestmark = pytest.mark.one_engine

MAX_SIZE = 60_000
"""Bytes of a page with its style sheet."""
MARKUP = '<script>alert("x")</script>'


def paths(corpus: Corpus) -> Iterator[str]:
    """Of everything that is published."""
    for collection in corpus.client.json("/v1")["collections"]:
        for document in corpus.client.walk(f"{collection['url']}?cursor=*&per_page=100&select=url"):
            yield document["url"].partition("/v1")[2]


def test_everything_published_has_a_page_and_every_link_on_it_leads_somewhere(seeded: Corpus) -> None:
    links: set[str] = set()
    for path in paths(seeded):
        page = browse(seeded.client, path)
        assert page.status == 200, path
        assert len(page.source.encode()) < MAX_SIZE / 2
        assert len(page.texts("h1")) == 1
        links.update(page.links().values())
        links.update(page.values("link", "href"))
    local = {link.partition("#")[0] for link in links if link.startswith("/")}
    assert {link: status for link in local if (status := seeded.client.get(link).status_code) not in (200, 303)} == {}
    others = [link for link in links if not link.startswith(("/", "#", "https://", "http://", "mailto:"))]
    assert others == []


def test_a_page_loads_little_and_nothing_from_elsewhere(seeded: Corpus) -> None:
    page = browse(seeded.client, next(paths(seeded)))
    loaded = [*page.values("link", "href", rel="stylesheet"), *page.values("link", "href", rel="icon")]
    sizes = [len(seeded.client.get(path).content) for path in loaded]
    assert len(page.source.encode()) + sum(sizes) < MAX_SIZE
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "style=" not in page.source
    assert "<style" not in page.source


def test_a_page_comes_from_the_response_cache_and_is_not_sent_twice(seeded: Corpus) -> None:
    path = next(paths(seeded))
    first = browse(seeded.client, path)
    assert seeded.client.get(path, if_none_match=first.headers["etag"]).status_code == 304
    assert first.headers["cache-control"] == "public, no-cache"


@pytest.fixture(scope="module")
def hostile(databases: Databases) -> Iterator[Corpus]:
    """Markup in every text that staff may write, in an entry of every kind."""
    with databases.copied(databases.template("furnished", add_details)) as url, closing(Corpus(url)) as kb:
        with kb.write() as session:
            make_term(session, "topic", slug="marked", label=MARKUP, definition=MARKUP)
            make_person(session, slug="marked", name=MARKUP, description=MARKUP)
            shared: dict[str, Any] = {
                "title": MARKUP,
                "summary": f"{MARKUP}\n{MARKUP}",
                "alternative_titles": [MARKUP],
                "contributors": [{"agent": "people/marked", "role": "author"}],
                "resources": [{"type": "view", "url": f"https://example.org/{MARKUP}", "label": MARKUP}],
                "terms": {"format": ["article"], "topic": ["marked"]},
                "funding": [],
            }
            own: dict[str, dict[str, Any]] = {
                "publication": {
                    "venue": MARKUP,
                    "publisher": MARKUP,
                    "body": "## A section\n\nWith [a link](https://example.org/) & `<b>`.",
                    "access": "open",
                    "access_source": MARKUP,
                    "picture": {"url": "https://example.org/p.png", "alternative_text": MARKUP},
                },
                "framework": {
                    "purpose": MARKUP * 20,
                    "elements": [
                        {"slug": "one", "type": "stage", "title": MARKUP, "description": MARKUP, "prompts": [MARKUP]}
                    ],
                },
                "event": {"place": MARKUP, "event_type": MARKUP, "start": "2024-01-31"},
            }
            for kind in ENTRY_KINDS:
                make_entry(session, kind, slug=f"marked-{kind.name}", **shared, **own.get(kind.name, {}))
        yield kb


def test_what_was_written_is_shown_as_it_was_written(hostile: Corpus) -> None:
    for path in paths(hostile):
        page = browse(hostile.client, path)
        assert page.status == 200
        assert all(path.startswith("/assets/") for path in page.values("script", "src"))
        data = page.texts("script", type="application/ld+json")
        assert all(json.loads(text)["name"] == MARKUP for text in data)
        assert page.texts("script") == [*[""] * len(page.values("script", "src")), *data]
        for tag, attributes, _ in page.elements:
            assert tag not in ("iframe", "object", "embed", "style")
            assert not [name for name in attributes if name.startswith("on")]
    assert browse(hostile.client, "/people/marked").texts("h1") == [MARKUP]
    cited = browse(hostile.client, "/publications/marked-publication/citation")
    assert cited.texts("script") == [""]
    assert MARKUP.replace('"', "")[:8] in cited.texts("p", id="cite-apa")[0]


def test_a_longer_text_is_formatted_and_a_picture_is_a_link(hostile: Corpus) -> None:
    page = browse(hostile.client, "/publications/marked-publication")
    assert page.texts("h2", id="a-section") == ["A section"]
    assert page.links()["a link"] == "https://example.org/"
    assert page.texts("code") == ["<b>"]
    assert page.links()[MARKUP] is not None
    assert page.values("img", "src") == []
    assert "Open to everybody" in page.source


@pytest.mark.parametrize("url", ["javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "//example.org", ""])
def test_an_address_that_a_browser_would_run_is_no_link(seeded: Corpus, url: str) -> None:
    """Documents of long ago may hold what would be refused today."""
    document = seeded.client.json("/v1/publications?per_page=1")["results"][0]
    document["resources"] = [{"type": "view", "url": url, "label": "View"}]
    document["identifiers"] = [{"scheme": "url", "value": url, "url": url}]
    document["contributors"] = [{"role": "author", "kind": "person", "label": "Ada", "url": url}]
    schema = seeded.snapshot.registry.schemas["publication"]
    view = DocumentPresenter(PagePaths("http://127.0.0.1:8000"), {}).view(document, schema)
    assert [link.url for link in view.read] == [None]
    assert [link.url for group in view.people for link in group.links] == [None]
    assert [link.url for group in view.facts if group.label == "Web address" for link in group.links] == [None]


def test_a_withdrawn_entry_leaves_a_tombstone(hostile: Corpus) -> None:
    with hostile.write() as session:
        kept = make_publication(session, slug="kept", title="Kept")
        make_publication(session, slug="gone", title="Gone")
        withdraw(session, BY_NAME["publication"], "gone", replacement=kept)
    page = browse(hostile.client, "/publications/gone")
    assert (page.status, page.texts("h1")) == (410, ["Withdrawn"])
    assert "Reason: Published by mistake." in page.texts("p")
    withdrawn_at = problem(hostile.client.get("/v1/publications/gone"), 410)["date"]
    assert f"This was withdrawn on {datetime.fromisoformat(withdrawn_at):%-d %B %Y}." in page.texts("p")
    assert page.links()["another entry"] == "/publications/kept"


def test_a_former_address_leads_to_the_page_at_the_present_one(hostile: Corpus) -> None:
    with hostile.write() as session:
        make_publication(session, slug="before")
        change(session, BY_NAME["publication"], "before", slug="after")
    response = hostile.client.get("/publications/before")
    assert (response.status_code, response.headers["location"]) == (301, "http://127.0.0.1:8000/publications/after")


def test_an_identifier_leads_to_the_page(hostile: Corpus) -> None:
    with hostile.write() as session:
        make_publication(session, title="By DOI", identifiers=[{"scheme": "doi", "value": "10.5555/a.b"}])
    assert browse(hostile.client, "/publications/doi:10.5555/a.b").texts("h1") == ["By DOI"]


@pytest.mark.parametrize("path", ["/publications/nothing", "/nothing/at-all", "/publications/x.bib"])
def test_what_is_not_there_is_a_page_to_people_and_a_problem_to_programs(seeded: Corpus, path: str) -> None:
    page = browse(seeded.client, path)
    assert (page.status, page.texts("h1")) == (404, ["Not found"])
    assert seeded.client.refused(path, 404)["title"] == "Not found"


@pytest.mark.parametrize("path", ["/v1/nothing/x", "/docs/nothing", "/health/nothing", "/subscribe/x/y"])
def test_addresses_with_another_meaning_are_no_pages(seeded: Corpus, path: str) -> None:
    assert seeded.client.get(path, accept="text/html").headers["content-type"] == "application/problem+json"
