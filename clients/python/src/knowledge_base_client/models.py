"""What the knowledge base answers. Generated from its description: `make client-models`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


class ChangesLinks(TypedDict):
    self: str
    next: str


class ChangesMeta(TypedDict):
    count: int
    has_more: bool
    next: str
    revision: int
    epoch: str


class Successor(TypedDict):
    """What replaces another."""

    id: str
    slug: str
    url: str
    label: NotRequired[str | None]


class Branch(TypedDict):
    """A term with its narrower terms, in the order of the vocabulary."""

    id: str
    slug: str
    label: str
    url: str
    narrower: list[Branch]


class CollectionSummary(TypedDict):
    name: str
    label: str
    parameter: str | None
    count: int
    url: str
    fields_url: str


class Completion(TypedDict):
    """`parameter` is the filter that finds entries with it, `count` the number of such entries."""

    id: str
    label: str
    kind: str
    slug: str
    hint: str
    parameter: str | None
    count: int | None
    url: str


class Completions(TypedDict):
    results: list[Completion]
    links: dict[str, str]


class Contributor(TypedDict):
    """A person or an organisation with its role; `family` and `given` are null for organisations."""

    role: str
    kind: str
    id: str
    slug: str
    label: str
    family: str | None
    given: str | None
    url: str
    document: NotRequired[dict[str, Any] | None]


class FacetValue(TypedDict):
    slug: str
    label: str
    count: int
    selected: bool
    parent: str | None
    url: str | None


class FieldValue(TypedDict):
    slug: str
    label: str


class FormatSummary(TypedDict):
    name: str
    label: str
    media_type: str
    extension: str


class HighlightedMember(TypedDict):
    """The fragments of one member of the document; `language` is that of the document, null where it has none."""

    member: str
    language: str | None
    fragments: list[str]


class Highlights(TypedDict):
    """With `highlight=true` and `q`: fragments of HTML, escaped, in which `<mark>` is the only element."""

    title: list[str]
    text: list[str]
    members: list[HighlightedMember]


class Item(TypedDict):
    """An entry in a section."""

    id: str
    kind: str
    slug: str
    label: str
    url: str
    link: str | None
    line: str | None


class ItemLinks(TypedDict):
    self: str
    collection: str
    html: str
    alternate: dict[str, str]


class Licence(TypedDict):
    id: str
    url: str | None


class ListLinks(TypedDict):
    self: str
    first: str | None
    prev: str | None
    next: str | None
    last: str | None
    html: str | None
    alternate: dict[str, str]
    feeds: dict[str, str]


class ListMeta(TypedDict):
    """The query as understood, and the totals."""

    count: int
    page: int | None
    per_page: int
    next_cursor: str | None
    revision: int
    epoch: str
    query: dict[str, Any]
    description: str
    did_you_mean: NotRequired[str | None]
    missing: NotRequired[int | None]
    truncated: NotRequired[bool | None]
    matching: NotRequired[str | None]
    ignored: NotRequired[list[str] | None]
    by_meaning: NotRequired[int | None]


class MapCell(TypedDict):
    count: int
    url: str
    parts: NotRequired[list[int] | None]


class MapLinks(TypedDict):
    self: str
    list: str
    alternate: dict[str, str]


class MapMeta(TypedDict):
    """The query as understood, and how many cells have no entry."""

    count: int
    gaps: int
    revision: int
    epoch: str
    query: dict[str, Any]
    description: str


class MapValue(TypedDict):
    slug: str
    label: str
    parent: str | None
    count: int
    url: NotRequired[str | None]


class Narrower(TypedDict):
    id: str
    slug: str
    label: str
    url: str


class Overview(TypedDict):
    """An overview of the knowledge base."""

    title: str
    description: str
    licence: str
    contact: str | None
    revision: int
    epoch: str
    collections: list[CollectionSummary]
    formats: list[FormatSummary]
    links: dict[str, str]


class Picture(TypedDict):
    """A picture on the web, with its alternative text (WCAG 2.2, success criterion 1.1.1)."""

    url: str
    alternative_text: str


class ProblemError(TypedDict):
    code: str
    message: str
    parameter: NotRequired[str | None]
    pointer: NotRequired[str | None]
    allowed: NotRequired[list[str] | None]
    suggestion: NotRequired[str | None]


class PublishedIdentifier(TypedDict):
    scheme: str
    value: str
    url: str | None


class Ref(TypedDict):
    """A reference to another document."""

    id: str
    slug: str
    label: str
    url: str


class RelatedReason(TypedDict):
    """A field and the shared value; `relation` and its type; or `words`."""

    what: str
    label: str


class Relation(TypedDict):
    """A relation to another published entry, seen from this one."""

    type: str
    kind: str
    id: str
    slug: str
    label: str
    url: str
    document: NotRequired[dict[str, Any] | None]


class Resource(TypedDict):
    """A URL and its purpose; `archived_url` is an archived copy of what is no longer there."""

    type: Literal["landing_page", "full_text", "view", "watch", "listen", "download"]
    url: str
    label: NotRequired[str | None]
    archived_url: NotRequired[str | None]


class Section(TypedDict):
    """A section of a collection, with its entries; where it has a query, with the first that are found, how many there
    are and where all of them are. What a query finds is in the collection itself, not in lists.
    """

    slug: str
    heading: str
    text: str
    entries: list[Item]
    query: str | None
    limit: int
    count: NotRequired[int | None]
    query_url: NotRequired[str | None]


class Term(TypedDict):
    """One concept of a vocabulary (SKOS Concept)."""

    kind: Literal["term"]
    id: str
    slug: str
    url: str
    revision: int
    indexed_at: str
    scheme: str
    label: str
    definition: str | None
    alternative_labels: list[str]
    hidden_labels: list[str]
    broader: Ref | None
    related: list[Ref]
    replaced_by: Ref | None
    position: int | None
    exact_match: list[str]
    sources: list[str]
    created_at: str
    updated_at: str
    version: int
    highlights: NotRequired[Highlights]


class Vocabulary(TypedDict):
    """A controlled vocabulary. Its name is the query parameter, its collection is the path of its terms."""

    kind: Literal["vocabulary"]
    id: str
    slug: str
    url: str
    revision: int
    indexed_at: str
    label: str
    definition: str
    collection: str
    single: bool
    required: bool
    ordered: bool
    synonym_rings: bool
    sources: list[str]
    created_at: str
    updated_at: str
    version: int
    highlights: NotRequired[Highlights]


class WithCounts(TypedDict):
    """Narrower terms, and how many published entries of each collection have the term or one of them; not with
    `select`.
    """

    narrower: NotRequired[list[Narrower] | None]
    counts: NotRequired[dict[str, int] | None]


class WithLinks(TypedDict):
    links: ItemLinks


class WithTerms(TypedDict):
    """A whole vocabulary as a tree; not with `select`."""

    terms: NotRequired[list[Branch] | None]


class VocabularyItem(Vocabulary, WithLinks, WithTerms):
    pass


class TermItem(Term, WithLinks, WithCounts):
    pass


Condition = TypedDict(
    "Condition",
    {
        "field": NotRequired[str],
        "op": NotRequired[Literal["any", "all", "not", "exact", "gte", "lte", "gt", "lt", "within", "exists"]],
        "value": NotRequired[str | int | bool | list[str | int | bool]],
        "and": NotRequired[list["Condition"]],
        "or": NotRequired[list["Condition"]],
        "not": NotRequired["Condition"],
    },
)


Terms: TypeAlias = dict[str, list[Ref]]
"""
Its terms: a list for every vocabulary, empty where it has none.
"""


class PublicChange(TypedDict):
    """The latest change of one document. For `left`, only id, revision and time are given."""

    change: Literal["created", "updated", "withdrawn", "moved", "left"]
    id: str
    revision: int
    at: str
    kind: NotRequired[str | None]
    slug: NotRequired[str | None]
    url: NotRequired[str | None]
    document: NotRequired[dict[str, Any] | None]
    reason: NotRequired[str | None]
    replacement: NotRequired[Successor | None]
    to: NotRequired[Successor | None]


class PublicChanges(TypedDict):
    """Changes in the order of their commits."""

    meta: ChangesMeta
    results: list[PublicChange]
    links: ChangesLinks


class Affiliation(TypedDict):
    organisation: Ref
    role: str | None
    start: str | None
    end: str | None


class Container(TypedDict):
    """The publication that another is part of, with what a citation says of it."""

    id: str
    slug: str
    label: str
    url: str
    issued: str | None
    venue: str | None
    volume: str | None
    publisher: str | None
    edition: str | None
    contributors: list[Contributor]
    identifiers: list[PublishedIdentifier]


class Element(TypedDict):
    slug: str
    type: str
    title: str
    description: str
    prompts: list[str]
    body: NotRequired[str]
    term: Ref | None


class Facet(TypedDict):
    """Values in their own order, else the most frequent first; each with what it finds under the other filters, or with
    `combine=all` what is left when it is added.
    """

    label: str
    values: list[FacetValue]
    missing: int
    truncated: bool


class FieldDescription(TypedDict):
    name: str
    label: str
    description: str
    type: str
    operators: list[str]
    sortable: bool
    facetable: bool
    values: list[FieldValue] | None


class Funding(TypedDict):
    funder: Ref
    award_number: str | None
    award_title: str | None
    award_url: str | None


class MapSide(TypedDict):
    """The values of a field, in order; those without an entry as well."""

    field: str
    label: str
    values: list[MapValue]
    missing: int
    truncated: bool


class Organisation(TypedDict):
    """An organisation named by something published."""

    kind: Literal["organisation"]
    id: str
    slug: str
    url: str
    revision: int
    indexed_at: str
    name: str
    alternative_names: list[str]
    hidden_names: list[str]
    description: str
    identifiers: list[PublishedIdentifier]
    sources: list[str]
    created_at: str
    updated_at: str
    version: int
    highlights: NotRequired[Highlights]


class Person(TypedDict):
    """A person named by something published."""

    kind: Literal["person"]
    id: str
    slug: str
    url: str
    revision: int
    indexed_at: str
    name: str
    alternative_names: list[str]
    hidden_names: list[str]
    description: str
    identifiers: list[PublishedIdentifier]
    sources: list[str]
    created_at: str
    updated_at: str
    version: int
    family: str | None
    given: str | None
    affiliations: list[Affiliation]
    highlights: NotRequired[Highlights]


class Problem(TypedDict):
    """A problem document (RFC 9457). The members after `errors` are present for some types only."""

    type: str
    title: str
    status: int
    detail: NotRequired[str | None]
    instance: NotRequired[str | None]
    errors: NotRequired[list[ProblemError] | None]
    choices: NotRequired[list[str] | None]
    allowed: NotRequired[list[str] | None]
    accepts: NotRequired[list[str] | None]
    limit: NotRequired[int | None]
    location: NotRequired[str | None]
    reason: NotRequired[str | None]
    date: NotRequired[str | None]
    replacement: NotRequired[str | None]


class Publication(TypedDict):
    """A text, picture, film or recording; `terms.format` names its format."""

    kind: Literal["publication"]
    id: str
    slug: str
    url: str
    revision: int
    indexed_at: str
    title: str
    alternative_titles: list[str]
    summary: str
    body: NotRequired[str]
    hidden_labels: NotRequired[list[str]]
    language: str
    issued: str | None
    licence: Licence | None
    access: str
    access_source: str | None
    picture: Picture | None
    terms: Terms
    contributors: list[Contributor]
    identifiers: list[PublishedIdentifier]
    resources: list[Resource]
    relations: list[Relation]
    funding: list[Funding]
    sources: list[str]
    created_at: str
    updated_at: str
    version: int
    doi: str | None
    venue: str | None
    issn: str | None
    volume: str | None
    issue: str | None
    pages: str | None
    article_number: str | None
    publisher: str | None
    edition: str | None
    cover_date: str | None
    duration: str | None
    container: Container | None
    highlights: NotRequired[Highlights]


class RelatedDocument(TypedDict):
    """A related document, with its similarity and the reasons."""

    score: float
    because: list[RelatedReason]
    document: dict[str, Any]


class RelatedDocuments(TypedDict):
    results: list[RelatedDocument]
    links: dict[str, str]


class Site(TypedDict):
    """An ethnographic site summary."""

    kind: Literal["site"]
    id: str
    slug: str
    url: str
    revision: int
    indexed_at: str
    title: str
    alternative_titles: list[str]
    summary: str
    body: NotRequired[str]
    hidden_labels: NotRequired[list[str]]
    language: str
    issued: str | None
    licence: Licence | None
    access: str
    access_source: str | None
    picture: Picture | None
    terms: Terms
    contributors: list[Contributor]
    identifiers: list[PublishedIdentifier]
    resources: list[Resource]
    relations: list[Relation]
    funding: list[Funding]
    sources: list[str]
    created_at: str
    updated_at: str
    version: int
    nation: str | None
    organisation_kind: str | None
    fieldwork_start: str | None
    fieldwork_end: str | None
    methods: list[str]
    learning: str | None
    highlights: NotRequired[Highlights]


class PublicationItem(Publication, WithLinks):
    pass


class SiteItem(Site, WithLinks):
    pass


class PersonItem(Person, WithLinks):
    pass


class OrganisationItem(Organisation, WithLinks):
    pass


class Collection(TypedDict):
    """A curated page: sections in order, with the collections that it is part of and those that are part of it."""

    kind: Literal["collection"]
    id: str
    slug: str
    url: str
    revision: int
    indexed_at: str
    title: str
    alternative_titles: list[str]
    summary: str
    body: NotRequired[str]
    hidden_labels: NotRequired[list[str]]
    language: str
    issued: str | None
    licence: Licence | None
    access: str
    access_source: str | None
    picture: Picture | None
    terms: Terms
    contributors: list[Contributor]
    identifiers: list[PublishedIdentifier]
    resources: list[Resource]
    relations: list[Relation]
    funding: list[Funding]
    sources: list[str]
    created_at: str
    updated_at: str
    version: int
    introduction: str
    sections: list[Section]
    parents: list[Ref]
    children: list[Ref]
    highlights: NotRequired[Highlights]


class CollectionFields(TypedDict):
    """The fields by which a collection can be queried."""

    collection: str
    default_sort: str
    fields: list[FieldDescription]
    properties: list[str]
    facets: list[str]
    include: list[str]
    formats: list[str]
    links: dict[str, str]


class Event(TypedDict):
    """A past or future event."""

    kind: Literal["event"]
    id: str
    slug: str
    url: str
    revision: int
    indexed_at: str
    title: str
    alternative_titles: list[str]
    summary: str
    body: NotRequired[str]
    hidden_labels: NotRequired[list[str]]
    language: str
    issued: str | None
    licence: Licence | None
    access: str
    access_source: str | None
    picture: Picture | None
    terms: Terms
    contributors: list[Contributor]
    identifiers: list[PublishedIdentifier]
    resources: list[Resource]
    relations: list[Relation]
    funding: list[Funding]
    sources: list[str]
    created_at: str
    updated_at: str
    version: int
    event_type: str | None
    start: str | None
    end: str | None
    place: str | None
    online: bool | None
    highlights: NotRequired[Highlights]


class EvidenceMap(TypedDict):
    """Entries counted by two fields at once."""

    meta: MapMeta
    rows: MapSide
    columns: MapSide
    parts: MapSide | None
    cells: list[list[MapCell]]
    links: MapLinks


class Framework(TypedDict):
    """A framework for thinking and practice, with its elements in order."""

    kind: Literal["framework"]
    id: str
    slug: str
    url: str
    revision: int
    indexed_at: str
    title: str
    alternative_titles: list[str]
    summary: str
    body: NotRequired[str]
    hidden_labels: NotRequired[list[str]]
    language: str
    issued: str | None
    licence: Licence | None
    access: str
    access_source: str | None
    picture: Picture | None
    terms: Terms
    contributors: list[Contributor]
    identifiers: list[PublishedIdentifier]
    resources: list[Resource]
    relations: list[Relation]
    funding: list[Funding]
    sources: list[str]
    created_at: str
    updated_at: str
    version: int
    acronym: str | None
    purpose: str
    basis: str
    elements: list[Element]
    highlights: NotRequired[Highlights]


class FrameworkItem(Framework, WithLinks):
    pass


class EventItem(Event, WithLinks):
    pass


class CollectionItem(Collection, WithLinks):
    pass
