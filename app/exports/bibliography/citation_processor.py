"""citeproc-py adapted to our styles: where it differs from CSL 1.0.2, it is corrected here.

Its parser takes the last class of a name for the elements of that name, so each class here stands in the place of
its own. A style is parsed again for each citation: rendering changes its elements (`Date_Part.process`).
"""

from collections.abc import MutableMapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Final, Protocol, get_args

from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, model, source
from citeproc.source.json import CiteProcJSON

from app.exports.record import CslRole
from app.kit.json_types import JsonObject


class StyleElement(Protocol):
    """An element of a style or of a locale: citeproc-py has no types, and this is what is used here of its own."""

    tag: str

    def get(self, name: str, /) -> str | None: ...

    def get_root(self) -> "Root": ...

    def get_layout(self) -> "Layout": ...

    def get_term(self, name: str, /) -> "StyleElement | None": ...

    def xpath_search(self, expression: str, /) -> "Sequence[StyleElement]": ...


class DateElement(StyleElement, Protocol):
    def join(self, parts: Sequence[object], /) -> object: ...


class Locale(Protocol):
    terms: StyleElement | None

    def get(self, name: str, /) -> str | None: ...


class Root(Protocol):
    locales: Sequence[Locale]
    """The first is the requested locale, the last has every term."""


class Layout(Protocol):
    """What one entry has shown so far: `repressed` is not shown again, by the tag of the element."""

    repressed: MutableMapping[str, list[str]]
    rendered: list[tuple[str, str]] | None
    """Tags and variables inside the innermost substitute; absent before the first."""


class CitedItem(Protocol):
    """One entry while it is rendered; `reference` has its variables."""

    reference: MutableMapping[str, object]


class Name(model.Name, model.CitationStylesElement):
    """`initialize="false"` keeps given names whole."""

    def initialize(self, given: str, mark: str, context: StyleElement) -> str:
        return given if self.get("initialize") == "false" else str(super().initialize(given, mark, context))


class Label(model.Label, model.CitationStylesElement):
    """There is no label of a number that there is none of; labels are in title case as the texts of their language."""

    def process(
        self, item: CitedItem, variable: str | None = None, plural: bool | None = None, **more: object
    ) -> object:
        own = self.get("variable")
        if variable is None and own not in (None, "locator") and own.replace("-", "_") not in item.reference:
            return None
        return super().process(item, variable, plural, **more)

    def case(self, text: object, language: str | None = None) -> object:
        root: Root = self.get_root()
        locales = (each.get(_LANGUAGE) for each in root.locales)
        return super().case(text, language or next(each[:2] for each in locales if each))


class Number(model.Number, model.CitationStylesElement):
    """Its ordinals end as `find_ordinal` says."""

    def get_term(self, name: str, form: str | None = None, **more: bool) -> StyleElement | None:
        if name.startswith("ordinal"):
            return find_ordinal(self, name, counted=self.get("variable"), **more)
        term: StyleElement | None = super().get_term(name, form, **more)
        return term


def find_ordinal(
    element: StyleElement, name: str, *, counted: str, zero_padded: bool = False, **_: object
) -> StyleElement | None:
    """The ending is of the first locale that has any, and of the gender of the term of what is `counted`."""
    locales = (each.terms for each in element.get_root().locales)
    terms = next(each for each in locales if _find(each, "starts-with(@name, 'ordinal')"))
    named = f"@name='{name}'" + (_ANY_NUMBER if zero_padded else "")
    noun = element.get_term(counted)
    gender = (noun.get("gender") if noun is not None else None) or ""
    found = _find(terms, f"{named} and @gender-form='{gender}'") or _find(terms, f"{named} and not(@gender-form)")
    return next(iter(found or _find(terms, named)), None)


def _find(terms: StyleElement | None, condition: str) -> Sequence[StyleElement]:
    return terms.xpath_search(f"./cs:term[{condition}]") if terms is not None else ()


