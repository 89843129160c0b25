"""Words reduced to their stems in another language than English, where a document is in it."""

from functools import cache, partial
from typing import Final

import tantivy
from tantivy import Filter, Tokenizer

from app.search.text.analyzer import Analyzer

ENGLISH: Final = "en"

STEMMERS: Final = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
"""By the language of a tag (BCP 47). Of others, as Welsh, words are found as they are written."""

MAX_LANGUAGES: Final = 4
"""Languages in which words are searched for: those of most documents."""

MARK: Final = "~"
"""After a stem, before its language: no stem is taken for one of another language."""


def stemmed_language(tag: str) -> str | None:
    """The language of a tag, where words are stemmed in it; English has no need of it."""
    language = tag.partition("-")[0].lower()
    return language if language in STEMMERS else None


def stems_in(language: str, text: str) -> list[str]:
    return [f"{stem}{MARK}{language}" for stem in _analyzer(STEMMERS[language]).analyze(text)]


@cache
def _analyzer(stemmer: str) -> Analyzer:
    return Analyzer(partial(_make_analyzer, stemmer))


def _make_analyzer(stemmer: str) -> tantivy.TextAnalyzer:
    """Accents are folded after the stemmer, which goes by them."""
    builder = tantivy.TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(60)).filter(Filter.lowercase())
    return builder.filter(Filter.stemmer(stemmer)).filter(Filter.ascii_fold()).build()
