"""RIS, BibTeX and LaTeX, by rispy, bibtexparser and pylatexenc: the same, but where a test says why not."""

from typing import Any

import bibtexparser
import pytest
import rispy
from bibtexparser.middlewares import LatexDecodingMiddleware, NormalizeFieldKeys, SeparateCoAuthors, SplitNameParts
from bibtexparser.model import Entry, Field
from hypothesis import given
from hypothesis import strategies as st
from pylatexenc.latex2text import LatexNodes2Text
from pylatexenc.latexencode import UnicodeToLatexEncoder

from app.intake.formats.latex import decode_latex
from app.intake.records.names import SUFFIX
from app.intake.records.parsed_record import ParsedRecord
from app.kit.text.characters import single_line
from tests.corpus import Corpus
from tests.intake.conftest import found, one, people, titles
from tests.intake.test_round_trip import exported

WORDS = st.lists(
    st.text(st.characters(categories=["Lu", "Ll", "Nd"], max_codepoint=0x24F), min_size=1, max_size=8),
    min_size=1,
    max_size=5,
).map(" ".join)
NAMES = (
    st.text("abcdefghijklmnopqrstuvwxyzáñöß", min_size=2, max_size=9)
    .map(str.capitalize)
    .filter(lambda name: not SUFFIX.fullmatch(name))  # `Doe, Jr` is a Doe of whom the given name is not told
)
PEOPLE = st.lists(st.tuples(NAMES, NAMES), max_size=4, unique=True)
ENCODER = UnicodeToLatexEncoder(unknown_char_policy="keep")
NUMBERS = st.integers(1, 999).map(str)


@st.composite
def rispy_entries(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "type_of_reference": "JOUR",
        "id": draw(WORDS),
        "title": draw(WORDS),
        "journal_name": draw(WORDS),
        "authors": [f"{family}, {given}" for family, given in draw(PEOPLE)],
        "year": draw(st.integers(1000, 2100).map(str)),
        "volume": draw(NUMBERS),
        "number": draw(NUMBERS),
        "publisher": draw(WORDS),
        "keywords": draw(st.lists(WORDS, max_size=3, unique=True)),
    }


def as_rispy_names_it(parsed: ParsedRecord) -> dict[str, Any]:
    values = parsed.values
    return {
        "type_of_reference": "JOUR" if values["type"] == "article-journal" else values["type"],
        "id": values["id"],
        "title": values["title"],
        "journal_name": values["container_title"],
        "authors": [f"{family}, {given}" for family, given, _ in people(parsed)],
        "year": values["issued"].text,
        "volume": values["volume"],
        "number": values["issue"],
        "publisher": values["publisher"],
        "keywords": list(values.get("keywords", ())),
    }


@given(st.lists(rispy_entries(), min_size=1, max_size=3))
def test_what_rispy_writes_is_read_as_it_was_meant(entries: list[dict[str, Any]]) -> None:
    read = [each for each in found("ris", rispy.dumps(entries)) if isinstance(each, ParsedRecord)]
    assert [as_rispy_names_it(each) for each in read] == entries


def test_the_number_that_rispy_puts_before_each_record_belongs_to_none() -> None:
    text = rispy.dumps([{"type_of_reference": "BOOK", "title": title} for title in ("One", "Two")])
    assert text.startswith("1.\n")
    assert titles("ris", text) == ["One", "Two"]


def test_the_seeded_entries_are_the_same_to_rispy(seeded: Corpus) -> None:
    text = exported(seeded, "ris")
    ours = [each for each in found("ris", text) if isinstance(each, ParsedRecord)]
    theirs = rispy.loads(text, newline="\r\n")
    assert len(ours) == len(theirs) > 50
    for mine, other in zip(ours, theirs, strict=True):
        values = mine.values
        assert values["id"] == other["id"]
        assert values["title"] == other["title"]
        assert values.get("abstract", "") == other.get("abstract", "")
        assert list(values.get("keywords", ())) == other.get("keywords", [])
        assert values.get("doi") == other.get("doi")
        assert values.get("publisher") == other.get("publisher")
        authors = [each.name.inverted for each in mine.credits if each.name.role == "author"]
        assert authors == other.get("authors", [])


