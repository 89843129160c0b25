"""The map as a page: what there is by two fields, gaps as well, each number leading to what it counts."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details, make_publication
from tests.pages.html import Page, browse

pytestmark = pytest.mark.one_engine


@pytest.fixture(scope="module")
def kb(databases: Databases) -> Iterator[Corpus]:
    """Three on ethics at the first stage, one on trust at the second."""
    with databases.copied(databases.template("furnished", add_details)) as url, closing(Corpus(url)) as found:
        with found.write() as session:
            for number in range(3):
                terms = {"format": ["article"], "topic": ["ethics"], "stage": ["first"]}
                make_publication(session, slug=f"p-{number}", title=f"Study {number}", terms=terms)
            terms = {"format": ["article"], "topic": ["trust"], "stage": ["second"]}
            make_publication(session, slug="another", title="Another", terms=terms)
        yield found


def cells(page: Page) -> dict[str, tuple[str, str]]:
    """Count and address by what the link says."""
    found = [(attrs, "".join(text).strip()) for tag, attrs, text in page.elements if tag == "a"]
    return {str(attrs["aria-label"]): (text, str(attrs["href"])) for attrs, text in found if "aria-label" in attrs}


def test_without_a_choice_a_vocabulary_stands_beside_one_that_has_an_order(kb: Corpus) -> None:
    page = browse(kb.client, "/map")
    chosen = [attrs["value"] for tag, attrs, _ in page.elements if tag == "option" and "selected" in attrs]
    assert chosen == ["topic", "stage"]
    assert page.texts("th", scope="col") == ["First", "Second", "Third"]
    assert cells(page)["Ethics, First: 3"] == ("3", "/search?topic=ethics&stage=first")
    assert cells(page)["Ethics, Second: nothing yet"] == ("0", "/search?topic=ethics&stage=second")


def test_each_number_leads_to_as_many_entries(kb: Corpus) -> None:
    for label, (count, path) in cells(browse(kb.client, "/map?q=study&rows=topic&columns=stage")).items():
        found = browse(kb.client, path).texts("p", role="status")[0]
        assert found.startswith(f"{count} found"), label


def test_a_cell_is_divided_by_a_third_field_and_says_so_in_words(kb: Corpus) -> None:
    page = browse(kb.client, "/map?rows=topic&columns=stage&cells=format")
    assert cells(page)["Ethics, First: 3 (Article 3)"][0] == "3"
    assert any(
        legend.startswith("Formats:") and "Article" in legend for legend in page.texts("p", class_="small legend")
    )


def test_the_page_says_in_words_what_it_shows_and_leads_to_other_forms(kb: Corpus) -> None:
    page = browse(kb.client, "/map?topic=ethics&rows=topic&columns=stage&cells=&q=")
    (status,) = page.texts("p", role="status")
    assert status.startswith("Entries with topic Ethics, by topics and stages: 3 in all.")
    assert "Most are in Ethics, First: 3." in status
    links = page.links()
    assert links["All entries (3)"] == "/search?topic=ethics"
    assert links["Remove Topics Ethics"] == "/map?rows=topic&columns=stage"
    for label in ("JSON", "CSV", "A picture (SVG)"):
        assert kb.client.get(links[label]).status_code == 200


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("rows=colour", "field cannot be counted"),
        ("rows=topic&columns=topic", "must be of different fields"),
        ("rows=topic&rows=stage", "only once"),
        ("topic=ethic", "Perhaps you meant: ethics."),
        ("sort=title", "Unknown parameter"),
    ],
)
def test_what_cannot_be_drawn_is_said_on_a_page(kb: Corpus, query: str, message: str) -> None:
    page = browse(kb.client, f"/map?{query}")
    assert page.status == 400
    assert message in page.source


def test_the_first_page_and_a_search_lead_to_the_map(kb: Corpus) -> None:
    assert "/map" in browse(kb.client, "/").links().values()
    assert browse(kb.client, "/search?q=study&topic=ethics&sort=title").links()["As a map"] == (
        "/map?q=study&topic=ethics"
    )
    assert "As a map" not in browse(kb.client, "/publications").links()


def test_a_field_chosen_for_one_side_is_not_the_usual_one_of_the_other(kb: Corpus) -> None:
    page = browse(kb.client, "/map?columns=topic")
    assert "Topics" not in page.texts("caption")[0].partition(" down")[0]
