"""The neutral view of a person or an organisation."""

from collections.abc import Callable
from dataclasses import dataclass, replace


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

    def with_pages(self, move: Callable[[str], str]) -> "Agent":
        """With pages on another site."""
        return replace(self, page_url=move(self.page_url), affiliations=tuple(map(move, self.affiliations)))
