"""The neutral view of a person or an organisation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """`page_url` is that of the agent in the knowledge base; `same_as` are its addresses elsewhere, such as ORCID or
    ROR; `affiliations` are pages of organisations. A person may have `family` and `given`."""

    page_url: str
    name: str
    is_person: bool
    family: str | None = None
    given: str | None = None
    alternative_names: tuple[str, ...] = ()
    description: str | None = None
    same_as: tuple[str, ...] = ()
    affiliations: tuple[str, ...] = ()
