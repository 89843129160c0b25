"""BibTeX and BibLaTeX, as they are found."""

import pytest

from app.intake.formats.latex import decode_latex
from tests.intake.conftest import notes, one, people, titles


def names(text: str) -> list[tuple[str, str | None, str | None]]:
    return people(one("bibtex", f"@book{{k, title = {{T}}, author = {{{text}}}}}"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada Lovelace", [("Lovelace", "Ada", None)]),
        ("Lovelace, Ada", [("Lovelace", "Ada", None)]),
        ("Jan van der Berg", [("van der Berg", "Jan", None)]),
        ("van der Berg, Jan", [("van der Berg", "Jan", None)]),
        ("Charles Louis Xavier Joseph de la Vall{\\'e}e Poussin",
         [("de la Vallée Poussin", "Charles Louis Xavier Joseph", None)]),
        ("Jean {de la Fontaine}", [("de la Fontaine", "Jean", None)]),
        ("{Research in Practice}", [("", None, "Research in Practice")]),
        ("{Barnes and Noble, Inc.} and Ada Lovelace",
         [("", None, "Barnes and Noble, Inc."), ("Lovelace", "Ada", None)]),
        ("G{\\\"o}del, Kurt AND Erd{\\H{o}}s, P{\\'a}l", [("Gödel", "Kurt", None), ("Erdős", "Pál", None)]),
        ("{\\'E}mile Zola", [("Zola", "Émile", None)]),
        ("Plato", [("Plato", None, None)]),
        ("family=Berg, given=Jan, prefix=van der", [("van der Berg", "Jan", None)]),
        ("Ada\n  Lovelace\nand\nCharles~Babbage", [("Lovelace", "Ada", None), ("Babbage", "Charles", None)]),
        ("Sanderson, A and Andrea Brand", [("Sanderson", "A", None), ("Brand", "Andrea", None)]),
    ],
)  # fmt: skip
def test_names(text: str, expected: object) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    "text",
    ["King, Jr., Martin Luther", "Martin Luther King Jr.", "King, Martin Luther, Jr.", "{King}, Jr., Martin Luther"],
)
def test_a_suffix_is_kept(text: str) -> None:
    [credit] = one("bibtex", f"@book{{k, title = {{T}}, author = {{{text}}}}}").credits
    assert (credit.name.family, credit.name.given, credit.suffix) == ("King", "Martin Luther", "Jr.")


def test_and_others_is_said() -> None:
    reading = one("bibtex", "@book{k, title={T}, author={Ada Lovelace and others}}")
    assert people(reading) == [("Lovelace", "Ada", None)]
    assert reading.warnings == ["author: the entry omits other names."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"Caf\'e, na\"{\i}ve, \c{c}a, {\o}re", "Café, naïve, ça, øre"),
        (r"\ss, \v{S}koda, \AA ngstr\"om", "ß, Škoda, Ångström"),
        (r"\'{\i} \`a {\^{o}} \~n \=a \.z \u{g} \H{o} \k{e} \r{u} \d{s}", "í à ô ñ ā ż ğ ő ę ů ṣ"),
        ("A -- B --- C", "A \u2013 B \u2014 C"),
        ("``quoted'' and `single'", "\u201cquoted\u201d and \u2018single'"),
        (r"R\&D 100\% \#1 a\_b \$5 \{x\}", "R&D 100% #1 a_b $5 {x}"),
        (r"{DEISC} and \emph{emphasis} and {\bf bold} and {\LaTeX}", "DEISC and emphasis and bold and LaTeX"),
        (r"$\beta$ and \ldots{} \textbackslash{}", "β and … \\"),
        (r"$\Omega_1 {\subseteq} \aleph$, \textcent{}5 \& 3\,\textmu m", "Ω_1 ⊆ ℵ, ¢5 & 3 µm"),
        (r"\textasciicircum, \$\epsilon$, \copyright{} \TeX", "^, $ε, © TeX"),
        (r"Mrs~Dalloway", "Mrs Dalloway"),
        ("don't", "don't"),
    ],
)  # fmt: skip
def test_latex_becomes_unicode(text: str, expected: str) -> None:
    assert decode_latex(text) == expected


def test_a_command_that_is_not_known_stays_and_is_named() -> None:
    reading = one("bibtex", r"@book{k, title = {A \strange{thing}}}")
    assert reading.values["title"] == r"A \strangething"
    assert reading.warnings == [r"The LaTeX command \strange is not known; it is left as it is."]


