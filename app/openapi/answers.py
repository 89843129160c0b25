"""The models of answers that are not documents, for the OpenAPI description; a test holds them against what is sent."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    model_config = ConfigDict(extra="allow")


class ListMeta(Answer):
    """What was understood, and how much there is."""

    count: int
    page: int | None
    per_page: int
    next_cursor: str | None
    revision: int
    epoch: str
    query: dict[str, Any]
    description: str
    did_you_mean: str | None = None
    missing: int | None = None
    truncated: bool | None = None
    matching: str | None = None


class ListLinks(Answer):
    self: str
    first: str | None
    prev: str | None
    next: str | None
    last: str | None
    alternate: dict[str, str]


class FacetValueAnswer(Answer):
    slug: str
    label: str
    count: int
    selected: bool
    parent: str | None
    url: str | None


class FacetAnswer(Answer):
    """Counted under the other filters, not its own."""

    values: list[FacetValueAnswer]
    missing: int
    truncated: bool


class ItemLinks(Answer):
    self: str
    collection: str
    alternate: dict[str, str]


class WithLinks(Answer):
    links: ItemLinks


class Branch(Answer):
    """A term with the narrower ones inside, in the vocabulary's own order."""

    slug: str
    label: str
    url: str
    narrower: list["Branch"]


class WithTerms(Answer):
    """A whole vocabulary as a tree; not with `select`."""

    terms: list[Branch] | None = None


class Narrower(Answer):
    slug: str
    label: str
    url: str


class WithCounts(Answer):
    """Narrower terms, and how many published entries of each collection have the term or one of them; not with
    `select`."""

    narrower: list[Narrower] | None = None
    counts: dict[str, int] | None = None


class Highlights(Answer):
    """With `highlight=true` and `q`: fragments of HTML, escaped, in which `<mark>` is the only element."""

    title: list[str]
    text: list[str]


class Completion(Answer):
    """`parameter` is what to ask entries with, `count` how many have it."""

    id: str
    label: str
    kind: str
    slug: str
    hint: str
    parameter: str | None
    count: int | None
    url: str


class Completions(Answer):
    results: list[Completion]
    links: dict[str, str]


class Because(Answer):
    """A field and what is shared in it; `relation` and its type; or `words`."""

    what: str
    label: str


class Neighbour(Answer):
    """A document, how near it is, and why."""

    score: float
    because: list[Because]
    document: dict[str, Any]


class Neighbours(Answer):
    results: list[Neighbour]
    links: dict[str, str]


class CollectionAnswer(Answer):
    name: str
    label: str
    parameter: str | None
    count: int
    url: str
    fields_url: str


class FormatAnswer(Answer):
    name: str
    label: str
    media_type: str
    extension: str


class Overview(Answer):
    """What is here."""

    title: str
    description: str
    licence: str
    contact: str | None
    revision: int
    epoch: str
    collections: list[CollectionAnswer]
    formats: list[FormatAnswer]
    links: dict[str, str]


class FieldValue(Answer):
    slug: str
    label: str


class AskableField(Answer):
    name: str
    description: str
    type: str
    operators: list[str]
    sortable: bool
    facetable: bool
    values: list[FieldValue] | None


class Askable(Answer):
    """What a collection can be asked by."""

    collection: str
    default_sort: str
    fields: list[AskableField]
    properties: list[str]
    facets: list[str]
    include: list[str]
    formats: list[str]
    links: dict[str, str]


class ProblemError(Answer):
    code: str
    message: str
    parameter: str | None = None
    pointer: str | None = None
    allowed: list[str] | None = None
    suggestion: str | None = None


class Problem(Answer):
    """A problem document (RFC 9457). What follows `errors` comes with some types only."""

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


ANSWERS: tuple[type[BaseModel], ...] = (
    ListLinks,
    FacetAnswer,
    WithLinks,
    WithTerms,
    WithCounts,
    Highlights,
    Overview,
    Askable,
    Completions,
    Neighbours,
)
