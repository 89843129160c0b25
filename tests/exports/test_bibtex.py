import re
from typing import Any

import bibtexparser
import pytest
from bibtexparser.middlewares import LatexDecodingMiddleware, SeparateCoAuthors, SplitNameParts
from hypothesis import given
from hypothesis import strategies as st
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from app.exports.bibliography.bibtex_text import citation_key
from app.exports.formats import FORMATS
from app.exports.record import ItemType, Name, Record
from app.kit.text.characters import single_line
from app.kit.values.partial_dates import PartialDate

render = FORMATS["bibtex"].render

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
SYMBOLS = [
    MacroTextSpec("textbraceleft", "{"),
    MacroTextSpec("textbraceright", "}"),
    MacroTextSpec("textasciicircum", "^"),
]
SYNTAX = st.text(st.sampled_from("\\{}$&#_%~^`'\"@,=-<>?! \nabAB"), min_size=1, max_size=40)


def entries(*records: Record) -> list[Any]:
    library = bibtexparser.parse_string(render(records))
    assert library.failed_blocks == []
    return library.entries


def decoded(record: Record) -> dict[str, str]:
    """The fields as LaTeX sets them, without runs of spaces."""
    context = get_default_latex_context_db()
    context.add_context_category("not known to pylatexenc", macros=SYMBOLS, prepend=True)
    decoding = LatexDecodingMiddleware(decoder=LatexNodes2Text(latex_context=context))
    [entry] = bibtexparser.parse_string(render([record]), append_middleware=[decoding]).entries
    return {field.key: single_line(field.value) for field in entry.fields}


def test_an_article(article: Record) -> None:
    assert render([article]) == (
        "@article{directional-map,\n"
        "  title = {A map of {DEISC} \\& other stages},\n"
        "  author = {Lefevre, Michelle and {Research in Practice}},\n"
        "  editor = {Hampson, Martha},\n"
        "  abstract = {Six stages, from 0 to 100\\%.},\n"
        "  keywords = {innovation, social care},\n"
        "  language = {en},\n"
        "  copyright = {CC-BY-4.0},\n"
        "  journal = {The British Journal of Social Work},\n"
        "  volume = {53},\n"
        "  number = {5},\n"
        "  eid = {bcac183},\n"
        "  pages = {2768--2786},\n"
        "  publisher = {Oxford University Press},\n"
        "  issn = {0045-3102},\n"
        "  doi = {10.1093/bjsw/bcac183},\n"
        "  url = {https://kb.example/v1/a_b?x=1;y=2},\n"
        "  year = {2022},\n"
        "  month = sep,\n"
        "  date = {2022-09-29},\n"
        "}\n"
    )


def test_a_recording(webinar: Record) -> None:
    assert render([webinar]) == (
        "@misc{webinar-1-0aa272be94,\n"
        "  title = {A webinar},\n"
        "  type = {Webinar},\n"
        "  howpublished = {Video},\n"
        "  note = {First of two},\n"
        "  duration = {PT1H5M},\n"
        "  eventtitle = {Spring series},\n"
        "  venue = {Brighton},\n"
        "  isbn = {9781447367253 9781447367260},\n"
        "  year = {2021},\n"
        "  month = mar,\n"
        "}\n"
    )


@pytest.mark.parametrize("name", ["bibtex", "biblatex"])
def test_a_publisher_or_site_with_an_and_in_its_name_stays_one(name: str) -> None:
    page = Record(id="p", type="webpage", title="T", container_title="Bread and Roses", publisher="Sand")
    book = Record(id="b", type="book", title="T", publisher="Taylor AND Francis", publisher_place="Tyne and Wear")
    text = FORMATS[name].render([page, book])
    for field in ("organization = {{Bread and Roses}}", "publisher = {Sand}", "= {{Tyne and Wear}}"):
        assert field in text
    assert "publisher = {{Taylor AND Francis}}" in text