class Date(model.Date, model.CitationStylesElement):
    """A date of a locale has its own delimiter; days end as months have them."""

    def get_term(self, name: str, form: str | None = None, **more: bool) -> StyleElement | None:
        if name.startswith("ordinal"):
            return find_ordinal(self, name, counted="month-01", **more)
        term: StyleElement | None = super().get_term(name, form, **more)
        return term

    def render_single_date(self, date: object, show_parts: object = None, context: DateElement | None = None) -> object:
        parts: Sequence[object] = self.parts(date, show_parts, context if context is not self else None)
        if not parts:
            return None
        inherits = self.is_locale_date() and self.get("delimiter") is None
        joining: DateElement = context if inherits and context is not None else self
        return joining.join(parts)


class Text(model.Text, model.CitationStylesElement):
    """Says which variables it has rendered, and shows no number of a citation, which stands alone."""

    def _variable(self, item: CitedItem, context: StyleElement) -> object:
        variable: str = self.get("variable")
        if variable == "citation-number":
            return None
        text: object = super()._variable(item, context)
        if text:
            _note_rendered(context, self.tag, variable)
        return text


class Names(model.Names, model.CitationStylesElement):
    """Names that stand in the place of others, at whatever depth, look as these would, and are not shown again."""

    def process(
        self,
        item: CitedItem,
        names_context: StyleElement | None = None,
        context: StyleElement | None = None,
        **more: object,
    ) -> object:
        around: StyleElement = self if context is None else context
        roles = [role for role in self.get("variable").split() if role in item.reference]
        shown = around.get_layout().repressed.get(self.tag, ())
        hidden = {role: item.reference.pop(role) for role in roles if role in shown}
        try:
            return self._process(item, names_context, around, **more)
        finally:
            item.reference.update(hidden)

    def _process(
        self, item: CitedItem, names_context: StyleElement | None, context: StyleElement, **more: object
    ) -> object:
        if names_context is None and self.name is None:
            names_context = next(iter(self.xpath_search("./ancestor::cs:substitute/parent::cs:names")), None)
        text: object = super().process(item, names_context, context, **more)
        for role in self.get("variable").split():
            if role in item.reference:
                _note_rendered(context, self.tag, role)
        return text


class Substitute(model.Substitute, model.CitationStylesElement):
    """Whatever is shown in the place of names is not shown again, also when it comes out of a macro."""

    def render(self, item: CitedItem, context: StyleElement, **more: object) -> object:
        layout = context.get_layout()
        outside, layout.rendered = getattr(layout, "rendered", None), []
        text: object = super().render(item, context=context, **more)
        if text:
            for tag, variable in layout.rendered:
                layout.repressed.setdefault(tag, []).append(variable)
        layout.rendered = outside
        return text


def _note_rendered(context: StyleElement, tag: str, variable: str) -> None:
    """For the substitute that this may be in."""
    rendered = getattr(context.get_layout(), "rendered", None)
    if rendered is not None:
        rendered.append((tag, variable))


class Reference(source.Reference):
    """Knows every variable and role of CSL 1.0.2; roles are looked up with a hyphen or an underscore."""

    def __init__(self, item: JsonObject) -> None:
        self.key = item["id"].lower()
        self.type = item["type"]
        values = {name: _value(name, value) for name, value in item.items() if name not in _OWN}
        self.update({name.replace("-", "_"): value for name, value in values.items()})
        self.update({name: value for name, value in values.items() if name in _ROLES})


def _value(name: str, value: object) -> object:
    if name in _ROLES:
        return _READ.parse_names(value)
    return _READ.parse_date(value) if isinstance(value, dict) else _READ.parse_string(value)


_OWN: Final = ("id", "type")
_ROLES: Final = frozenset(get_args(CslRole))
_READ: Final = CiteProcJSON(())
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_ANY_NUMBER: Final = " and not(@match='whole-number') and not(@match='last-two-digits')"


def render_bibliography_entry(style: Path, locale: str, item: JsonObject, formatter: ModuleType) -> str:
    """The entry of a bibliography for an item of CSL-JSON. `locale` must be one that there is."""
    read = CitationStylesStyle(str(style), locale=locale, validate=False)
    references = source.BibliographySource()
    references.add(Reference(item))
    bibliography = CitationStylesBibliography(read, references, formatter)
    bibliography.register(Citation([CitationItem(item["id"].lower())]))
    entries: Sequence[object] = bibliography.bibliography()
    return str(entries[0])
