"""What is there already is found: by identifier, else by title, year and first author."""

import sys
from types import FrameType

import pytest

from app.catalogue.kind import Kind
from app.catalogue.registry import BY_NAME
from app.intake.matching.duplicates import similarity
from tests.corpus import Corpus
from tests.factories import change, make_person, make_publication
from tests.intake.import_files import imported, proposed, ris

PUBLICATION: Kind = BY_NAME["publication"]
TITLE = "Towards a Synthesised Directional Map of the Stages of Innovation"


@pytest.fixture
def there(kb: Corpus) -> Corpus:
    with kb.write() as session:
        make_person(session, slug="ada", name="Ada Example", family="Example", given="Ada")
        make_publication(
            session,
            slug="map",
            title=TITLE,
            issued="2020-05",
            contributors=[{"agent": "people/ada", "role": "author"}],
            identifiers=[
                {"scheme": "doi", "value": "10.1234/map"},
                {"scheme": "url", "value": "https://example.org/m"},
            ],
        )
    return kb


def why(kb: Corpus, text: str) -> list[tuple[str, bool, str]]:
    [proposal] = proposed(kb, "ris", text)
    return [(each.slug, each.certain, each.why) for each in proposal.duplicates]


def test_the_same_identifier(there: Corpus) -> None:
    assert why(there, ris("Anything", more="DO  - https://doi.org/10.1234/MAP\n")) == [
        ("map", True, "It has the same DOI.")
    ]
    assert why(there, ris("Anything", more="UR  - https://EXAMPLE.org/m\n")) == [("map", False, "It has the same URL.")]


ALL = "Title, year and first author are the same."
NEARLY = "Title, year and first author are nearly the same."


@pytest.mark.parametrize(
    ("title", "year", "author", "expected"),
    [
        (TITLE.upper() + ".", "2020", "Example, Ada", ALL),
        ("Tówards a synthesised, directional map of the stages of innovation", "2020", "Example, A.", ALL),
        (TITLE + " in children's social care", "2020", "Example, Ada", NEARLY),
        ("Towards a synthesized directional map of the stages of inovation", "2020", "Example, Ada", NEARLY),
        ("Toward a Synthesised Directional Map of the Stages of Innovation", "2020", "Example, Ada", NEARLY),
        (TITLE, "2021", "Example, Ada", "The title is the same."),
        (TITLE, "2024", "Example, Ada", None),
        (TITLE, "2020", "Other, Olive", None),
        ("Towards a Synthesised Directional Map of the Costs of Fishing Boats", "2020", "Example, Ada", None),
        (TITLE + " 2", "2020", "Example, Ada", None),
        ("Something else", "2020", "Example, Ada", None),
    ],
)
def test_likeness(there: Corpus, title: str, year: str, author: str, expected: str | None) -> None:
    assert why(there, ris(title, year=year, author=author)) == ([("map", False, expected)] if expected else [])


def test_a_changed_title_is_found_by_its_new_words(there: Corpus) -> None:
    with there.write() as session:
        change(session, PUBLICATION, "map", title="A new name")
    assert why(there, ris(TITLE)) == []
    assert why(there, ris("A new name")) == [("map", False, ALL)]


def test_duplicates_are_not_created_and_alike_ones_only_if_wished(there: Corpus) -> None:
    text = ris(TITLE) + ris("New one") + ris("New one") + ris("Other", more="DO  - 10.1234/map\n")
    assert [outcome for outcome, _ in imported(there, "ris", text)] == [
        "duplicate",
        "created",
        "duplicate",
        "duplicate",
    ]


def test_drafts_are_found_as_well(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="draft", title="A draft of mine", as_draft=True)
    [proposal] = proposed(kb, "ris", ris("A draft of mine"))
    assert [(each.slug, each.status) for each in proposal.duplicates] == [("draft", "draft")]


def test_titles_of_many_words_that_are_all_a_slip_away_cost_little() -> None:
    """Letter by letter, each word of one would be compared with each of the other: hours, for a file of these."""
    same = "a" * 480
    one = " ".join([same, *(f"{letter}b" for letter in "cdefghijklmnopqrstuvwxyz" * 7)])
    other = " ".join([same, *(f"{letter}d" for letter in "cdefghijklmnopqrstuvwxyz" * 7)])
    compared: list[int] = []

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name == "find_longest_match":
            compared.append(1)

    sys.setprofile(count)
    try:
        assert similarity(one, other) < 0.8
        assert similarity("x" * 400 + " y", "x" * 399 + "z y") < 0.8
    finally:
        sys.setprofile(None)
    assert len(compared) < 200
