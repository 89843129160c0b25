"""citation-js reads in BibTeX, BibLaTeX and RIS what it reads in CSL-JSON, member by member."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.conftest import HERE, Call

Item = dict[str, Any]

TYPES: dict[str, dict[str, str]] = {
    "bibtex": {
        "article-magazine": "article-journal",
        "broadcast": "document",
        "graphic": "document",
        "interview": "document",
        "motion_picture": "document",
        "post-weblog": "webpage",
    },
    "biblatex": {
        "article-magazine": "article-journal",
        "broadcast": "motion_picture",
        "graphic": "figure",
        "interview": "document",
        "post-weblog": "webpage",
    },
    "ris": {"broadcast": "motion_picture", "graphic": "figure", "interview": "document"},
}
"""What is read of types that a format does not tell apart."""

NOWHERE = {"custom", "dimensions", "available-date", "citation-key", "note"}
"""Members of CSL-JSON alone; in the others they are notes, or fields that citation-js does not know."""

UNREAD: dict[str, set[str]] = {
    "bibtex": NOWHERE,
    "biblatex": NOWHERE | {"genre"},  # `titleaddon` or `type`, which citation-js reads of reports
    "ris": NOWHERE,
}
IN_WHAT_IT_APPEARED = {"container-title", "collection-title", "publisher"}
"""What citation-js takes for one another where it is neither a book, a chapter nor an article: `organization` for the
publisher, `T2` for the series."""
OF_ARTICLES = {"article-journal", "article-magazine"}
PRINTED = {"book", "chapter", *OF_ARTICLES}


@pytest.fixture(scope="module")
def read(address: str, call: Call) -> dict[str, list[Item]]:
    return dict(json.loads(call("node", HERE / "citation-js.mjs", address).splitlines()[0]))


def comparable(item: Item, name: str, printed_as: str) -> Iterator[tuple[str, Any]]:
    """The members that a format has a place for, in one spelling."""
    for member, value in item.items():
        if member in UNREAD[name] or (member in IN_WHAT_IT_APPEARED and printed_as not in PRINTED):
            continue
        if member == "publisher" and name == "ris" and printed_as in OF_ARTICLES:
            continue  # citation-js reads no PB of a journal
        if member == "URL" and name == "biblatex" and "DOI" in item:
            continue  # the DOI stands for it
        if member == "type":
            value = TYPES[name].get(value, value)
        elif member == "keyword":
            value = re.split("[,;] ?", value)
        elif member == "ISBN":
            value = value.split() if isinstance(value, str) else value
        yield member, value


@pytest.mark.parametrize("name", TYPES)
def test_citation_js_reads_what_our_csl_json_says(read: dict[str, list[Item]], name: str) -> None:
    assert len(read[name]) == len(read["csl"]) > 40
    for ours, theirs in zip(read["csl"], read[name], strict=True):
        printed_as = ours["type"]
        assert dict(comparable(theirs, name, printed_as)) == dict(comparable(ours, name, printed_as))


@pytest.mark.parametrize("name", TYPES)
def test_citation_js_reads_what_a_chapter_says_of_its_book(read: dict[str, list[Item]], name: str) -> None:
    chapters = [item for item in read[name] if item["type"] == "chapter"]
    assert len(chapters) == sum(item["type"] == "chapter" for item in read["csl"]) > 5
    for chapter in chapters:
        assert {"container-title", "publisher", "ISBN"} <= set(chapter)
