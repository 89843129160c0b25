"""What the models of every resource type are made of: strict, closed, and free of text that no database should hold."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError, core_schema

from app.catalogue import reserved_names
from app.kit.clock import parse_rfc3339
from app.kit.json_types import JsonObject
from app.kit.text.characters import has_control
from app.kit.text.markdown import markdown_problem
from app.kit.values.durations import duration
from app.kit.values.partial_dates import PartialDate, partial_date
from app.kit.values.uuids import is_uuid

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Schema(BaseModel):
    """Closed and strict: an unknown field and a `"5"` for an integer are errors."""

    model_config = ConfigDict(extra="forbid", strict=True)


def example(value: JsonObject) -> ConfigDict:
    """The configuration of a model with an example: sent unchanged to a freshly seeded service, it is accepted."""
    return ConfigDict(json_schema_extra={"examples": [value]})


@dataclass(frozen=True)
class TextPattern:
    """Text that matches the whole of `pattern`. The error message says `words`, not the pattern."""

    pattern: str
    description: str

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> JsonObject:
        return {**handler(schema), "pattern": f"^{self.pattern}$"}

    def check(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value):
            raise PydanticCustomError("string_pattern_mismatch", "{words}", {"words": self.description})
        return value


def _clean(value: str) -> str:
    if has_control(value):
        raise ValueError("must not contain control characters or unpaired surrogates")
    return value


def _slug(value: str) -> str:
    if not SLUG.fullmatch(value):
        raise ValueError("must be words of lower-case letters (a-z) and digits, joined by single hyphens")
    if value in reserved_names.RESERVED_SLUGS:
        raise ValueError("is reserved for paths of the service")
    if is_uuid(value):
        raise ValueError("must not look like an id")
    return value


def _in_subset(value: str) -> str:
    problem = markdown_problem(value)
    if problem is not None:
        raise ValueError(problem)
    return value


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), AfterValidator(_clean)]
HiddenLabels = Annotated[list[Line], Field(max_length=50)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000), AfterValidator(_clean)]
MarkdownText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=50_000),
    AfterValidator(_clean),
    AfterValidator(_in_subset),
    Field(description="Markdown (CommonMark) without HTML and pictures; sections begin with `##`."),
]
PublishedMarkdown = Annotated[
    str, Field(description="Markdown (CommonMark): in the document itself, and in lists with `select=body`.")
]
Slug = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(_slug)]
WebAddress = Annotated[
    str,
    StringConstraints(max_length=2000),
    TextPattern(r"https?://[^\s/]+\S*", "must be a URL that begins with http:// or https://"),
    AfterValidator(_clean),
]
PartialDateText = Annotated[
    str,
    AfterValidator(partial_date),
    Field(
        description="EDTF level 0: a year, a month or a day, for example `2022`, `2022-09` or `2022-09-29`.",
        json_schema_extra={"pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$", "maxLength": 10},
    ),
]
DurationText = Annotated[
    str,
    AfterValidator(duration),
    Field(
        description="ISO 8601 duration of hours, minutes and seconds, for example `PT45M`.",
        json_schema_extra={"format": "duration", "maxLength": 20},
    ),
]


ACCEPTED = {"accepted": True}
"""Context for reading an input that was accepted once, under rules that may have been laxer."""


def not_before(start: str) -> AfterValidator:
    """For the end of a stretch of time that begins with the member `start`, which stands before it. Dates are their
    whole intervals: 2022 may be after May 2022."""

    def check(value: str | None, info: ValidationInfo) -> str | None:
        begins = (info.data or {}).get(start)
        if not value or not begins or (info.context or {}).get("accepted"):
            return value
        if PartialDate(value).end < PartialDate(begins).start:
            raise PydanticCustomError("ends_before_it_starts", "must not be before `{start}`", {"start": start})
        return value

    return AfterValidator(check)


def _moment(value: str) -> str:
    parse_rfc3339(value)
    return value


MomentText = Annotated[
    str,
    StringConstraints(max_length=40),
    AfterValidator(_moment),
    Field(
        description="RFC 3339, with the time zone, for example `2026-01-31T09:00:00Z`.",
        json_schema_extra={"format": "date-time"},
    ),
]
LanguageTag = Annotated[
    str,
    TextPattern(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", "must be a language code, for example en or cy"),
    Field(description="BCP 47 language tag, for example `en` or `cy`."),
]
LicenceToken = Annotated[
    str,
    TextPattern(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,59}", "must be an SPDX identifier, for example CC-BY-4.0"),
    Field(description="SPDX identifier, or its stem if the version is unknown (`CC-BY`)."),
]
AgentReference = Annotated[
    str,
    TextPattern(
        r"(people|organisations)/[a-z0-9-]{1,80}", "must be a person or an organisation, for example people/jo-bloggs"
    ),
    Field(
        description="A person or an organisation, for example `people/michelle-lefevre`.",
        json_schema_extra={"x-reference": "people organisations"},
    ),
]
EntryReference = Annotated[
    str,
    TextPattern(r"[a-z-]{1,80}/[a-z0-9-]{1,80}", "must be an entry, for example publications/a-guide"),
    Field(description="An entry, for example `publications/its-slug`.", json_schema_extra={"x-reference": "entries"}),
]
TermReference = Annotated[
    str,
    TextPattern(r"[a-z-]{1,80}/[a-z0-9-]{1,80}", "must be a term, for example stages/mobilising"),
    Field(description="A term, for example `stages/mobilising`."),
]
_OWN_VOCABULARY = {"x-reference": "vocabularies/{vocabulary}/terms"}
SiblingReference = Annotated[Slug, Field(json_schema_extra=_OWN_VOCABULARY)]
"""A term of the same vocabulary, by its slug."""
SuccessorReference = Annotated[
    str,
    TextPattern(
        r"([a-z-]{1,80}/)?[a-z0-9-]{1,80}", "must be a term: mobilising, or of another vocabulary stages/mobilising"
    ),
    Field(
        description="A term: its slug or, in another vocabulary, for example `stages/mobilising`.",
        json_schema_extra=_OWN_VOCABULARY,
    ),
]


DocumentId = Annotated[
    str,
    Field(
        description="The id, which never changes; it works in place of the slug.",
        json_schema_extra={"format": "uuid"},
    ),
]


class Document(Schema):
    """What every published document has. `revision` and `indexed_at` belong to the store: it adds them as it writes."""

    kind: str
    id: DocumentId
    slug: str
    url: str
    revision: int = Field(description="The revision that last changed what the document shows.")
    indexed_at: str = Field(
        description="When what the document shows last changed: its own members, or what it says of other documents."
    )


class Ref(Schema):
    """A reference to another document."""

    id: DocumentId
    slug: str
    label: str
    url: str


class Identifier(Schema):
    scheme: Literal["doi", "isbn", "issn", "orcid", "ror", "url", "eric", "handle", "wikidata"]
    value: Line


class PublishedIdentifier(Schema):
    scheme: str
    value: str
    url: str | None
