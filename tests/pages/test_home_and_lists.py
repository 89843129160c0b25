"""The first page and the lists: asked as the interface is, with what they find drawn, counted and linked."""

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.client import BASE
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details, make_framework, make_person, make_publication
from tests.pages.html import Page, browse

pytestmark = pytest.mark.one_engine


@pytest.fixture(scope="module")
def kb(databases: Databases) -> Iterator[Corpus]:
    """Sixty publications and a framework; every third is about ethics, every tenth at the second stage."""
    with databases.copied(databases.template("furnished", add_details)) as url, closing(Corpus(url)) as found:
        with found.write() as session:
            make_person(session, slug="ada")
            for number in range(60):
                terms = {"format": ["article"]}
                terms |= {"topic": ["ethics"]} if number % 3 == 0 else {}
                terms |= {"stage": ["second"]} if number % 10 == 0 else {}
                by = [{"agent": "people/ada", "role": "author"}]
                values = {"issued": str(1960 + number), "summary": "On <trust> & more.", "contributors": by}
                make_publication(session, slug=f"p-{number}", title=f"Study {number:02}", terms=terms, **values)
            make_framework(session, slug="model", title="A model", terms={"format": ["article"], "stage": ["first"]})
        yield found


def titles(page: Page) -> list[str]:
    return [text for text in page.texts("h2") if text.startswith(("Study", "A model"))]


def test_the_journey_is_drawn_from_the_terms_with_what_each_finds(kb: Corpus) -> None:
    page = browse(kb.client, "/")
    drawn = page.values("a", "aria-label", href="/stages/second")
    assert drawn == ["Second, 6 entries"] * 2  # for wide and for narrow screens
    assert page.texts("tspan")[:3] == ["First", "Second", "Third"]
    assert page.texts("h2")[:2] == ["Stages", "What there is"]
    assert page.links()["Publications"] == "/publications"
    assert page.texts("h3")[0] == "Study 59"
    assert page.links()["Subscribe by e-mail"] == "/subscribe"


def test_the_first_page_takes_no_parameters(kb: Corpus) -> None:
    assert browse(kb.client, "/?x=1").status == 400


@pytest.mark.parametrize(
    ("shared", "page"),
    [
        ("/?fbclid=IwAR0", "/"),
        ("/publications/p-1?utm_source=mail&utm_medium=e-mail", "/publications/p-1"),
        ("/search?utm_source=a&q=study+1&topic=ethics&fbclid", "/search?q=study+1&topic=ethics"),
        ("/publications/p-1/citation?gclid=%C3%A4", "/publications/p-1/citation"),
        ("/embed/search?q=study&mc_cid=1", "/embed/search?q=study"),
    ],
)
def test_what_networks_append_to_shared_links_is_taken_off(kb: Corpus, shared: str, page: str) -> None:
    answer = kb.client.get(shared)
    assert (answer.status_code, answer.headers["location"]) == (302, f"{BASE}{page}")
    assert answer.headers["cache-control"] == "no-store"
    assert kb.client.get(page).status_code == 200


def test_whatever_else_a_page_does_not_know_is_refused_with_it(kb: Corpus) -> None:
    location = kb.client.get("/search?utm_source=a&tpic=ethics").headers["location"]
    assert browse(kb.client, location.removeprefix(BASE)).status == 400


def test_a_search_finds_what_the_interface_finds_in_its_order(kb: Corpus) -> None:
    for query in ("topic=ethics&sort=title", "q=study&year__gte=2015", "sort=-issued&page=2&per_page=10"):
        found = kb.client.json(f"/v1/entries?{query}")
        assert titles(browse(kb.client, f"/search?{query}")) == [each["title"] for each in found["results"]]


def test_empty_boxes_of_a_form_ask_for_nothing(kb: Corpus) -> None:
    assert titles(browse(kb.client, "/search?q=&topic=&year__gte=%20")) == titles(browse(kb.client, "/search"))


def test_a_facet_leads_to_what_it_counts_and_back(kb: Corpus) -> None:
    page = browse(kb.client, "/search?q=study&page=2")
    (path,) = {link for text, link in page.links().items() if text == "Ethics"}
    assert dict(parse_qsl(urlsplit(path).query)) == {"q": "study", "topic": "ethics"}
    chosen = browse(kb.client, path)
    assert chosen.texts("p", role="status")[0].startswith("20 found")
    assert chosen.links()["Remove Topics Ethics"] == "/search?q=study"
    assert chosen.links()["Ethics"] == "/search?q=study"


def test_a_facet_goes_on_offering_what_could_be_chosen_instead(kb: Corpus) -> None:
    chosen = browse(kb.client, "/search?stage=second")
    assert chosen.links()["Second"] == "/search"
    assert chosen.links()["First"] == "/search?stage=second&stage=first"


def test_pages_are_turned_and_at_most_fifty_are_on_one(kb: Corpus) -> None:
    page = browse(kb.client, "/publications?per_page=50")
    assert len(titles(page)) == 50
    assert page.values("a", "href", rel="next") == ["/publications?per_page=50&page=2"]
    second = browse(kb.client, "/publications?per_page=50&page=2")
    assert second.values("a", "href", rel="prev") == ["/publications?per_page=50"]
    assert second.values("a", "href", rel="next") == []


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/search?per_page=51", "A page shows at most 50"),
        ("/search?select=title", "Not available on pages"),
        ("/search?topic=ethic", "Perhaps you meant: ethics."),
        ("/search?colour=red", "Unknown parameter"),
        ("/publications?cursor=*", "Not available on pages"),
    ],
)
def test_what_cannot_be_shown_is_said_on_a_page(kb: Corpus, path: str, message: str) -> None:
    page = browse(kb.client, path)
    assert page.status == 400
    assert message in page.source
    assert page.headers["cache-control"] == "no-store"


def test_what_was_typed_comes_back_escaped(kb: Corpus) -> None:
    page = browse(kb.client, "/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert page.texts("script") == []
    assert page.values("input", "value", name="q") == ['"><script>alert(1)</script>']


def test_words_are_marked_and_markup_is_text(kb: Corpus) -> None:
    page = browse(kb.client, "/search?q=trust")
    assert page.texts("mark")[0] == "trust"
    assert "On &lt;<mark>trust</mark>&gt; &amp; more." in page.source


def test_a_list_can_be_taken_along_in_every_format(kb: Corpus) -> None:
    links = browse(kb.client, "/publications?topic=ethics&page=2").links()
    assert links["JSON"] == "/v1/publications?topic=ethics&page=2&as=json"
    assert links["RIS"] == "/v1/publications.ris?topic=ethics"


def test_the_people_have_a_list_and_all_entries_only_the_search(kb: Corpus) -> None:
    assert browse(kb.client, "/people").links()["Ada Example"] == "/people/ada"
    assert browse(kb.client, "/entries").status == 404
    entries = browse(kb.client, "/people/ada").links()["All entries (60)"]
    assert entries == "/search?contributor=ada"
