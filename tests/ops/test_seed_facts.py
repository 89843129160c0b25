"""Every fact of the seed files is read back from the API as it is written, has a source, and is none of our making."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.kit.values.identifiers import normalise
from tests.corpus import Corpus
from tests.yaml_files import read_yaml

pytestmark = pytest.mark.one_engine

HERE = Path(__file__).parent
SEEDS = HERE.parents[1] / "seed_data"
KNOWN = read_yaml(HERE / "known_facts.yaml")
COLLECTIONS = {
    path.stem: [
        item
        for item in read_yaml(path)["items"]
        if not item["slug"].startswith("practice-draft") and "replaced_by" not in item
    ]
    for path in sorted(SEEDS.glob("*.yaml"))
}
Facts = dict[str, Any]

OURS = ("synonyms", "vocabularies", "formats", "audiences")
"""Compiled for this knowledge base."""

NUMBER = re.compile(r"\d+(?:\.\d+)?")
QUOTATION = re.compile(r'"([^"]+)"')
NAME = re.compile(r"(?<![.!?:] )(?<![.!?:\n*-] )(?<=[a-z,;)] )[A-Z][\w'-]+")
"""A word with a capital that begins no sentence."""


@pytest.fixture(scope="module")
def documents(seeded: Corpus) -> dict[str, Facts]:
    """Everything public, by collection and slug."""
    return {
        f"{collection}/{item['slug']}": seeded.client.json(f"/v1/{collection}/{item['slug']}")
        for collection, items in COLLECTIONS.items()
        for item in items
    }


def path_of(url: str) -> str:
    return "/".join(url.rsplit("/", 2)[-2:])


def as_written(name: str, value: Any) -> Any:
    """A member of a document in the form in which the files give it."""
    if name == "licence":
        return value and value["id"]
    if name in ("broader", "organisation", "term"):
        return value and (value["slug"] if name != "term" else path_of(value["url"]))
    if name == "related":
        return [each["slug"] for each in value]
    if name == "terms":
        return {scheme: [each["slug"] for each in terms] for scheme, terms in value.items() if terms}
    if name == "contributors":
        return [{"agent": path_of(each["url"]), "role": each["role"]} for each in value]
    if name == "relations":
        return [{"type": each["type"], "target": path_of(each["url"])} for each in value]
    if name == "entries":
        return [{"entry": path_of(each["url"]), "line": each["line"]} for each in value]
    if name == "funding":
        return [{**each, "funder": path_of(each["funder"]["url"])} for each in value]
    if name == "identifiers":
        return [{"scheme": each["scheme"], "value": each["value"]} for each in value]
    if isinstance(value, dict):
        return {key: as_written(key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_written("", each) for each in value]
    return value


def says(shown: Any, written: Any) -> bool:
    """Whether what is shown has all that is written: lists in their order, members that nobody gave aside."""
    if isinstance(written, dict):
        return isinstance(shown, dict) and all(says(shown.get(key), value) for key, value in written.items())
    if isinstance(written, list):
        return len(shown) == len(written) and all(map(says, shown, written))
    return bool(shown == (written.strip() if isinstance(written, str) else written))


def requested(name: str, value: Any) -> Any:
    """A member of a file, its identifiers in their one spelling."""
    if name == "identifiers":
        return [{"scheme": each["scheme"], "value": normalise(each["scheme"], each["value"])} for each in value]
    return value


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_member_of_every_item_is_read_back(collection: str, documents: dict[str, Facts]) -> None:
    for item in COLLECTIONS[collection]:
        document = documents[f"{collection}/{item['slug']}"]
        for name, value in item.items():
            shown = as_written(name, document[name])
            if name == "relations":  # those that others state are shown too
                assert all(each in shown for each in value), (item["slug"], name)
            else:
                assert says(shown, requested(name, value)), (item["slug"], name, shown, value)


def test_nothing_is_without_a_source(documents: dict[str, Facts]) -> None:
    assert [path for path, document in documents.items() if not any(map(str.strip, document["sources"]))] == []
    access = {path: document for path, document in documents.items() if document.get("access", "unknown") != "unknown"}
    assert access
    assert [path for path, document in access.items() if not document["access_source"]] == []


def listed(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else value or []


def texts(document: Facts) -> Iterator[str]:
    """What is said of a thing in sentences and names, its sources aside."""
    members = ("title", "alternative_titles", "summary", "body", "introduction", "definition", "description")
    for name in (*members, "purpose", "basis"):
        yield from listed(document.get(name))
    for section in document.get("sections", ()):
        yield from (section["heading"], section["text"], *(each["line"] or "" for each in section["entries"]))
    for element in document.get("elements", ()):
        yield from (element["title"], element["description"], element["body"], *element["prompts"])
    for award in document.get("funding", ()):
        yield award["award_title"] or ""


def of_the_project(documents: dict[str, Facts]) -> Iterator[tuple[str, Facts]]:
    return ((path, each) for path, each in documents.items() if path.split("/")[0] not in OURS)


def test_no_number_is_made_up(documents: dict[str, Facts]) -> None:
    numbers = {
        (path, number)
        for path, each in of_the_project(documents)
        for text in texts(each)
        for number in NUMBER.findall(text)
    }
    assert {number for _, number in numbers} == KNOWN["numbers"].keys(), sorted(numbers)


def test_no_date_identifier_or_bibliographic_value_is_made_up(documents: dict[str, Facts]) -> None:
    members = (
        *(
            "issued",
            "cover_date",
            "start",
            "end",
            "duration",
            "volume",
            "issue",
            "pages",
            "issn",
            "article_number",
            "acronym",
        ),
        *("fieldwork_start", "fieldwork_end"),
    )
    values = {str(each[name]) for _, each in of_the_project(documents) for name in members if each.get(name)}
    for _, each in of_the_project(documents):
        values |= {one["value"] for one in each.get("identifiers", ()) if one["scheme"] != "url"}
        values |= {award["award_number"] for award in each.get("funding", ()) if award["award_number"]}
        values |= {each["licence"]["id"]} if each.get("licence") else set()
        affiliations = each.get("affiliations", ())
        values |= {day for one in affiliations for day in (one["start"], one["end"]) if day}
    assert values == KNOWN["values"].keys()


def test_every_quotation_is_one_of_a_source(documents: dict[str, Facts]) -> None:
    quotations = {
        " ".join(quotation.split())
        for _, each in of_the_project(documents)
        for text in (*texts(each), each.get("access_source") or "")
        for quotation in QUOTATION.findall(text)
    }
    assert quotations == KNOWN["quotations"].keys()


def test_every_address_is_at_a_known_place(documents: dict[str, Facts]) -> None:
    addresses = {
        address
        for _, each in of_the_project(documents)
        for address in (
            *(one["url"] for one in each.get("resources", ())),
            *(one["value"] for one in each.get("identifiers", ()) if one["scheme"] == "url"),
        )
    }
    assert {str(urlsplit(address).hostname) for address in addresses} <= {*KNOWN["hosts"]}


def test_every_name_in_a_text_is_known(documents: dict[str, Facts]) -> None:
    """That of somebody or something here, or one in the list of those that are not here."""
    members = ("title", "alternative_titles", "label", "name", "alternative_names", "venue", "publisher")
    named = (each for document in documents.values() for member in members for each in listed(document.get(member)))
    here = {word for text in named for word in re.findall(r"[\w'-]+", text)}
    names = {
        name.removesuffix("'s")
        for _, each in of_the_project(documents)
        for text in texts(each)
        for name in NAME.findall(text)
    }
    assert names - here == KNOWN["names"].keys()