@pytest.mark.parametrize("text", [r"\today", r"\ref{a}", r"\frac{1}{2}", r"\input{/etc/passwd}"])
def test_a_command_that_does_more_than_stand_for_a_character_is_not_carried_out(text: str) -> None:
    assert decode_latex(text) == text.replace("{", "").replace("}", "")


def test_macros_pieces_and_months() -> None:
    reading = one(
        "bibtex",
        """@string{bjsw = "The British Journal " # "of Social Work"}
        @comment{ignored, {title = {No}}}
        @preamble{"\\newcommand{\\x}{y}"}
        @Article (k, Title = "A {"}quoted{"} " # {title}, journal = bjsw, year = 2022,
          month = sep # "", note = unknown)""",
    )
    assert reading.values["title"] == 'A "quoted" title'
    assert reading.values["container_title"] == "The British Journal of Social Work"
    assert reading.values["issued"].text == "2022-09"
    assert reading.warnings == ["The macro unknown is not defined; its name is used as it is."]


def test_biblatex_fields() -> None:
    reading = one(
        "bibtex",
        r"""@online{key,
          title = {Main}, subtitle = {Under}, date = {2021-06-14}, journaltitle = {Site}, location = {Brighton},
          eid = {e1}, langid = {british}, url = {https://example.org/a\_b%20c}, urldate = {2022-01-01},
          doi = {https://doi.org/10.1093/BJSW/bcac183}, isbn = {978-1-4473-6725-3}, pages = {1--10},
          keywords = {one, two}, license = {https://creativecommons.org/licenses/by/4.0/}, hdl = {20.500.12345/a},
        }""",
    )
    assert reading.record().issued is not None
    assert {key: str(value) for key, value in reading.values.items()} == {
        "type": "webpage", "id": "key", "title": "Main: Under", "issued": "2021-06-14", "number": "e1",
        "container_title": "Site", "publisher_place": "Brighton", "language": "en-GB", "pages": "1-10",
        "url": "https://example.org/a_b%20c", "doi": "10.1093/bjsw/bcac183", "isbns": "('9781447367253',)",
        "keywords": "('one', 'two')", "licence_id": "CC-BY-4.0",
        "licence_url": "https://creativecommons.org/licenses/by/4.0/",
    }  # fmt: skip
    assert reading.identifiers == [("handle", "20.500.12345/a")]
    assert notes(reading) == {"urldate": "2022-01-01"}
    assert reading.origin["title"] == "title, subtitle"


def test_what_cannot_be_read_is_refused_alone() -> None:
    text = """% a comment
@article{one, title = {One}}
@article{two, title = {Two, year = 2020
@article{three, title = {Three}
@article{four, author = {Nobody}}
@article{five title {No}}
@article{six, title = , year = 2020}
@article{seven, title = {Seven},}
"""
    assert titles("bibtex", text) == [
        "One",
        "3: A brace or a quotation mark is not closed.",
        "Three",
        "5: The entry has no title.",
        "6: The entry has no key.",
        "7: Line 7 has a field without a value.",
        "Seven",
    ]


def test_invalid_values_are_notes_with_a_reason() -> None:
    reading = one("bibtex", "@book{k, title={T}, isbn={978-1-4473-6725-0}, doi={nonsense}, year={in press}}")
    assert notes(reading) == {"isbn": "978-1-4473-6725-0", "doi": "nonsense", "year": "in press"}
    assert len(reading.warnings) == 3
    assert not any("nonsense" in warning for warning in reading.warnings)


def test_bom_crlf_latin_1_and_old_line_ends() -> None:
    text = "@book{k,\r\n title = {Café},\r\n year = 2020}\r\n"
    for raw in (b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16"), text.replace("\r\n", "\r").encode()):
        assert one("bibtex", raw).values["title"] == "Café"
    reading = one("bibtex", text.encode("latin-1"))
    assert reading.values["title"] == "Café"
    assert reading.warnings == ["The text is not UTF-8; it was read as Windows-1252."]


def test_an_entry_without_end_does_not_swallow_memory() -> None:
    assert titles("bibtex", "@book{k, title = {" + "x\n" * 600_000) == [
        "1: The entry is longer than 1048576 characters."
    ]


def test_a_command_that_is_a_control_character_is_named_without_it() -> None:
    assert one("bibtex", "@misc{k, title = {A\\\x00B}}").warnings == [
        "The LaTeX command \\\ufffd is not known; it is left as it is."
    ]
