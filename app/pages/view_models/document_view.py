"""A document as its page shows it, whatever its kind: people, text, links, tags and facts, from the members it has."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from markupsafe import Markup

from app.kit.json_types import JsonMapping
from app.kit.text.markdown import markdown_to_html
from app.pages.dates import format_day, format_duration, format_period
from app.pages.hyperlinks import Hyperlink, PagePaths, host_of, safe_url
from app.pages.outgoing_links import Leave, unchanged
from app.pages.view_models.labels import ACCESS, IDENTIFIERS, RELATIONS, RESOURCES, ROLES, kind_label, member_label
from app.search.query.schema import SearchSchema
from app.search.query.value_types import DATE, DURATION

LINE: Final = 120
"""Characters of a text that stands among the facts; a longer one is a section."""
SENTENCE: Final = 40
"""Characters from which a text that ends with a full stop is one."""

LEADS: Final = ("summary", "description", "definition")
"""Members that say what something is: the first that is there opens its page."""

REGISTRIES: Final = ("doi", "handle", "url", "eric")
"""Schemes of identifiers that lead to the thing itself."""

ELSEWHERE: Final = frozenset(
    {
        *LEADS,
        *("kind", "slug", "url", "id", "title", "name", "label", "given", "family", "scheme", "collection", "position"),
        *("alternative_titles", "language", "issued", "licence", "terms", "contributors", "identifiers", "resources"),
        *(
            "relations",
            "container",
            "funding",
            "doi",
            "sources",
            "body",
            "picture",
            "access",
            "access_source",
            "affiliations",
        ),
        *("created_at", "updated_at", "indexed_at", "revision", "version", "links", "replaced_by"),
        *("introduction", "parents", "children"),
        *("hidden_names", "hidden_labels", "synonym_rings", "single", "required", "ordered"),
    }
)
"""Members that have a place of their own on the page, or none."""


@dataclass(frozen=True, slots=True)
class LabelledLinks:
    """Links under one heading."""

    label: str
    links: tuple[Hyperlink, ...]


@dataclass(frozen=True, slots=True)
class DocumentSection:
    """A text under a heading; `items` are the parts of a list, in order, `listed` what a collection lists, each with
    the line about it, and `more` leads to all of it."""

    label: str
    paragraphs: tuple[str, ...] = ()
    items: tuple["SectionItem", ...] = ()
    anchor: str = ""
    body: Markup = field(default_factory=Markup)
    listed: tuple[tuple[Hyperlink, str], ...] = ()
    more: Hyperlink | None = None


@dataclass(frozen=True, slots=True)
class SectionItem:
    """A part of a document, such as an element of a framework."""

    title: str
    anchor: str
    paragraphs: tuple[str, ...]
    body: Markup
    prompts: tuple[str, ...]
    term: Hyperlink | None


@dataclass(frozen=True, slots=True)
class DocumentView:
    """As the template names it. Dates are in words; `language` is a BCP 47 tag, empty where it is the page's own."""

    kind: str
    heading: str
    language: str
    also: tuple[str, ...]
    issued: str
    lead: tuple[str, ...]
    body: Markup
    people: tuple[LabelledLinks, ...]
    read: tuple[Hyperlink, ...]
    sections: tuple[DocumentSection, ...]
    relations: tuple[LabelledLinks, ...]
    tags: tuple[LabelledLinks, ...]
    facts: tuple[LabelledLinks, ...]
    updated: str


