"""What the service knows of a kind of thing: everything generic code needs, so that it never names one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.catalogue.input_errors import InputErrors
from app.catalogue.schema import Schema
from app.catalogue.subjects import SubjectRow
from app.exports.concept import Concept
from app.exports.record import Record
from app.search.query.schema import SearchSchema


class Lookup(Protocol):
    """How an input's references become rows (`app.catalogue.inputs.resolver`); each gives None and notes a fault at
    `pointer` where there is nothing of that name."""

    errors: InputErrors

    def term(self, reference: str, pointer: str) -> Any: ...

    def scheme_term(self, scheme: str, slug: str, pointer: str) -> Any: ...

    def agent(self, reference: str, pointer: str) -> Any: ...


Apply = Callable[[Any, Any, Lookup], None]
Render = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True)
class Kind:
    """`apply` and `render` treat what is not a plain column of the same name in table and models.

    `record` maps a published document to a `Record`, for the kinds that can be cited; `concept`
    maps one to a `Concept`, for vocabularies. `shows_terms` selects the ids of those that show a term of these ids
    elsewhere than among their own terms. `confidential` kinds have notes that are never told
    (`app.catalogue.parts.confidential`), and words that nothing published about them may say. A kind that can be
    imported says which member of its input is which field of a `Record` (`proposed`), and which type of CSL 1.0.2
    its entries of a format have (`csl_types`).
    """

    row: type[SubjectRow]
    input: type[Schema]
    output: type[Schema]
    search_schema: SearchSchema
    record: Callable[[Mapping[str, Any]], Record] | None = None
    concept: Callable[[Mapping[str, Any]], Concept] | None = None
    apply: Apply | None = None
    render: Render | None = None
    shows_terms: Callable[[Sequence[int]], Any] | None = None
    import_fields: Mapping[str, str] = field(default_factory=dict, hash=False)
    csl_types: Mapping[str, str] = field(default_factory=dict, hash=False)
    confidential: bool = False

    @property
    def name(self) -> str:
        return self.search_schema.kind

    @property
    def collection(self) -> str | None:
        """Where its documents have their addresses; None for terms, whose vocabulary says it."""
        return self.search_schema.collection

    def view(self, of: str) -> Callable[[Mapping[str, Any]], Any] | None:
        """How a format made of records or of concepts sees a document; None where it cannot."""
        return self.record if of == "record" else self.concept

    @property
    def is_entry(self) -> bool:
        return self.search_schema.has_terms
