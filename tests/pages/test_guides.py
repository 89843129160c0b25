"""The guides are pages of the service, with its own address in their examples, and lead to each other."""

import re

import pytest

from app.pages.guides import GUIDES
from tests.corpus import Corpus
from tests.pages.html import browse

pytestmark = pytest.mark.one_engine


def test_every_guide_is_listed_and_served(seeded: Corpus) -> None:
    links = browse(seeded.client, "/guide").links()
    assert {link for link in links.values() if link.startswith("/guide/")} == {f"/guide/{name}" for name in GUIDES}
    assert links["Querying by example"] == "/guide/examples"


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_leads_only_where_something_is(seeded: Corpus, name: str) -> None:
    page = browse(seeded.client, f"/guide/{name}")
    assert (page.status, len(page.texts("h1"))) == (200, 1)
    local = {link for link in page.links().values() if link.startswith("/")} | {
        f"/guide/{source}" for source in page.values("img", "src")
    }
    assert {
        link: code for link in local if (code := seeded.client.get(link.partition("#")[0]).status_code) != 200
    } == {}
    sections = {link[1:] for link in page.links().values() if link.startswith("#")} - {"content"}
    assert sections <= {str(attributes["id"]) for _, attributes, _ in page.elements if "id" in attributes}
    others = [link for link in page.links().values() if not re.match(r"/|#|https?://|mailto:", link)]
    assert set(others) <= {"None"}  # files of the project that are no pages are named, and not linked


def test_a_table_can_be_reached_by_keyboard(seeded: Corpus) -> None:
    page = browse(seeded.client, "/guide/querying")
    assert page.values("div", "tabindex", class_="scrolls") == ["0"] * len(page.texts("table"))


@pytest.mark.parametrize(
    "path",
    ["/guide/decisions", "/guide/running", "/guide/staff-guide/../../pyproject.toml", "/guide/examples/search.html"],
)
def test_what_is_not_for_visitors_is_not_served(seeded: Corpus, path: str) -> None:
    assert seeded.client.get(path).status_code == 404


def test_the_documentation_page_says_where_to_start(seeded: Corpus) -> None:
    links = browse(seeded.client, "/docs").links()
    assert [links[text] for text in ("Querying by example", "Querying", "the guide for staff")] == [
        "guide/examples",
        "guide/querying",
        "guide/staff",
    ]
