"""CSL-JSON, Crossref's and DataCite's JSON."""

import json
from typing import Any

from tests.intake.conftest import notes, one, people, titles

CROSSREF: dict[str, Any] = {
    "indexed": {"timestamp": 1}, "reference-count": 45, "publisher": "Oxford University Press (OUP)", "issue": "5",
    "license": [{"URL": "https://creativecommons.org/licenses/by/4.0/", "content-version": "vor"}],
    "funder": [{"name": "Economic and Social Research Council", "award": ["ES/T00133X/1"]}],
    "DOI": "10.1093/bjsw/bcac183", "type": "journal-article", "page": "2478-2498",
    "title": ["A <i>map</i> &amp; stages"],
    "subtitle": ["Of innovation"], "prefix": "10.1093", "volume": "53", "score": 1,
    "author": [
        {"ORCID": "http://orcid.org/0000-0002-1825-0097", "given": "Michelle", "family": "Lefevre", "sequence": "first",
         "affiliation": [{"name": "University of Sussex"}]},
        {"name": "Research in Practice", "sequence": "additional", "affiliation": []},
    ],
    "container-title": ["The British Journal of Social Work"],
    "abstract": "<jats:p>First.</jats:p><jats:p>Second.</jats:p>",
    "issued": {"date-parts": [[2022, 9]]}, "ISSN": ["0045-3102", "1468-263X"], "subject": ["Social work"],
    "URL": "https://doi.org/10.1093/bjsw/bcac183", "language": "en", "mystery": {"a": 1},
}  # fmt: skip

DATACITE: dict[str, Any] = {
    "id": "https://doi.org/10.5281/zenodo.1", "doi": "10.5281/zenodo.1", "url": "https://zenodo.org/record/1",
    "types": {"resourceTypeGeneral": "Report", "resourceType": "Working paper"},
    "creators": [
        {"name": "Lefevre, Michelle", "nameType": "Personal", "givenName": "Michelle", "familyName": "Lefevre",
         "nameIdentifiers": [{"nameIdentifier": "https://orcid.org/0000-0002-1825-0097"}]},
        {"name": "Innovation Unit", "nameType": "Organizational"},
    ],
    "titles": [{"title": "A report"}, {"title": "Ein Bericht", "titleType": "TranslatedTitle"}],
    "publisher": {"name": "Zenodo"}, "publicationYear": 2021, "subjects": [{"subject": "Ethics"}],
    "dates": [{"date": "2021-03-04", "dateType": "Issued"}], "language": "eng",
    "descriptions": [{"description": "Said.", "descriptionType": "Abstract"}],
    "rightsList": [{"rightsUri": "https://creativecommons.org/licenses/by/4.0/legalcode"}],
    "fundingReferences": [{"funderName": "ESRC", "awardNumber": "1"}],
}  # fmt: skip


def test_crossref() -> None:
    reading = one("csl", json.dumps(CROSSREF))
    values = {key: str(value) for key, value in reading.values.items()}
    assert values == {
        "publisher": "Oxford University Press (OUP)", "issue": "5", "licence_id": "CC-BY-4.0",
        "licence_url": "https://creativecommons.org/licenses/by/4.0/", "doi": "10.1093/bjsw/bcac183",
        "type": "article-journal", "pages": "2478-2498", "volume": "53",
        "container_title": "The British Journal of Social Work", "abstract": "First.\n\nSecond.", "issued": "2022-09",
        "issn": "0045-3102", "keywords": "('Social work',)", "url": "https://doi.org/10.1093/bjsw/bcac183",
        "language": "en", "title": "A map & stages: Of innovation",
    }  # fmt: skip
    assert people(reading) == [("Lefevre", "Michelle", None), ("", None, "Research in Practice")]
    assert reading.credits[0].orcid == "0000-0002-1825-0097"
    assert notes(reading) == {
        "funder": "Economic and Social Research Council ES/T00133X/1",
        "affiliation of Lefevre, Michelle": "University of Sussex",
        "ISSN": "1468-263X",
        "mystery": "a: 1",
    }


def test_crossref_and_datacite_in_their_wrappings() -> None:
    assert (
        titles("csl", json.dumps({"status": "ok", "message": {"items": [CROSSREF, CROSSREF]}}))
        == ["A map & stages: Of innovation"] * 2
    )
    assert titles("csl", json.dumps({"data": {"id": "x", "type": "dois", "attributes": DATACITE}})) == ["A report"]


