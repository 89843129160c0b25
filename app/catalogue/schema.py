"""What the models of every noun are made of: strict, closed, and free of text that no database should hold."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from app.kit.clock import parsed_moment
from app.kit.durations import duration
from app.kit.partial_dates import partial_date
from app.kit.text import has_control

RESERVED_SLUGS = frozenset({"fields", "search", "related"})
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Schema(BaseModel):
    """Closed and strict: an unknown field and a `"5"` for an integer are errors."""

    model_config = ConfigDict(extra="forbid", strict=True)


def example(value: dict[str, Any]) -> ConfigDict:
    """The configuration of a model with an example: sent unchanged to a freshly seeded service, it is accepted."""
    return ConfigDict(json_schema_extra={"examples": [value]})


def _clean(value: str) -> str:
    if has_control(value):
        raise ValueError("must not contain control characters or unpaired surrogates")
    return value


def _slug(value: str) -> str:
    if not SLUG.fullmatch(value):
        raise ValueError("must be lower-case words of a-z and 0-9 joined by single hyphens")
    if value in RESERVED_SLUGS:
        raise ValueError("is a word the service uses in its own addresses")
    return value


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), AfterValidator(_clean)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000), AfterValidator(_clean)]
Slug = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(_slug)]
WebAddress = Annotated[
    str, StringConstraints(max_length=2000, pattern=r"^https?://[^\s/]+\S*$"), AfterValidator(_clean)
]
PartialDateText = Annotated[
    str,
    StringConstraints(max_length=10),
    AfterValidator(partial_date),
    Field(description="EDTF level 0: a year, a month or a day, as `2022`, `2022-09` or `2022-09-29`."),
]
DurationText = Annotated[
    str,
    StringConstraints(max_length=20),
    AfterValidator(duration),
    Field(description="ISO 8601 duration of hours, minutes and seconds, as `PT45M`."),
]


def _moment(value: str) -> str:
    parsed_moment(value)
    return value


MomentText = Annotated[
    str,
    StringConstraints(max_length=40),
    AfterValidator(_moment),
    Field(description="RFC 3339, with the time zone, as `2026-01-31T09:00:00Z`."),
]
LanguageTag = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"),
    Field(description="BCP 47 language tag, as `en` or `cy`."),
]
LicenceToken = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+-]{0,59}$"),
    Field(description="SPDX identifier, or its stem where the version is not known (`CC-BY`)."),
]
AgentReference = Annotated[
    str,
    StringConstraints(pattern=r"^(people|organisations)/[a-z0-9-]{1,80}$"),
    Field(description="A person or an organisation, as `people/michelle-lefevre`."),
]
EntryReference = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z-]{1,80}/[a-z0-9-]{1,80}$"),
    Field(description="An entry, as `publications/its-slug`."),
]
TermReference = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z-]{1,80}/[a-z0-9-]{1,80}$"),
    Field(description="A term, as `stages/mobilising`."),
]


class Ref(Schema):
    """A small pointer to another document."""

    slug: str
    label: str
    url: str


class Identifier(Schema):
    scheme: Literal["doi", "isbn", "issn", "orcid", "ror", "url", "eric", "handle"]
    value: Line


class PublishedIdentifier(Schema):
    scheme: str
    value: str
    url: str | None