class DocumentPresenter:
    """Makes views. `vocabularies` are labels by the name of the vocabulary."""

    def __init__(self, paths: PagePaths, vocabularies: Mapping[str, str], leave: Leave = unchanged) -> None:
        """`leave` makes the addresses of what a reader follows out of the page."""
        self._paths = paths
        self._vocabularies = vocabularies
        self._leave = leave

    def view(self, document: JsonMapping, schema: SearchSchema) -> DocumentView:
        language = str(document.get("language", "en"))
        issued = document.get("issued")
        return DocumentView(
            kind=kind_label(document["kind"]),
            heading=str(next(iter(schema.label(document)), document["slug"])),
            language="" if language == "en" else language,
            also=tuple(document.get("alternative_titles", ())),
            issued=format_day(issued) if issued else "",
            lead=paragraphs(next((document[name] for name in LEADS if document.get(name)), "")),
            body=formatted(document.get("introduction") or "") + formatted(document.get("body") or ""),
            people=tuple(self._people(document.get("contributors", ()))),
            read=tuple(_read(document, self._leave)),
            sections=tuple(self._sections(document)),
            relations=tuple(self._relations(document.get("relations", ()))),
            tags=tuple(self._tags(document.get("terms", {}))),
            facts=tuple(self._facts(document, schema)),
            updated=format_day(document["updated_at"][:10]),
        )

    def _people(self, contributors: Sequence[JsonMapping]) -> Iterator[LabelledLinks]:
        for role, named in groupby(contributors, key=lambda each: each["role"]):
            yield LabelledLinks(ROLES.get(role, member_label(role)), tuple(map(self._paths.link, named)))

    def _relations(self, relations: Sequence[JsonMapping]) -> Iterator[LabelledLinks]:
        by_type: dict[str, list[Hyperlink]] = {}
        for each in relations:
            by_type.setdefault(each["type"], []).append(self._paths.link(each, kind_label(each["kind"]).lower()))
        for name, links in by_type.items():
            yield LabelledLinks(RELATIONS.get(name, name), tuple(links))

    def _tags(self, terms: Mapping[str, Sequence[JsonMapping]]) -> Iterator[LabelledLinks]:
        for name, chosen in terms.items():
            if chosen:
                label = self._vocabularies.get(name, member_label(name))
                yield LabelledLinks(label, tuple(map(self._paths.link, chosen)))

    def _sections(self, document: JsonMapping) -> Iterator[DocumentSection]:
        for name, value in document.items():
            if name in ELSEWHERE or not value:
                continue
            if is_prose(value):
                yield DocumentSection(member_label(name), paragraphs=paragraphs(value))
            elif isinstance(value, list) and isinstance(value[0], dict) and "title" in value[0]:
                yield DocumentSection(member_label(name), items=tuple(map(self._item, value)))
            elif isinstance(value, list) and isinstance(value[0], dict) and "heading" in value[0]:
                yield from map(self._listing, value)

    def _listing(self, section: JsonMapping) -> DocumentSection:
        """A section of a collection."""
        entries = section["entries"]
        rest = self._paths.path(section["query_url"]) if section["query_url"] else None
        return DocumentSection(
            section["heading"],
            anchor=section["slug"],
            body=formatted(section["text"], f"{section['slug']}-"),
            listed=tuple((self._paths.link(each), each["line"] or "") for each in entries),
            more=Hyperlink(f"All {section['count']}", rest) if rest and section["count"] > len(entries) else None,
        )

    def _item(self, item: JsonMapping) -> SectionItem:
        term = item.get("term")
        return SectionItem(
            title=item["title"],
            anchor=str(item.get("slug", "")),
            paragraphs=paragraphs(item.get("description") or ""),
            body=formatted(item.get("body") or "", f"{item.get('slug', '')}-"),
            prompts=tuple(item.get("prompts", ())),
            term=self._paths.link(term) if term else None,
        )

    def _facts(self, document: JsonMapping, schema: SearchSchema) -> Iterator[LabelledLinks]:
        types = {each.name: each.type for each in schema.fields}
        for name, value in document.items():
            if name in ELSEWHERE or value in (None, "", [], {}) or name.endswith("end"):
                continue
            if types.get(name) is DATE:
                stem = name.removesuffix("start").strip("_")
                period = format_period(value, document.get(f"{name.removesuffix('start')}end") or value)
                yield _fact(member_label(stem) if stem else "When", Hyperlink(period))
            elif isinstance(value, bool):
                yield _fact(member_label(name), Hyperlink("yes" if value else "no"))
            elif isinstance(value, list):
                links = tuple(link for each in value if (link := self._listed(each)) is not None)
                if links:
                    yield LabelledLinks(member_label(name), links)
            elif isinstance(value, dict) and "label" in value:
                yield _fact(member_label(name), self._paths.link(value))
            elif not isinstance(value, dict) and not is_prose(value):
                text = format_duration(value) if types.get(name) is DURATION else str(value)
                yield _fact(member_label(name), Hyperlink(text))
        yield from _access(document)
        yield from self._affiliations(document.get("affiliations", ()))
        yield from _identifiers(document.get("identifiers", ()), self._leave)
        yield from self._funding(document.get("funding", ()))
        if licence := document.get("licence"):
            yield _fact("Licence", Hyperlink(licence["id"], safe_url(licence["url"]), rel="license"))

    def _listed(self, value: object) -> Hyperlink | None:
        if isinstance(value, dict):
            return self._paths.link(value) if {"label", "url"} <= value.keys() else None
        return Hyperlink(str(value), safe_url(str(value)))

    def _affiliations(self, affiliations: Sequence[JsonMapping]) -> Iterator[LabelledLinks]:
        links = []
        for each in affiliations:
            details = (each["role"], format_period(each["start"], each["end"]))
            links.append(self._paths.link(each["organisation"], ", ".join(part for part in details if part)))
        if links:
            yield LabelledLinks("Affiliation", tuple(links))

    def _funding(self, funding: Sequence[JsonMapping]) -> Iterator[LabelledLinks]:
        links: list[Hyperlink] = []
        for each in funding:
            links.append(self._paths.link(each["funder"]))
            award = " ".join(part for part in (each["award_title"], each["award_number"]) if part)
            if award:
                links.append(Hyperlink(award, safe_url(each["award_url"])))
        if links:
            yield LabelledLinks("Funded by", tuple(links))