def test_datacite_with_more_than_its_creators_know() -> None:
    """Contributors by what they did, an article's journal, and of several dates that of its year."""
    reading = one(
        "csl",
        json.dumps(
            DATACITE
            | {
                "contributors": [
                    {"name": "Holmes, Dez", "givenName": "Dez", "familyName": "Holmes", "contributorType": "Editor"},
                    {"name": "Firmin, Carlene", "contributorType": "Supervisor"},
                ],
                "dates": [
                    {"date": "2021-03-04", "dateType": "Available"},
                    {"date": "2020-01-01", "dateType": "Issued"},
                    {"date": "2020-02-02", "dateType": "Issued"},
                ],
                "relatedIdentifiers": [
                    {"relatedIdentifier": "0045-3102", "relatedIdentifierType": "ISSN", "relationType": "IsPartOf"},
                    {"relatedIdentifier": "10.1000/1", "relatedIdentifierType": "DOI", "relationType": "Cites"},
                ],
                "container": {"title": "Journal", "volume": "53", "firstPage": "1", "lastPage": "9"},
            }
        ),
    )
    values = {key: str(value) for key, value in reading.values.items()}
    shown = {key: values[key] for key in ("issued", "issn", "container_title", "volume", "pages")}
    assert shown == {
        "issued": "2021-03-04",
        "issn": "0045-3102",
        "container_title": "Journal",
        "volume": "53",
        "pages": "1-9",
    }
    assert people(reading)[2:] == [("Holmes", "Dez", None), ("Firmin", "Carlene", None)]
    assert [each.name.role for each in reading.credits[2:]] == ["editor", "contributor"]
    assert [(each.name, each.value) for each in reading.notes if each.name != "fundingReferences"] == [
        ("titles TranslatedTitle", "Ein Bericht"),
        ("contributors", "Firmin, Carlene: Supervisor"),
        ("dates Issued", "2020-02-02"),
        ("dates Issued", "2020-01-01"),
        ("relatedIdentifiers", "Cites DOI 10.1000/1"),
    ]


def test_datacite() -> None:
    reading = one("csl", json.dumps(DATACITE))
    values = {key: str(value) for key, value in reading.values.items()}
    assert values == {
        "type": "report", "genre": "Working paper", "title": "A report", "issued": "2021-03-04",
        "doi": "10.5281/zenodo.1", "id": "https://doi.org/10.5281/zenodo.1", "url": "https://zenodo.org/record/1",
        "publisher": "Zenodo", "language": "en", "keywords": "('Ethics',)", "abstract": "Said.",
        "licence_id": "CC-BY-4.0", "licence_url": "https://creativecommons.org/licenses/by/4.0/legalcode",
    }  # fmt: skip
    assert people(reading) == [("Lefevre", "Michelle", None), ("", None, "Innovation Unit")]
    assert reading.credits[0].orcid == "0000-0002-1825-0097"
    assert notes(reading) == {"titles TranslatedTitle": "Ein Bericht", "fundingReferences": "ESRC 1"}


def test_csl_names_and_dates() -> None:
    reading = one(
        "csl",
        json.dumps(
            {
                "id": 7,
                "type": "book",
                "title": "T",
                "author": [
                    {"family": "Berg", "given": "Jan", "non-dropping-particle": "van der"},
                    {"family": "King", "given": "Martin Luther", "suffix": "Jr."},
                    {"literal": "Trust"},
                    "nobody",
                ],
                "issued": {"date-parts": [["2019", 1], [2020]], "season": 2},
            }
        ),
    )
    assert people(reading) == [("van der Berg", "Jan", None), ("King", "Martin Luther", None), ("", None, "Trust")]
    assert reading.credits[1].suffix == "Jr."
    assert reading.values["issued"].text == "2019-01"
    assert notes(reading) == {"author": "nobody", "issued": "2019, 1, 2020", "issued season": "2"}


def test_what_was_available_before_it_was_issued_has_two_dates() -> None:
    def dates(available: list[int], issued: list[int]) -> dict[str, Any]:
        both = {"available-date": {"date-parts": [available]}, "issued": {"date-parts": [issued]}}
        values = one("csl", json.dumps([{"title": "Two dates", "type": "article-journal", **both}])).values
        return {name: values[name].text for name in ("issued", "cover_date") if name in values}

    assert dates([2022], [2023, 7]) == {"issued": "2022", "cover_date": "2023-07"}
    assert dates([2023, 7, 1], [2023, 7]) == {"issued": "2023-07"}
    assert dates([2024], [2023]) == {"issued": "2023"}
    assert dates([2022, 13], [2023]) == {"issued": "2023"}


def test_crossref_gives_the_date_of_an_issue_as_that_in_print() -> None:
    printed = {"published-print": {"date-parts": [[2023, 7]]}, "published-online": {"date-parts": [[2022, 9, 29]]}}
    values = one("csl", json.dumps(CROSSREF | printed)).values
    assert (values["issued"].text, values["cover_date"].text) == ("2022-09", "2023-07")
    book = {"title": "A book", "type": "book", "issued": {"date-parts": [[2022]]}, **printed}
    assert "cover_date" not in one("csl", json.dumps(book)).values


def test_an_object_that_is_no_json_is_refused_alone() -> None:
    text = '[\n{"title": "One"},\n{"title": "Two",},\n{"type": "book"},\n{"title": "Th{r}e\\"e"}\n]'
    assert titles("csl", text) == [
        "One",
        "3: The object is not well-formed JSON.",
        "4: The record has no title.",
        'Th{r}e"e',
    ]


def test_an_object_a_line_and_a_text_cut_short() -> None:
    assert titles("csl", '{"title": "One"}\n{"title": "Two"}\n{"title": "Th') == [
        "One",
        "Two",
        "3: The object is not closed.",
    ]
    assert titles("csl", "nothing") == ["1: There is no JSON object here."]


def test_large_texts_come_through_whole() -> None:
    text = json.dumps([{"title": f"Number {number} " + '{"\\' * 50} for number in range(3000)])
    found = titles("csl", text)
    assert (len(found), found[-1][:11]) == (3000, "Number 2999")


def test_latin_1_and_utf_16() -> None:
    text = '[{"title": "Café"}]'
    assert titles("csl", text.encode("utf-16")) == titles("csl", text.encode("latin-1")) == ["Café"]
