"""Languages by name or by code, as BCP 47 tags."""

import re
from collections.abc import Mapping
from typing import Final

import langcodes

_TAG = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{2,8})*)")

NAMES: Final[Mapping[str, str]] = {
    "english": "en", "british": "en-GB", "ukenglish": "en-GB", "american": "en-US", "usenglish": "en-US",
    "canadian": "en-CA", "australian": "en-AU", "welsh": "cy", "cymraeg": "cy", "irish": "ga", "scottish": "gd",
    "german": "de", "ngerman": "de", "deutsch": "de", "austrian": "de-AT", "french": "fr", "francais": "fr",
    "français": "fr", "spanish": "es", "español": "es", "italian": "it", "italiano": "it", "portuguese": "pt",
    "brazilian": "pt-BR", "brazil": "pt-BR", "dutch": "nl", "nederlands": "nl", "danish": "da", "swedish": "sv",
    "norwegian": "no", "norsk": "no", "finnish": "fi", "icelandic": "is", "polish": "pl", "czech": "cs",
    "slovak": "sk", "slovene": "sl", "hungarian": "hu", "magyar": "hu", "romanian": "ro", "greek": "el",
    "russian": "ru", "ukrainian": "uk", "turkish": "tr", "arabic": "ar", "hebrew": "he", "chinese": "zh",
    "japanese": "ja", "korean": "ko", "latin": "la", "catalan": "ca",
}  # fmt: skip
"""As BibLaTeX, publishers and people write them."""


def language_tag(text: str) -> str:
    """A BCP 47 tag, its language by the shortest code; raises ValueError for what is neither a code nor a known name.

    Of a tag, only the language is passed to langcodes, which caches its arguments without a bound.
    """
    given = text.strip()
    if given.lower() in NAMES:
        return NAMES[given.lower()]
    found = _TAG.fullmatch(given)
    if not found or not langcodes.tag_is_valid(found[1]):
        raise ValueError("a language must be given as its code, for example en or cy")
    return langcodes.standardize_tag(found[1]) + found[2].replace("_", "-")
