"""From records to proposed entries: agents, terms, addresses, and what is kept beside them."""

import json

import pytest

from app.catalogue.registry import BY_NAME
from app.intake.formats.source_formats import SOURCE_FORMATS
from tests.corpus import Corpus
from tests.factories import change, make_organisation, make_person, make_publication, make_term
from tests.intake.import_files import DRAFTS, PUBLISHED, imported, proposed, ris
from tests.intake.test_round_trip import PATH


def test_everything_that_has_a_field_and_everything_else(kb: Corpus) -> None:
    with kb.write() as session:
        make_person(session, slug="ada", name="Ada Example", family="Example", given="Ada")
        make_term(session, "topic", slug="care", label="Social care")
    more = (
        "AU  - King, Martin Luther, Jr.\nA3  - Series, Sam\nJO  - Journal\nVL  - 1\nSP  - 1\nEP  - 9\nSN  - 0045-3102\n"
        "DO  - 10.1234/abc\nUR  - https://example.org/a\nKW  - social care\nKW  - other\nC7  - e1\nAB  - Said.\n"
        "CY  - Brighton\nC1  - own\nLA  - English\n"
    )
    [proposal] = proposed(kb, "ris", ris("The Title of It", more=more))
    assert proposal.data == {
        "slug": "the-title-of-it",
        "title": "The Title of It",
        "summary": "Said.",
        "language": "en",
        "issued": "2020",
        "venue": "Journal",
        "volume": "1",
        "pages": "1-9",
        "issn": "0045-3102",
        "article_number": "e1",
        "identifiers": [{"scheme": "doi", "value": "10.1234/abc"}],
        "resources": [{"type": "landing_page", "url": "https://example.org/a"}],
        "contributors": [
            {"agent": "people/ada", "role": "author"},
            {"agent": "people/martin-luther-king-jr", "role": "author"},
            {"agent": "people/sam-series", "role": "contributor"},
        ],
        "terms": {"format": ["article"], "topic": ["care"]},
    }
    assert [(each.reference, each.data) for each in proposal.agents.values()] == [
        (
            "people/martin-luther-king-jr",
            {
                "slug": "martin-luther-king-jr",
                "name": "Martin Luther King Jr.",
                "family": "King",
                "given": "Martin Luther",
            },
        ),
        ("people/sam-series", {"slug": "sam-series", "name": "Sam Series", "family": "Series", "given": "Sam"}),
    ]
    assert {(each.name, each.value) for each in proposal.notes} == {
        ("KW", "other"),
        ("C1", "own"),
        ("CY", "Brighton"),
        ("role of Series, Sam", "collection-editor"),
    }
    assert proposal.origin["venue"] == "JO"
    assert proposal.origin["contributors/0"] == "AU"
    assert proposal.origin["terms/topic"] == "KW"
    assert proposal.warnings == []


def test_a_type_without_a_format_is_said_and_kept(kb: Corpus) -> None:
    [proposal] = proposed(kb, "bibtex", "@phdthesis{k, title={T}}")
    assert "terms" not in proposal.data
    assert proposal.warnings == ["No format follows from the type: choose one before publishing."]
    assert [(each.name, each.value) for each in proposal.notes] == [("type", "thesis")]


def test_people_are_found_by_orcid_then_by_their_exact_name(kb: Corpus) -> None:
    orcid = {"scheme": "orcid", "value": "0000-0002-1825-0097"}
    with kb.write() as session:
        make_person(session, slug="ada-l", name="A. Lovelace", identifiers=[orcid])
        make_person(session, slug="jo-bloggs", name="Jo Bloggs")
        make_organisation(session, slug="trust", name="Example Trust")
    text = """[{"title": "T", "type": "book", "author": [
        {"family": "Lovelace", "given": "Ada", "ORCID": "https://orcid.org/0000-0002-1825-0097"},
        {"family": "Bloggs", "given": "Jo"}, {"family": "Bloggs", "given": "J."}, {"literal": "Example Trust"}]},
        {"title": "Other", "type": "book", "author": [
        {"family": "Lovelace", "given": "A.", "ORCID": "0000-0001-5109-3700"}, {"family": "Bloggs", "given": "J."}]}]"""
    one, other = proposed(kb, "csl", text)
    assert [each["agent"] for each in one.data["contributors"]] == [
        "people/ada-l",
        "people/jo-bloggs",
        "people/j-bloggs",
        "organisations/trust",
    ]
    assert [each.reference for each in one.agents.values()] == ["people/j-bloggs"]
    assert [each["agent"] for each in other.data["contributors"]] == ["people/a-lovelace", "people/j-bloggs"]
    assert other.warnings == ["Somebody else called A. Lovelace is in the catalogue, with another ORCID iD."]


