"""Whose a name on one line is, in RIS, CSV and DataCite: a person or an organisation, and which part is which."""

import pytest

from app.intake.records.names import NO_COMMA_WARNING, parse_inverted_name
from tests.corpus import Corpus
from tests.intake.conftest import one, people
from tests.intake.import_files import imported, ris

Person = tuple[str, str | None, str | None]

PEOPLE: dict[str, Person] = {
    "Jane Doe": ("Doe", "Jane", None),
    "Jane Q. Doe": ("Doe", "Jane Q.", None),
    "J.K. Rowling": ("Rowling", "J.K.", None),
    "TS Eliot": ("Eliot", "TS", None),
    "Ludwig van Beethoven": ("van Beethoven", "Ludwig", None),
    "Jan van der Berg": ("van der Berg", "Jan", None),
    "Mary-Jane O\u2019Neill": ("O\u2019Neill", "Mary-Jane", None),
    "Núria Castells": ("Castells", "Núria", None),
    "Martin Luther King Jr.": ("King", "Martin Luther", "Jr."),
    "Doe, Jane": ("Doe", "Jane", None),
    "van der Berg, Jan": ("van der Berg", "Jan", None),
    "King, Martin Luther, Jr.": ("King", "Martin Luther", "Jr."),
    "King, Jr., Martin Luther": ("King", "Martin Luther", "Jr."),
}
ORGANISATIONS = [
    "University of Sussex",
    "Research in Practice",
    "Innovation Unit",
    "Example Trust",
    "Barnardo's",
    "NSPCC",
    "NSPCC Learning",
    "BBC Wales",
    "Department for Education",
    "Smith & Sons",
    "Safer London,",
    "contextual safeguarding",
    "Year 2000 Partners",
    "A Very Long Name Without Any Comma",
]


@pytest.mark.parametrize(("text", "person"), PEOPLE.items())
def test_a_person(text: str, person: Person) -> None:
    credit = parse_inverted_name(text)
    assert credit is not None
    assert (credit.name.family, credit.name.given, credit.suffix) == person
    assert credit.name.literal is None
    assert bool(credit.whole) == ("," not in text)


@pytest.mark.parametrize("text", ORGANISATIONS)
def test_an_organisation(text: str) -> None:
    credit = parse_inverted_name(text)
    assert credit is not None
    assert credit.name.literal == text.rstrip(",")


@pytest.mark.parametrize("text", ["\x00 ,Trust A1,1 B", ", Trust A1 ,, 1 B,"])
def test_a_name_that_begins_with_a_comma_is_one_name_and_its_commas_are_written_alike(text: str) -> None:
    credit = parse_inverted_name(text)
    assert credit is not None
    assert credit.name.literal == "Trust A1, 1 B"


@pytest.mark.parametrize("text", ["", " ", ",", " , ,"])
def test_nobody(text: str) -> None:
    assert parse_inverted_name(text) is None


def test_the_guess_is_said_in_ris_and_in_csv() -> None:
    ris = one("ris", "TY  - BOOK\nTI  - One\nAU  - Jane Doe\nAU  - Safer London,\nER  - ")
    csv = one("csv", 'title,authors\nOne,"Jane Doe; Safer London,"\n')
    for reading, place in ((ris, "AU"), (csv, "authors")):
        assert people(reading) == [("Doe", "Jane", None), ("", None, "Safer London")]
        assert reading.warnings == [f"{place}: {NO_COMMA_WARNING}"]


def test_an_organisation_of_that_name_in_the_catalogue_is_meant_rather(kb: Corpus) -> None:
    imported(kb, "ris", ris("First things", author="Safer London,"))
    imported(kb, "ris", ris("Quite another matter", author="Safer London"))
    shown = kb.client.json("/v1/publications/quite-another-matter")["contributors"]
    assert [each["url"].rpartition("/v1/")[2] for each in shown] == ["organisations/safer-london"]
