"""What the service knows of a kind of thing: everything generic code needs, so that it never names one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.catalogue.schema import Schema
from app.catalogue.subjects import SubjectRow
from app.exports.record import Record
from app.search.fields import Shape

if TYPE_CHECKING:
    from app.catalogue.resolving import Resolver

Apply = Callable[[Any, Any, "Resolver"], None]
Render = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True)
class Kind:
    """`apply` and `render` treat what is not a plain column of the same name in table and models.

    `record` maps a published document to a `Record`, for the kinds that can be cited.
    """

    row: type[SubjectRow]
    input: type[Schema]
    output: type[Schema]
    shape: Shape
    record: Callable[[Mapping[str, Any]], Record] | None = None
    apply: Apply | None = None
    render: Render | None = None

    @property
    def name(self) -> str:
        return self.shape.kind

    @property
    def collection(self) -> str | None:
        """Where its documents have their addresses; None for terms, whose vocabulary says it."""
        return self.shape.collection

    @property
    def is_entry(self) -> bool:
        return self.shape.classified