def test_an_address_that_is_taken_gets_the_year_then_the_author_then_a_number(kb: Corpus) -> None:
    with kb.write() as session:
        for slug in ("title", "title-2020"):
            make_publication(session, slug=slug)
    text = "".join(ris("Title", author=f"Example, {name}", more=f"DO  - 10.1234/{name}\n") for name in "ABC")
    found = [each.data["slug"] for each in proposed(kb, "ris", text)]
    assert found == ["title-2020-example", "title-2020-example-2", "title-2020-example-3"]


def test_nobody_new_takes_an_address_that_somebody_else_had(kb: Corpus) -> None:
    with kb.write() as session:
        make_person(session, slug="jo-smith", name="Jo Smith")
        make_publication(session, slug="one", contributors=[{"agent": "people/jo-smith", "role": "author"}])
    with kb.write() as session:
        change(session, BY_NAME["person"], "jo-smith", slug="jo-smith-the-elder", name="Jo Smith the Elder")
    [proposal] = proposed(kb, "ris", ris("Another", author="Smith, Jo"))
    assert [each.reference for each in proposal.agents.values()] == ["people/jo-smith-2"]


def test_a_value_that_the_model_refuses_is_kept_in_the_notes(kb: Corpus) -> None:
    [proposal] = proposed(kb, "ris", ris("T" + " t" * 600, more="VL  - " + "x" * 1001 + "\n"))
    assert len(proposal.data["title"]) < 1000
    assert "volume" not in proposal.data
    assert sorted(each.name for each in proposal.notes) == ["TI", "VL"]


@pytest.mark.parametrize("name", SOURCE_FORMATS)
def test_our_own_exports_name_the_same_people_and_terms(seeded: Corpus, kb: Corpus, name: str) -> None:
    """Every export of every entry can be proposed, and is created in another knowledge base without a refusal."""
    text = seeded.client.get(f"/v1/publications.{PATH[name]}?per_page=100").text
    with kb.write() as session:
        for each in seeded.client.json("/v1/formats?per_page=100")["results"]:
            if each["slug"] not in ("article", "book", "video"):
                make_term(session, "format", slug=each["slug"], label=each["label"])
    done = imported(kb, name, text, PUBLISHED)
    assert [each for each in done if each[0] != "created"] == []


@pytest.mark.parametrize("author", [{"family": "x" * 2000, "given": "A"}, {"literal": "y" * 3000}])
def test_whom_the_catalogue_cannot_have_is_noted_and_the_rest_is_created(kb: Corpus, author: dict[str, str]) -> None:
    text = json.dumps([{"title": "A title", "author": [author, {"family": "Bloggs", "given": "Jo"}]}])
    [proposal] = proposed(kb, "csl", text)
    assert [each["agent"] for each in proposal.data["contributors"]] == ["people/jo-bloggs"]
    assert "A name is not valid in the catalogue; it is kept in the notes." in proposal.warnings
    assert [len(each.value) > 1000 for each in proposal.notes if each.name == "author"] == [True]
    assert imported(kb, "csl", text, DRAFTS) == [("created", "a-title")]


def test_control_characters_are_no_part_of_what_is_kept(kb: Corpus) -> None:
    author = {"family": "Be\x00rg", "non-dropping-particle": "va\x01n"}
    values = {
        "title": "A\x00title",
        "abstract": "a\x00b",
        "publisher": "p\x00q",
        "C\x001": "x\x00y",
        "URL": "http://a.b/\x00",
    }
    text = json.dumps([values | {"author": [author, {"literal": "\x00"}]}])
    assert imported(kb, "csl", text, DRAFTS) == [("created", "a-title")]
    [proposal] = proposed(kb, "csl", text)
    assert "\\u0000" not in json.dumps([proposal.data, [each.value for each in proposal.notes]])