def formatted(text: str, prefix: str = "") -> Markup:
    """The HTML of a text in Markdown, safe to show; `prefix` keeps the ids of its sections apart from others."""
    return Markup(markdown_to_html(text, prefix)) if text else Markup("")


def is_prose(value: object) -> bool:
    """Whether it is a text to be read, and not the name of something."""
    if not isinstance(value, str):
        return False
    return len(value) > LINE or (len(value) > SENTENCE and value.endswith("."))


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a text, whose line breaks end them."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _fact(label: str, link: Hyperlink) -> LabelledLinks:
    return LabelledLinks(label, (link,))


def _read(document: JsonMapping, leave: Leave) -> Iterator[Hyperlink]:
    """Where it is read, watched or heard; where nothing says so, where it is registered."""
    resources = document.get("resources", ())
    for each in resources:
        label = each["label"] or RESOURCES.get(each["type"], member_label(each["type"]))
        yield Hyperlink(label, leave(safe_url(each["url"])), host_of(each["url"]))
        if archived := safe_url(each.get("archived_url")):
            yield Hyperlink("Archived copy", leave(archived), host_of(archived))
    registered = [each for each in document.get("identifiers", ()) if each["scheme"] in REGISTRIES and each["url"]]
    if "terms" in document and not resources and registered:
        (first, *_) = registered
        yield Hyperlink(RESOURCES["landing_page"], leave(safe_url(first["url"])), host_of(first["url"]))


def _access(document: JsonMapping) -> Iterator[LabelledLinks]:
    """Whether everybody may read it, and a picture: a link, for nothing is loaded from elsewhere."""
    if ACCESS.get(document.get("access", "")):
        yield _fact(member_label("access"), Hyperlink(ACCESS[document["access"]], note=document["access_source"] or ""))
    if picture := document.get("picture"):
        yield _fact("Picture", Hyperlink(picture["alternative_text"], safe_url(picture["url"])))


def _identifiers(identifiers: Sequence[JsonMapping], leave: Leave) -> Iterator[LabelledLinks]:
    by_scheme: dict[str, list[Hyperlink]] = {}
    for each in identifiers:
        by_scheme.setdefault(each["scheme"], []).append(Hyperlink(each["value"], leave(safe_url(each["url"]))))
    for scheme, links in by_scheme.items():
        yield LabelledLinks(IDENTIFIERS.get(scheme, member_label(scheme)), tuple(links))
