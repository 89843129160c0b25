"""A wrong file is refused whole, with file, line and reason, in a dry run too."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.db.sessions import Sessions
from app.ops.seeding import SeedError, seed
from tests.ops.small_seeds import contents, edit

pytestmark = pytest.mark.one_engine

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WRONG = {
    "bad YAML": ("people.yaml", "name: Ada Lovelace", "name: 'Ada", "people.yaml:7: found unexpected end of stream"),
    "a tab": (
        "people.yaml",
        "    family",
        "\tfamily",
        "people.yaml:5: found character '\\t' that cannot start any token",
    ),
    "a control character": (
        "people.yaml",
        "given: Ada",
        "given: \x07",
        "people.yaml:6: special characters are not allowed",
    ),
    "a key written twice": ("people.yaml", "given: Ada", "name: Ada", "people.yaml:6: a key occurs twice"),
    "a collection named twice": (
        "people.yaml",
        "collection: people\n",
        "collection: people\ncollection: people\n",
        "people.yaml:2: a key occurs twice",
    ),
    "an unknown member": (
        "people.yaml",
        "given: Ada",
        "surname: Ada",
        "people.yaml:3: /surname: Extra inputs are not permitted",
    ),
    "a missing member": ("people.yaml", "    name: Ada Lovelace\n", "", "people.yaml:3: /name: Field required"),
    "a wrong type": ("people.yaml", "given: Ada", "given: 5", "people.yaml:3: /given: Input should be a valid string"),
    "a slug that is none": (
        "people.yaml",
        "slug: ada-lovelace",
        "slug: Ada Lovelace",
        "people.yaml:3: /slug: Value error, must be words of lower-case letters (a-z) and digits, "
        "joined by single hyphens",
    ),
    "a reserved slug": (
        "people.yaml",
        "slug: ada-lovelace",
        "slug: search",
        "people.yaml:3: /slug: Value error, is reserved for paths of the service",
    ),
    "a date without quotation marks": (
        "publications.yaml",
        'issued: "1843"',
        "issued: 1843-01-02",
        "publications.yaml:3: /issued: Input should be a valid string",
    ),
    "a year without quotation marks": (
        "publications.yaml",
        'issued: "1843"',
        "issued: 1843",
        "publications.yaml:3: /issued: Input should be a valid string",
    ),
    "a day that no calendar has, without quotation marks": (
        "publications.yaml",
        'issued: "1843"',
        "issued: 1843-13-45",
        "publications.yaml:6: month must be in 1..12",
    ),
    "an unknown term": (
        "publications.yaml",
        "format: [article]",
        "format: [artikle]",
        "publications.yaml:3: publications/notes: /terms/format/0: There is no such term in the vocabulary 'format'."
        " Perhaps article?",
    ),
    "an unknown vocabulary": (
        "publications.yaml",
        "{format: [article]}",
        "{format: [article], formats: [book]}",
        "publications.yaml:3: publications/notes: /terms/formats: There is no such vocabulary. Perhaps format?",
    ),
    "two terms of a single vocabulary": (
        "publications.yaml",
        "format: [article]",
        "format: [article, book]",
        "publications.yaml:3: publications/notes: /terms/format: Choose only one of “Formats”.",
    ),
    "no term of a required vocabulary": (
        "publications.yaml",
        "{format: [article]}",
        "{}",
        "publications.yaml:3: publications/notes: /terms/format: Choose one of “Formats”.",
    ),
    "an unknown person": (
        "publications.yaml",
        "people/ada-lovelace",
        "people/ada-lovelac",
        "publications.yaml:3: publications/notes: /contributors/0/agent: There is no such person."
        " Perhaps ada-lovelace?",
    ),
    "an unknown entry": (
        "publications.yaml",
        "target: publications/notes",
        "target: publications/note",
        "publications.yaml:12: publications/sketch: /relations/0/target: There is no such publication. Perhaps notes?",
    ),
    "an entry of an unknown kind": (
        "publications.yaml",
        "target: publications/notes",
        "target: publication/notes",
        "publications.yaml:12: publications/sketch: /relations/0/target: There is no such kind of entry."
        " Perhaps publications?",
    ),
    "an entry related to itself": (
        "publications.yaml",
        "target: publications/notes",
        "target: publications/sketch",
        "publications.yaml:12: publications/sketch: /relations/0/target: An entry cannot be related to itself.",
    ),
    "a wrong DOI": (
        "publications.yaml",
        "value: 10.1000/notes",
        "value: doi.org/notes",
        "publications.yaml:3: publications/notes: /identifiers/0/value: a DOI is written as 10.1234/suffix",
    ),
    "a wrong ISBN": (
        "publications.yaml",
        "scheme: doi, value: 10.1000/notes",
        "scheme: isbn, value: 978-1-4473-6725-4",
        "publications.yaml:3: publications/notes: /identifiers/0/value: the check digit of the ISBN is wrong",
    ),
    "an identifier of two entries": (
        "publications.yaml",
        "    relations:\n",
        "    identifiers:\n      - {scheme: doi, value: 10.1000/NOTES}\n    relations:\n",
        "publications.yaml:12: publications/sketch: /identifiers: This identifier is already used by another "
        "entry or agent.",
    ),
    "a slug used twice": (
        "publications.yaml",
        "slug: sketch",
        "slug: notes",
        "publications.yaml:12: publications/notes is a duplicate (first at publications.yaml:3)",
    ),
    "an unknown collection": (
        "people.yaml",
        "collection: people",
        "collection: peoples",
        "people.yaml:1: there is no collection of this name; known are collections, events, formats, frameworks,"
        " organisations, people, publications, sites, vocabularies",
    ),
    "an item that is no mapping": (
        "formats.yaml",
        "{slug: book, label: Book}",
        "book",
        "formats.yaml:1: must have `collection:` and a list of `items:`",
    ),
    "another member beside the items": (
        "formats.yaml",
        "items:",
        "version: 2\nitems:",
        "formats.yaml:1: must have `collection:` and a list of `items:`",
    ),
    "a term that leads to itself": (
        "formats.yaml",
        "{slug: book, label: Book}",
        "{slug: book, label: Book, broader: book}",
        "formats.yaml:4: format/book: /broader: The term would replace itself.",
    ),
    "terms that lead to each other": (
        "formats.yaml",
        "- {slug: article, label: Article}\n  - {slug: book, label: Book}",
        "- {slug: article, label: Article, broader: book}\n  - {slug: book, label: Book, broader: article}",
        "formats.yaml:4: format/book: /broader: The term would replace itself.",
    ),
    "a vocabulary without a name": (
        "vocabularies.yaml",
        "collection: formats",
        "collection: [formats]",
        "vocabularies.yaml:3: /collection: Input should be a valid string",
    ),
    "two vocabularies at one address": (
        "vocabularies.yaml",
        "items:\n",
        "items:\n  - {slug: kind-of-format, collection: formats, label: Formats}\n",
        "vocabularies.yaml:4: the collection formats is a duplicate (first at vocabularies.yaml:3)",
    ),
}


def refused(sessions: Sessions, folder: Path, *, dry_run: bool = False) -> list[str]:
    """The problems, after a look that nothing was changed."""
    before = contents(sessions)
    with pytest.raises(SeedError) as raised, sessions.write() as session:
        seed(session, folder, now=NOW, dry_run=dry_run)
    assert contents(sessions) == before
    return list(raised.value.problems)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_with_file_line_and_reason(name: str, empty: Sessions, folder: Path) -> None:
    file, before, after, problem = WRONG[name]
    edit(folder, file, before, after)
    assert problem in refused(empty, folder)
    assert problem in refused(empty, folder, dry_run=True)


def test_a_wrong_file_is_refused_where_everything_else_is_there_already(empty: Sessions, folder: Path) -> None:
    with empty.write() as session:
        seed(session, folder, now=NOW)
    edit(folder, "publications.yaml", "format: [article]", "format: [artikle]")
    (problem,) = refused(empty, folder)
    assert problem.startswith("publications.yaml:3: publications/notes: /terms/format/0: There is no such term")


def test_every_problem_of_every_file_is_named(empty: Sessions, folder: Path) -> None:
    edit(folder, "people.yaml", "given: Ada", "surname: Ada")
    edit(folder, "publications.yaml", 'issued: "1843"', "issued: 1843")
    assert [problem.split(": ")[:2] for problem in refused(empty, folder)] == [
        ["people.yaml:3", "/surname"],
        ["publications.yaml:3", "/issued"],
    ]


def test_a_file_that_is_not_utf8_is_refused(empty: Sessions, folder: Path) -> None:
    path = folder / "people.yaml"
    path.write_bytes(path.read_bytes().replace(b"Ada Lovelace", b"Ad\xe1 Lovelace"))
    assert refused(empty, folder) == ["people.yaml:1: the file is not UTF-8"]


def test_an_empty_file_is_refused(empty: Sessions, folder: Path) -> None:
    (folder / "people.yaml").write_text("# nothing\n", encoding="utf-8")
    assert refused(empty, folder) == ["people.yaml:1: must have `collection:` and a list of `items:`"]


@pytest.mark.parametrize("name", ["nothing-in-it", "not-there"])
def test_a_folder_without_seeds_is_refused(name: str, empty: Sessions, tmp_path: Path) -> None:
    (tmp_path / "nothing-in-it").mkdir()
    assert refused(empty, tmp_path / name) == [f"{tmp_path / name}: there are no YAML files in this folder"]