@st.composite
def bibtex_entries(draw: st.DrawFn) -> tuple[Entry, dict[str, Any]]:
    """An entry for bibtexparser to write, and what is to be read."""
    title, journal, persons = draw(WORDS), draw(WORDS), draw(PEOPLE)
    volume, year = draw(NUMBERS), draw(st.integers(1000, 2100).map(str))
    first, last = sorted(draw(st.lists(st.integers(1, 999), min_size=2, max_size=2, unique=True)))
    fields = {
        "title": encoded(title),
        "journal": encoded(journal),
        "author": " and ".join(f"{encoded(family)}, {encoded(given)}" for family, given in persons),
        "volume": volume,
        "year": year,
        "pages": f"{first}--{last}",
    }
    meant = {"title": title, "container_title": journal, "volume": volume, "pages": f"{first}-{last}"}
    entry = Entry("article", "key", [Field(name, value) for name, value in fields.items() if value])
    return entry, {**meant, "year": year, "people": [(family, given, None) for family, given in persons]}


def encoded(text: str) -> str:
    """As pylatexenc writes it, but for the few letters, as the T with a stroke, that it does not read back itself."""
    return "".join(
        latex if plain(latex) == char else char for char in text for latex in [ENCODER.unicode_to_latex(char)]
    )


def plain(latex: str) -> str:
    return str(LatexNodes2Text(keep_comments=True).latex_to_text(latex))


@given(bibtex_entries())
def test_what_bibtexparser_writes_is_read_as_it_was_meant(made: tuple[Entry, dict[str, Any]]) -> None:
    entry, meant = made
    parsed = one("bibtex", bibtexparser.write_string(bibtexparser.Library([entry])))
    assert parsed.warnings == []
    assert people(parsed) == meant.pop("people")
    assert parsed.values["issued"].text == meant.pop("year")
    assert {name: parsed.values[name] for name in meant} == meant


@given(WORDS)
def test_what_pylatexenc_encodes_is_decoded(text: str) -> None:
    assert decode_latex(encoded(text)) == text


LATEX = st.sampled_from([
    r"\'e", r"{\"o}", r"\c{c}", r"{\o}", r"{\ss}", r"\v{S}", r"\~{n}", r"{\AE}", r"\&", r"\%", r"\_", "--", "---",
    "``", "''", r"{\textdegree}", r"$\beta$", r"{\dag}", "word", " ", r"{Kept}", r"\emph{leaning}", r"\textbf{loud}",
])  # fmt: skip


@given(st.lists(LATEX, max_size=10).map("".join))
def test_latex_that_is_sound_says_what_it_says_to_pylatexenc(text: str) -> None:
    assert single_line(decode_latex(text)) == single_line(plain(text))


@pytest.mark.parametrize(
    ("text", "ours", "theirs"),
    [
        ("100% sure of it", "100% sure of it", "100"),
        (r"A \strange{thing}", r"A \strangething", "A thing"),
        ("Health & care", "Health & care", "Health     care"),
        (r"\url{a_b}", "a_b", "<a_b>"),
    ],
)
def test_what_editors_forget_to_escape_is_kept(text: str, ours: str, theirs: str) -> None:
    """To pylatexenc, as to LaTeX, the rest of the line is a comment and a command that it does not know is nothing."""
    assert LatexNodes2Text().latex_to_text(text) == theirs
    assert decode_latex(text) == ours


def test_the_seeded_entries_are_the_same_to_bibtexparser(seeded: Corpus) -> None:
    text = exported(seeded, "bibtex")
    ours = [each for each in found("bibtex", text) if isinstance(each, ParsedRecord)]
    middleware = [NormalizeFieldKeys(), LatexDecodingMiddleware(), SeparateCoAuthors(), SplitNameParts()]
    library = bibtexparser.parse_string(text, append_middleware=middleware)
    assert library.failed_blocks == []
    assert len(ours) == len(library.entries) > 50
    for mine, other in zip(ours, library.entries, strict=True):
        fields = {each.key: each.value for each in other.fields}
        assert mine.values["id"] == other.key
        assert mine.values["title"] == single_line(fields["title"])
        assert mine.values.get("doi") == fields.get("doi")
        families = [each.name.family or each.name.literal for each in mine.credits if each.name.role == "author"]
        assert len(families) == len(fields.get("author", []))
