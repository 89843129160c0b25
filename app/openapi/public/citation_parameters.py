"""The parameters of formatted citations as OpenAPI describes them."""

from collections.abc import Mapping
from typing import Final

from app.exports.bibliography.citations import DEFAULT_LOCALE, DEFAULT_STYLE, LOCALES, STYLES
from app.exports.formats import Format
from app.kit.json_types import JsonObject
from app.openapi.components import PAGE, reference
from app.openapi.public.collections import DescribedCollection
from app.openapi.public.parameters import parameter
from app.reading.content.citations import MARKUPS

_ENUMERATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "CitationStyle": tuple(STYLES),
    "CitationLocale": LOCALES,
    "CitationMarkup": tuple(MARKUPS),
}
_STYLES: Final = ", ".join(f"`{each.name}`: {each.label}" for each in STYLES.values())
_PARAMETERS: Final = (
    parameter(
        "style",
        reference("CitationStyle"),
        f"Style of the citations, with `as=citation`; {DEFAULT_STYLE} by default. {_STYLES}.",
        DEFAULT_STYLE,
    ),
    parameter(
        "locale",
        reference("CitationLocale"),
        f"Language of the words in the citations, with `as=citation`; {DEFAULT_LOCALE} by default.",
        DEFAULT_LOCALE,
    ),
    parameter("markup", reference("CitationMarkup"), "With `as=citation`: plain text, or a piece of HTML.", "text"),
)


def citation_parameters(collection: DescribedCollection) -> list[JsonObject]:
    """None where nothing can be cited."""
    return list(_PARAMETERS) if any(each.is_formatted for each in collection.formats) else []


def citation_schemas() -> JsonObject:
    return {name: {"type": "string", "enum": list(values)} for name, values in _ENUMERATIONS.items()}


def citation_content(formats: tuple[Format, ...]) -> JsonObject:
    """What citations are beside the media type of their format."""
    return PAGE if any(each.is_formatted for each in formats) else {}
