"""citeproc-py as it has to be for our styles: what of CSL 1.0.2 it does otherwise is put right here.

Its parser takes the last class of a name for the elements of that name, so each class here stands in the place of its
own. A style is read anew for each citation: rendering changes its elements (`Date_Part.process`).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, get_args

from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, model, source
from citeproc.source.json import CiteProcJSON

from app.exports.record import Role
from app.kit.json_types import JsonObject


class Name(model.Name, model.CitationStylesElement):
    """`initialize="false"` keeps given names whole."""

    def initialize(self, given: str, mark: str, context: Any) -> str:
        return given if self.get("initialize") == "false" else str(super().initialize(given, mark, context))


class Label(model.Label, model.CitationStylesElement):
    """There is no label of a number that there is none of."""

    def process(self, item: Any, variable: str | None = None, plural: bool | None = None, **more: Any) -> Any:
        own = self.get("variable")
        if variable is None and own not in (None, "locator") and own.replace("-", "_") not in item.reference:
            return None
        return super().process(item, variable, plural, **more)


class Date(model.Date, model.CitationStylesElement):
    """A date of a locale has its own delimiter."""

    def render_single_date(self, date: Any, show_parts: Any = None, context: Any = None) -> Any:
        parts = self.parts(date, show_parts, context if context is not self else None)
        if not parts:
            return None
        inherits = self.is_locale_date() and self.get("delimiter") is None
        return (context if inherits and context is not None else self).join(parts)


class Text(model.Text, model.CitationStylesElement):
    """Says which variables it has rendered, and shows no number of a citation, which stands alone."""

    def _variable(self, item: Any, context: Any) -> Any:
        variable = self.get("variable")
        if variable == "citation-number":
            return None
        text = super()._variable(item, context)
        rendered = getattr(context.get_layout(), "rendered", None)
        if text and rendered is not None:
            rendered.append(variable)
        return text


class Substitute(model.Substitute, model.CitationStylesElement):
    """Whatever is shown in the place of names is not shown again, also when it comes out of a macro."""

    def render(self, item: Any, context: Any = None, **more: Any) -> Any:
        layout = context.get_layout()
        layout.rendered = []
        text = super().render(item, context=context, **more)
        if text:
            layout.repressed.setdefault(_TEXT, []).extend(layout.rendered)
        layout.rendered = None
        return text


class Reference(source.Reference):
    """Knows every variable and role of CSL 1.0.2."""

    def __init__(self, item: JsonObject) -> None:
        self.key = item["id"].lower()
        self.type = item["type"]
        self.update({name.replace("-", "_"): _value(name, value) for name, value in item.items() if name not in _OWN})


def _value(name: str, value: Any) -> Any:
    if name in _ROLES:
        return _READ.parse_names(value)
    return _READ.parse_date(value) if isinstance(value, dict) else _READ.parse_string(value)


_OWN: Final = ("id", "type")
_ROLES: Final = frozenset(get_args(Role))
_READ: Final = CiteProcJSON(())
_TEXT: Final = f"{{{model.CitationStylesElement.nsmap['cs']}}}text"


def render_bibliography_entry(style: Path, locale: str, item: JsonObject, formatter: Any) -> str:
    """The entry of a bibliography for an item of CSL-JSON. `locale` must be one that there is."""
    read = CitationStylesStyle(str(style), locale=locale, validate=False)
    references = source.BibliographySource()
    references.add(Reference(item))
    bibliography = CitationStylesBibliography(read, references, formatter)
    bibliography.register(Citation([CitationItem(item["id"].lower())]))
    entries: Sequence[Any] = bibliography.bibliography()
    return str(entries[0])
