"""The models of answers that are not documents, for the OpenAPI description; a test holds them against what is sent."""

from pydantic import BaseModel, ConfigDict, Field

from app.kit.json_types import JsonObject


class ResponseModel(BaseModel):
    model_config = ConfigDict(extra="allow")


class ListMeta(ResponseModel):
    """The query as understood, and the totals."""

    count: int
    page: int | None
    per_page: int
    next_cursor: str | None
    revision: int
    epoch: str
    query: JsonObject
    description: str
    did_you_mean: str | None = None
    missing: int | None = None
    truncated: bool | None = None
    matching: str | None = None
    ignored: list[str] | None = None
    by_meaning: int | None = None


class ListLinks(ResponseModel):
    self: str
    first: str | None
    prev: str | None
    next: str | None
    last: str | None
    html: str | None = Field(description="The page for people; null if the query can only be sent as a body.")
    alternate: dict[str, str]
    feeds: dict[str, str]


class FacetValue(ResponseModel):
    slug: str
    label: str
    count: int
    selected: bool
    parent: str | None
    url: str | None


class Facet(ResponseModel):
    """Values in their own order, else the most frequent first; each with what it finds under the other filters, or with
    `combine=all` what is left when it is added."""

    label: str
    values: list[FacetValue]
    missing: int
    truncated: bool


class ItemLinks(ResponseModel):
    self: str
    collection: str
    html: str = Field(description="The page for people.")
    alternate: dict[str, str]


class WithLinks(ResponseModel):
    links: ItemLinks


class Branch(ResponseModel):
    """A term with its narrower terms, in the order of the vocabulary."""

    id: str
    slug: str
    label: str
    url: str
    narrower: list["Branch"]


class WithTerms(ResponseModel):
    """A whole vocabulary as a tree; not with `select`."""

    terms: list[Branch] | None = None


class Narrower(ResponseModel):
    id: str
    slug: str
    label: str
    url: str


class WithCounts(ResponseModel):
    """Narrower terms, and how many published entries of each collection have the term or one of them; not with
    `select`."""

    narrower: list[Narrower] | None = None
    counts: dict[str, int] | None = None


class HighlightedMember(ResponseModel):
    """The fragments of one member of the document; `language` is that of the document, null where it has none."""

    member: str
    language: str | None
    fragments: list[str]


class Highlights(ResponseModel):
    """With `highlight=true` and `q`: fragments of HTML, escaped, in which `<mark>` is the only element."""

    title: list[str]
    text: list[str]
    members: list[HighlightedMember]


class MapMeta(ResponseModel):
    """The query as understood, and how many cells have no entry."""

    count: int
    gaps: int
    revision: int
    epoch: str
    query: JsonObject
    description: str


class MapValue(ResponseModel):
    slug: str
    label: str
    parent: str | None
    count: int
    url: str | None = None


class MapSide(ResponseModel):
    """The values of a field, in order; those without an entry as well."""

    field: str
    label: str
    values: list[MapValue]
    missing: int
    truncated: bool


class MapCell(ResponseModel):
    count: int
    url: str
    parts: list[int] | None = None


class MapLinks(ResponseModel):
    self: str
    list: str
    alternate: dict[str, str]


class EvidenceMap(ResponseModel):
    """Entries counted by two fields at once."""

    meta: MapMeta
    rows: MapSide
    columns: MapSide
    parts: MapSide | None
    cells: list[list[MapCell]]
    links: MapLinks


class Completion(ResponseModel):
    """`parameter` is the filter that finds entries with it, `count` the number of such entries."""

    id: str
    label: str
    kind: str
    slug: str
    hint: str
    parameter: str | None
    count: int | None
    url: str


class Completions(ResponseModel):
    results: list[Completion]
    links: dict[str, str]


class RelatedReason(ResponseModel):
    """A field and the shared value; `relation` and its type; or `words`."""

    what: str
    label: str


class RelatedDocument(ResponseModel):
    """A related document, with its similarity and the reasons."""

    score: float
    because: list[RelatedReason]
    document: JsonObject


class RelatedDocuments(ResponseModel):
    results: list[RelatedDocument]
    links: dict[str, str]


class CollectionSummary(ResponseModel):
    name: str
    label: str
    parameter: str | None
    count: int
    url: str
    fields_url: str


class FormatSummary(ResponseModel):
    name: str
    label: str
    media_type: str
    extension: str


class Overview(ResponseModel):
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


class FieldValue(ResponseModel):
    slug: str
    label: str


class FieldDescription(ResponseModel):
    name: str
    label: str
    description: str
    type: str
    operators: list[str]
    sortable: bool
    facetable: bool
    values: list[FieldValue] | None


class CollectionFields(ResponseModel):
    """The fields by which a collection can be queried."""

    collection: str
    default_sort: str
    fields: list[FieldDescription]
    properties: list[str]
    facets: list[str]
    include: list[str]
    formats: list[str]
    links: dict[str, str]


class ProblemError(ResponseModel):
    code: str
    message: str
    parameter: str | None = None
    pointer: str | None = None
    allowed: list[str] | None = None
    suggestion: str | None = None


class Problem(ResponseModel):
    """A problem document (RFC 9457). The members after `errors` are present for some types only."""

    type: str
    title: str
    status: int
    detail: str | None = None
    instance: str | None = None
    errors: list[ProblemError] | None = None
    choices: list[str] | None = None
    allowed: list[str] | None = None
    accepts: list[str] | None = None
    limit: int | None = None
    location: str | None = None
    reason: str | None = None
    date: str | None = None
    replacement: str | None = None


RESPONSE_MODELS: tuple[type[BaseModel], ...] = (
    ListLinks,
    Facet,
    WithLinks,
    WithTerms,
    WithCounts,
    Highlights,
    Overview,
    CollectionFields,
    Completions,
    EvidenceMap,
    RelatedDocuments,
)
