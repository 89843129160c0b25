"""Languages by name or by code, as BCP 47 tags."""

import re
from collections.abc import Mapping
from typing import Final

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

THREE_LETTERS: Final[Mapping[str, str]] = {
    "eng": "en", "cym": "cy", "wel": "cy", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es",
    "ita": "it", "por": "pt", "nld": "nl", "dut": "nl", "dan": "da", "swe": "sv", "nor": "no", "fin": "fi",
    "pol": "pl", "ces": "cs", "cze": "cs", "hun": "hu", "ron": "ro", "rum": "ro", "ell": "el", "gre": "el",
    "rus": "ru", "tur": "tr", "ara": "ar", "heb": "he", "zho": "zh", "chi": "zh", "jpn": "ja", "kor": "ko",
}  # fmt: skip
"""ISO 639-2, both alphabets, where BCP 47 wants two letters."""


def language_tag(text: str) -> str:
    """A BCP 47 tag; raises ValueError for what is neither a code nor a known name."""
    given = text.strip()
    if given.lower() in NAMES:
        return NAMES[given.lower()]
    found = _TAG.fullmatch(given)
    if not found:
        raise ValueError("a language is named by its code, as en or cy")
    first = found[1].lower()
    return THREE_LETTERS.get(first, first) + found[2].replace("_", "-")
