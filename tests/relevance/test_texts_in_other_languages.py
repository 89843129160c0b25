"""Texts in other languages and scripts are found by their own words, however these are written."""

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import pytest
from pyroaring import BitMap
from sqlalchemy.orm import Session

from app.catalogue.registry import BY_NAME
from app.search.text.languages import STEMMERS, stemmed_language, stems_in
from app.search.words.word_index import WordIndex
from tests.client import Client
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details, change, make_publication

pytestmark = pytest.mark.one_engine

TITLES = {
    "de": ("de", "Übergänge ins Erwachsenenalter schützen"),
    "de-AT": ("de-AT", "Kinder und ihre Häuser"),
    "cy": ("cy", "Diogelu pobl ifanc y tu allan i'r cartref: Ŵyl"),
    "fr": ("fr", "Les innovations sociales"),
    "el": ("el", "Καλημέρα στους νέους"),
    "ru": ("ru", "Поддержка молодёжи"),
    "ar": ("ar", "حِمايةُ الشباب"),
    "he": ("he", "שָׁלוֹם לנוער"),
    "zh": ("zh", "社会福祉的创新"),
    "ja": ("ja", "ソーシャルワークの倫理"),
    "th": ("th", "การคุ้มครองเยาวชน"),
    "ko": ("ko", "청소년 보호"),
    "hi": ("hi", "युवा सुरक्षा"),
    "tr": ("tr", "İstanbul'da gençler"),
    "kind": ("en", "Kind words"),
}


@pytest.fixture(scope="module")
def library(databases: Databases) -> Iterator[Client]:
    def fill(session: Session) -> None:
        add_details(session)
        for slug, (language, title) in TITLES.items():
            make_publication(session, slug=slug.lower(), title=title, language=language)

    with closing(Corpus(databases.template("languages", fill))) as kb:
        yield kb.client


def search(client: Client, text: str) -> list[str]:
    return client.slugs(f"/v1/publications?q={quote(text, safe='')}")


@pytest.mark.parametrize("slug", TITLES)
def test_a_title_finds_its_entry_first(library: Client, slug: str) -> None:
    assert search(library, TITLES[slug][1])[0] == slug.lower()


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Übergang", "de"),
        ("ubergange", "de"),
        ("Schutz Erwachsenenalter", "de"),
        ("Haus", "de-at"),
        ("Kindern", "de-at"),
        ("diogelu ifanc", "cy"),
        ("Wyl", "cy"),
        ("innovation sociale", "fr"),
        ("καλημερα", "el"),
        ("молодежи", "ru"),
        ("МОЛОДЁЖЬ", "ru"),
        ("حماية", "ar"),
        ("שלום", "he"),
        ("福祉", "zh"),
        ("創新 福祉", "zh"),
        ("倫理", "ja"),
        ("เยาวชน", "th"),
        ("보호", "ko"),
        ("सुरक्षा", "hi"),
        ("istanbul", "tr"),
    ],
)
def test_its_words_find_it_in_other_forms_and_without_their_marks(library: Client, text: str, slug: str) -> None:
    assert slug in search(library, text)


def test_a_stem_of_one_language_is_none_of_another(library: Client) -> None:
    """The German stem of `Kinder` is `kind`; typed, it may be of either."""
    assert search(library, "Kinder") == ["de-at"]
    assert {*search(library, "kind")} == {"kind", "de-at"}


def test_a_phrase_is_found_in_its_own_language(library: Client) -> None:
    assert search(library, '"innovation sociale"') == ["fr"]


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Haus", "Kinder und ihre <mark>Häuser</mark>"),
        ('"innovation sociale"', "Les <mark>innovations</mark> <mark>sociales</mark>"),
        ("kind", "<mark>Kind</mark> words"),
        ("МОЛОДЁЖЬ", "Поддержка <mark>молодёжи</mark>"),
    ],
)
def test_what_is_marked_is_found_in_the_language_of_its_text(library: Client, text: str, marked: str) -> None:
    page = library.json(f"/v1/publications?highlight=true&q={quote(text, safe='')}")
    shown = [fragment for each in page["results"] for fragment in each["highlights"]["title"]]
    assert marked in shown


def test_the_words_of_every_part_of_a_text_count_in_its_language_by_its_weight() -> None:
    words = WordIndex()
    for ident, weight in ((1, 1.0), (2, 0.1)):
        words.add(ident, {"body": ["Alte Häuser", "Gärten"]}, (), language="de", weight=weight)
    engine = words.commit().engine
    for stem in ("alt~de", "haus~de", "gart~de"):
        assert [ids for _, ids in engine.levels(stem)] == [BitMap([2]), BitMap([1])]  # the lighter one is lower
    assert engine.having_phrase(["alt~de", "haus~de"]) == BitMap([1, 2])
    assert not engine.having_phrase(["haus~de", "gart~de"])


def test_the_language_of_now_counts(kb: Corpus) -> None:
    """In another language `Haus` stands nowhere, and is taken for a slip."""
    for language, meant in (("en", "hauser"), ("de", None), ("cy", "hauser")):
        with kb.write() as session:
            if language == "en":
                make_publication(session, slug="one", title="Die Häuser", language=language)
            else:
                change(session, BY_NAME["publication"], "one", language=language)
        found = kb.client.json("/v1/publications?q=Haus")
        assert [each["slug"] for each in found["results"]] == ["one"]
        assert found["meta"]["did_you_mean"] == meant


@pytest.mark.parametrize("language", STEMMERS)
def test_every_language_has_its_stemmer(language: str) -> None:
    assert stems_in(language, "a")[0].endswith(language)
    assert stemmed_language(f"{language.upper()}-Latn") == language


def test_english_and_what_has_no_stemmer_have_none_of_their_own() -> None:
    assert [stemmed_language(tag) for tag in ("en", "en-GB", "cy")] == [None, None, None]
