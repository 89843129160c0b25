"""Citations are as the styles' own manuals have them, whatever is missing in a record."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from app.exports.bibliography.citations import LOCALES, STYLES, cite
from app.exports.record import ContainerRecord, Name, Record
from app.kit.values.partial_dates import PartialDate

AUTHORS = (Name("van der Berg", "Jan"), Name("Lefevre", "Michelle Anne"), Name(literal="Research in Practice"))
ARTICLE = Record(
    id="a",
    type="article-journal",
    title="Children's services & 'othering': a <map>",
    names=AUTHORS,
    issued=PartialDate("2022-09-29"),
    container_title="The British Journal of Social Work",
    volume="53",
    issue="5",
    pages="2768-2786",
    doi="10.1093/bjsw/bcac183",
    url="https://doi.org/10.1093/bjsw/bcac183",
)
PAGE = Record(
    id="p",
    type="webpage",
    title="What is it?",
    container_title="The project",
    url="https://example.org/what",
    updated_at=datetime(2026, 1, 2, tzinfo=UTC),
)
CHAPTER = replace(
    ARTICLE,
    type="chapter",
    title="A chapter",
    container_title="The book",
    volume=None,
    issue=None,
    pages="27-28",
    publisher="Press",
)
VIDEO = Record(
    id="v", type="motion_picture", title="A talk", genre="Video", issued=PartialDate("2021"), url="https://e.org"
)


def cited(record: Record, style: str, locale: str = "en-GB") -> str:
    return cite(record, STYLES[style], locale, "text")


EXPECTED = {
    "apa": (
        "van der Berg, J., Lefevre, M. A., & Research in Practice. (2022). Children’s services & “othering”: a <map>. "
        "The British Journal of Social Work, 53(5), 2768–2786. https://doi.org/10.1093/bjsw/bcac183",
        "What is it? (n.d.). The Project. Retrieved 2 January 2026, from https://example.org/what",
        "van der Berg, J., Lefevre, M. A., & Research in Practice. (2022). A chapter. In The book (pp. 27–28). Press. "
        "https://doi.org/10.1093/bjsw/bcac183",
        "A talk. (2021). [Video]. https://e.org",
    ),
    "harvard": (
        "van der Berg, J., Lefevre, M.A. and Research in Practice (2022) ‘Children’s services & “othering”: a <map>’, "
        "The British Journal of Social Work, 53(5), pp. 2768–2786. Available at: "
        "https://doi.org/10.1093/bjsw/bcac183.",
        "What is it? (no date) The project. Available at: https://example.org/what (Accessed: 2 January 2026).",
        "van der Berg, J., Lefevre, M.A. and Research in Practice (2022) ‘A chapter’, The book. Press, pp. 27–28. "
        "Available at: https://doi.org/10.1093/bjsw/bcac183.",
        "A talk (2021). Available at: https://e.org.",
    ),
    "chicago": (
        "Berg, Jan van der, Michelle Anne Lefevre, and Research in Practice. 2022. ‘Children’s Services & “othering”: "
        "A <map>’. The British Journal of Social Work 53 (5): 2768–86. https://doi.org/10.1093/bjsw/bcac183.",
        "The Project. n.d. ‘What Is It?’. Accessed 2 January 2026. https://example.org/what.",
        "Berg, Jan van der, Michelle Anne Lefevre, and Research in Practice. 2022. ‘A Chapter’. In The Book. Press. "
        "https://doi.org/10.1093/bjsw/bcac183.",
        "A Talk. 2021. Video. https://e.org.",
    ),
    "mla": (
        "van der Berg, Jan, et al. ‘Children’s Services & “othering”: A <map>’. The British Journal of Social Work, "
        "vol. 53, no. 5, Sept. 2022, pp. 2768–86, https://doi.org/10.1093/bjsw/bcac183.",
        "‘What Is It?’. The Project, https://example.org/what. Accessed 2 Jan. 2026.",
        "van der Berg, Jan, et al. ‘A Chapter’. The Book, Press, 2022, pp. 27–28, "
        "https://doi.org/10.1093/bjsw/bcac183.",
        "A Talk. Video. 2021, https://e.org.",
    ),
    "vancouver": (
        "van der Berg J, Lefevre MA, Research in Practice. Children’s services & “othering”: a <map>. The British "
        "Journal of Social Work. 2022 Sep 29;53(5):2768–86. doi:10.1093/bjsw/bcac183",
        "The project [Internet]. [cited 2026 Jan 2]. What is it? Available from: https://example.org/what",
        "van der Berg J, Lefevre MA, Research in Practice. A chapter. In: The book. Press; 2022. p. 27–8. "
        "doi:10.1093/bjsw/bcac183",
        "A talk [Video] [Internet]. 2021. Available from: https://e.org",
    ),
}


@pytest.mark.parametrize("style", STYLES)
def test_an_article_a_page_a_chapter_and_a_video(style: str) -> None:
    assert tuple(cited(record, style) for record in (ARTICLE, PAGE, CHAPTER, VIDEO)) == EXPECTED[style]


EDITORS = (Name("Hampson", "Martha", role="editor"), Name("Dee", "Ana", role="editor"))
EDITED = Record(id="b", type="book", title="Edited", names=EDITORS, issued=PartialDate("2023"), publisher="Press")
IN_A_BOOK = Record(
    id="c",
    type="chapter",
    title="Part one",
    names=AUTHORS[1:2],
    pages="23-44",
    container_title="The book",
    container=ContainerRecord(
        id="b", title="The book", names=EDITORS, issued=PartialDate("2021"), edition="3", publisher="Press"
    ),
)
OF_EDITORS = {
    "apa": (
        "Hampson, M., & Dee, A. (Eds). (2023). Edited. Press.",
        "Lefevre, M. A. (2021). Part one. In M. Hampson & A. Dee (Eds), The book (3rd edn, pp. 23–44). Press.",
    ),
    "harvard": (
        "Hampson, M. and Dee, A. (eds) (2023) Edited. Press.",
        "Lefevre, M.A. (2021) ‘Part one’, in M. Hampson and A. Dee (eds) The book. 3rd edn. Press, pp. 23–44.",
    ),
    "chicago": (
        "Hampson, Martha, and Ana Dee, eds. 2023. Edited. Press.",
        "Lefevre, Michelle Anne. 2021. ‘Part One’. In The Book, 3rd edn, edited by Martha Hampson and Ana Dee. Press.",
    ),
    "mla": (
        "Hampson, Martha, and Ana Dee, editors. Edited. Press, 2023.",
        "Lefevre, Michelle Anne. ‘Part One’. The Book, edited by Martha Hampson and Ana Dee, 3rd edn, Press, 2021, "
        "pp. 23–44.",
    ),
    "vancouver": (
        "Hampson M, Dee A, editors. Edited. Press; 2023.",
        "Lefevre MA. Part one. In: Hampson M, Dee A, editors. The book. 3rd edn. Press; 2021. p. 23–44.",
    ),
}


@pytest.mark.parametrize("style", STYLES)
def test_editors_are_named_once_in_the_place_of_authors_and_before_their_book(style: str) -> None:
    assert (cited(EDITED, style), cited(IN_A_BOOK, style)) == OF_EDITORS[style]


@pytest.mark.parametrize(
    ("locale", "edition", "day", "editors"),
    [
        ("de-DE", "3. Aufl.", "2. Januar 2026", "Hrsg."),
        ("fr-FR", "3ᵉ éd.", "2 janvier 2026", "éds."),
        ("es-ES", "3.ª ed.", "2 de enero de 2026", "eds."),
        ("en-US", "3rd ed.", "January 2, 2026", "Eds."),
        ("cy-GB", "3ydd arg.", "2 Ionawr 2026", "goln."),
    ],
)
def test_ordinals_and_labels_are_those_of_the_language(locale: str, edition: str, day: str, editors: str) -> None:
    assert f"({edition}, " in cited(IN_A_BOOK, "apa", locale)
    assert day in cited(PAGE, "apa", locale)
    assert f"({editors}). (2023)" in cited(EDITED, "apa", locale)


def test_the_first_edition_has_the_gender_of_its_word() -> None:
    assert "(1ʳᵉ éd.)" in cited(replace(EDITED, edition="1"), "apa", "fr-FR")


@pytest.mark.parametrize("style", STYLES)
def test_an_article_is_found_by_its_pages_else_by_its_number(style: str) -> None:
    numbered = replace(ARTICLE, number="bcac183")
    assert cited(numbered, style) == cited(ARTICLE, style)
    assert "bcac183" in cited(replace(numbered, pages=None), style)


def test_a_citation_is_the_same_whatever_was_made_before() -> None:
    before = {style: cited(ARTICLE, style) for style in STYLES}
    for style in STYLES:
        cited(PAGE, style, "de-DE")
        cited(VIDEO, style)
    assert {style: cited(ARTICLE, style) for style in STYLES} == before


def test_every_locale_is_served_and_no_other() -> None:
    assert {"en-GB", "en-US", "cy-GB", "de-DE"} <= set(LOCALES)
    assert "und" in cited(ARTICLE, "harvard", "de-DE")
    assert "‘othering’" in cited(ARTICLE, "apa", "en-US")
    for locale in LOCALES:
        assert "2022" in cited(ARTICLE, "vancouver", locale), locale
    with pytest.raises(KeyError):
        cited(ARTICLE, "apa", "../../etc")


def test_html_has_italics_and_nothing_of_the_text_is_markup() -> None:
    text = cite(replace(ARTICLE, doi=None), STYLES["apa"], "en-GB", "html")
    assert "<i>The British Journal of Social Work</i>" in text
    assert "a &lt;map&gt;" in text
    assert "&amp; Research in Practice" in text


@settings(max_examples=15)
@given(st.text(st.sampled_from("<>&\"'/ abi\ue000\ue001.?!"), min_size=1), st.sampled_from(sorted(STYLES)))
def test_no_text_becomes_a_tag(text: str, style: str) -> None:
    record = replace(ARTICLE, title=f"T{text}", container_title=text, names=(Name(literal=f"N{text}"),), genre=text)
    parsed = html.fragment_fromstring(cite(record, STYLES[style], "en-GB", "html"), create_parent="div")
    assert {each.tag for each in parsed.iter()} <= {"div", "i", "b", "span"}
