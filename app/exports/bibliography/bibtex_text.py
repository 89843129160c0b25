"""How text, names and addresses are written in BibTeX and BibLaTeX, in UTF-8."""

import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from app.exports.record import Name
from app.kit.text.characters import single_line

# BibTeX counts braces even behind a backslash, so no brace of the text itself may stay one.
_ESCAPES = str.maketrans(
    {
        "\\": r"{\textbackslash}",
        "{": r"{\textbraceleft}",
        "}": r"{\textbraceright}",
        "~": r"{\textasciitilde}",
        "^": r"{\textasciicircum}",
        "`": r"{\textasciigrave}",
        "@": "{@}",
        **{char: "\\" + char for char in "$&#_%"},
    }
)
_LIGATURE = re.compile(r"(?<=([-'<>,]))(?=\1)")
_NAME_SYNTAX = re.compile(r",|=|\band\b", re.IGNORECASE)
_AND = re.compile(r"\band\b", re.IGNORECASE)
_VERBATIM = str.maketrans({"\\": "%5C", "{": "%7B", "}": "%7D"})
_KEY_REST = re.compile(r"[^a-z0-9:./-]+")


def entry(identifier: str, kind: str, fields: Mapping[str, str], more: str = "") -> str:
    """One entry; fields without a value are left out. `more` are lines as they stand."""
    given = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@{kind}{{{citation_key(identifier)},\n{given}{more}}}\n"


def separated(entries: Iterable[str]) -> Iterator[str]:
    """Entries parted by blank lines."""
    for place, text in enumerate(entries):
        yield f"\n{text}" if place else text


def citation_key(identifier: str) -> str:
    """A key for a record's id that depends on nothing else: the id itself where BibTeX allows it, and a
    digest where characters had to go, so that no two ids share a key (keys ignore case)."""
    key = _KEY_REST.sub("-", identifier.lower())
    if key and key == identifier:
        return key
    return f"{key.strip('-')}-{sha256(identifier.encode()).hexdigest()[:10]}"


def escape(text: str | None) -> str:
    return _LIGATURE.sub("{}", single_line(text or "").translate(_ESCAPES))


def listed(text: str | None) -> str:
    """A member of a list, as publishers and places are: without braces an "and" would make two of one."""
    return f"{{{escape(text)}}}" if _AND.search(text or "") else escape(text)


def _title_word(word: str) -> str:
    """Styles set titles in lower case: acronyms and the like are kept by braces."""
    letters = [char for char in word if char.isalpha()]
    return f"{{{escape(word)}}}" if any(map(str.isupper, letters[1:])) else escape(word)


def join_names(names: Iterable[Name]) -> str:
    return " and ".join(_name(name) for name in names)


def _name(name: Name) -> str:
    if name.family and name.given:
        return ", ".join(_name_part(part) for part in (name.family, name.given))
    return f"{{{escape(name.family or name.literal)}}}"


def _name_part(part: str) -> str:
    return f"{{{escape(part)}}}" if _NAME_SYNTAX.search(part) else escape(part)


def title(text: str) -> str:
    """One line, its acronyms kept as they are."""
    return " ".join(_title_word(word) for word in single_line(text).split())


def verbatim(text: str | None) -> str:
    """A field that is read as it stands: LaTeX escapes would become part of an address."""
    return single_line(text or "").translate(_VERBATIM)
