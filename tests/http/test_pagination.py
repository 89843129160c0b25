"""A page of a list says how many there are, and where the pages beside it are."""

import pytest
from pydantic import BaseModel

from app.http.pagination import Page


class Note(BaseModel):
    text: str


class NotePage(Page[Note]):
    pass


def note_page(count: int, page: int, **filters: object) -> NotePage:
    notes: list[Note | dict[str, str]] = [Note(text="one"), {"text": "two"}]
    return NotePage.build("https://kb.test/notes", notes, count=count, page=page, per_page=2, filters=filters)


def test_it_has_results_meta_and_links() -> None:
    assert note_page(6, 2).model_dump() == {
        "meta": {"count": 6, "page": 2, "per_page": 2},
        "results": [{"text": "one"}, {"text": "two"}],
        "links": {
            "self": "https://kb.test/notes?per_page=2&page=2",
            "prev": "https://kb.test/notes?per_page=2&page=1",
            "next": "https://kb.test/notes?per_page=2&page=3",
        },
    }


@pytest.mark.parametrize(
    ("count", "page", "has_prev", "has_next"), [(2, 1, False, False), (3, 1, False, True), (3, 2, True, False)]
)
def test_no_link_leads_beyond_the_first_or_the_last_page(count: int, page: int, has_prev: bool, has_next: bool) -> None:
    links = note_page(count, page).links
    assert (links.prev is not None, links.next is not None) == (has_prev, has_next)


def test_links_keep_the_filters_that_were_requested() -> None:
    links = note_page(2, 1, kind=["site", "event"], state=None, q="a & b").links
    assert links.self == "https://kb.test/notes?kind=site&kind=event&q=a+%26+b&per_page=2&page=1"


def test_the_description_has_the_name_of_the_list() -> None:
    assert NotePage.model_json_schema()["title"] == "NotePage"
