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
    query: dict[str, Any]
    description: str
    did_you_mean: str | None = None
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
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str | None = None
    instance: str | None = None
    errors: list[ProblemError] | None = None


ANSWERS: tuple[type[BaseModel], ...] = (
    ListLinks,
    FacetAnswer,
    WithLinks,
    Overview,
    Askable,
    Completions,
    Because,
)