@pytest.mark.parametrize(
    ("item_type", "entry_type", "container", "publisher"),
    [
        ("article-journal", "article", "journal", "publisher"),
        ("book", "book", "organization", "publisher"),
        ("chapter", "incollection", "booktitle", "publisher"),
        ("report", "techreport", "organization", "institution"),
        ("webpage", "online", "organization", "publisher"),
        ("post-weblog", "online", "organization", "publisher"),
        ("speech", "misc", "organization", "publisher"),
    ],
)
def test_entry_types_name_their_fields(item_type: ItemType, entry_type: str, container: str, publisher: str) -> None:
    record = Record(id="a", type=item_type, title="T", container_title="C", publisher="P", number="7", pages="3")
    [entry] = entries(record)
    fields = {field.key: field.value for field in entry.fields}
    number = {"eid": "7"} if entry_type == "article" else {"number": "7"}
    assert (entry.entry_type, entry.key) == (entry_type, "a")
    assert fields == {"title": "T", container: "C", publisher: "P", "pages": "3", **number}


@given(TEXT | SYNTAX, TEXT | SYNTAX)
def test_braces_balance_and_nothing_but_the_entry_is_read(title: str, other: str) -> None:
    record = Record(
        id=other,
        type="book",
        title=title,
        names=(Name(title, other), Name(literal=other)),
        abstract=other,
        doi=f"10.1/{other}",
        url=f"https://example.org/{title}",
        isbns=(title,),
        issn=other,
        pages=title,
    )
    text = render([record])
    depth = 0
    for brace in re.findall("[{}]", text):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    [entry] = entries(record)
    assert entry.key == citation_key(other)


@given(SYNTAX)
def test_a_text_is_set_as_it_was_written(text: str) -> None:
    fields = decoded(Record(id="a", type="book", title=f"T {text}", abstract=text))
    assert fields["title"] == single_line(f"T {text}")
    assert fields.get("abstract", "") == single_line(text)


@pytest.mark.parametrize(
    ("issued", "lines"),
    [
        ("0044", "  year = {0044},\n"),
        ("2022-12", "  year = {2022},\n  month = dec,\n"),
        ("2022-01-02", "  year = {2022},\n  month = jan,\n  date = {2022-01-02},\n"),
    ],
)
def test_a_date_is_as_exact_as_it_is_known(issued: str, lines: str) -> None:
    record = Record(id="a", type="book", title="T", issued=PartialDate(issued))
    assert render([record]) == f"@book{{a,\n  title = {{T}},\n{lines}}}\n"


def test_acronyms_and_mixed_case_keep_their_capitals() -> None:
    text = render([Record(id="a", type="book", title="The NHS, an eBook (EFRH) & Brighton")])
    assert "  title = {The {NHS,} an {eBook} {(EFRH)} \\& Brighton},\n" in text


def test_names_are_distinguished_whatever_they_contain() -> None:
    names = (
        Name("van der Berg", "Ann"),
        Name("Salt and Pepper", "Jo"),
        Name("Smith, Jr", "Al"),
        Name("Plato"),
        Name(literal="Health, Care and Others"),
    )
    splitting = [SeparateCoAuthors(), SplitNameParts()]
    text = render([Record(id="a", type="book", title="T", names=names)])
    [entry] = bibtexparser.parse_string(text, append_middleware=splitting).entries
    assert [(name.first, name.von, name.last, name.jr) for name in entry["author"]] == [
        (["Ann"], ["van", "der"], ["Berg"], []),
        (["Jo"], [], ["{Salt and Pepper}"], []),
        (["Al"], [], ["{Smith, Jr}"], []),
        ([], [], ["{Plato}"], []),
        ([], [], ["{Health, Care and Others}"], []),
    ]


@pytest.mark.parametrize("identifier", ["a", "publications/a-map", "kind:slug.2"])
def test_an_id_that_bibtex_allows_is_the_key(identifier: str) -> None:
    assert citation_key(identifier) == identifier


@given(st.lists(TEXT | SYNTAX, unique=True, max_size=8))
def test_keys_are_unique_whatever_their_case_and_safe(identifiers: list[str]) -> None:
    keys = [citation_key(identifier) for identifier in identifiers]
    assert len({key.lower() for key in keys}) == len(identifiers)
    assert all(re.fullmatch("[a-z0-9:./-]+", key) for key in keys)


def test_entries_are_parted_by_a_blank_line_and_none_are_nothing() -> None:
    record = Record(id="a", type="book", title="T")
    assert render([record, record]) == "@book{a,\n  title = {T},\n}\n\n@book{a,\n  title = {T},\n}\n"
    assert render([]) == ""
