"""What the service knows of a kind of thing: everything generic code needs, so that it never names one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Protocol

from sqlalchemy import Select, select
from sqlalchemy.orm import RelationshipDirection, Session
from typing_extensions import TypeVar

from app.catalogue.input_errors import InputErrors
from app.catalogue.schema import Schema
from app.catalogue.subjects import SubjectRow
from app.exports.agent import Agent
from app.exports.checklist import Checklist
from app.exports.concept import Concept
from app.exports.record import Record
from app.search.query.schema import SearchSchema


class Lookup(Protocol):
    """How an input's references become rows (`app.catalogue.inputs.resolver`); each returns None and adds an error
    at `pointer` where the name is unknown."""

    errors: InputErrors

    def term(self, reference: str, pointer: str) -> Any: ...

    def scheme_term(self, scheme: str, slug: str, pointer: str) -> Any: ...

    def agent(self, reference: str, pointer: str) -> Any: ...

    def entry(self, reference: str, pointer: str) -> Any: ...

    def check_query(self, text: str, pointer: str) -> None:
        """A list with its parameters, as `publications?topic=ethics`: what is wrong with it is added."""


Row = TypeVar("Row", bound=SubjectRow, default=Any)
In = TypeVar("In", bound=Schema, default=Any)
"""Of a kind that is not named, anything."""


@dataclass(frozen=True)
class Parent:
    """What the slugs of a kind are unique in, and whose `collection` is in their addresses: of a term, its vocabulary.
    `member` of the rows leads to it, and of inputs is its slug."""

    row: type[Any]
    member: str


@dataclass(frozen=True)
class ReferenceColumn:
    """A column by which rows name others, those of the table `to`; `owner` has the id of the one that names."""

    to: str
    owner: Any
    target: Any

    def owners(self, ids: Sequence[int]) -> Select[Any]:
        """Ids of those that name any of these."""
        return select(self.owner).where(self.target.in_(ids))


@dataclass(frozen=True)
class FromRecord:
    """How a record becomes an input: `members` says which member is which field of a `Record`, `csl_types` which type
    of CSL 1.0.2 the entries of a format have. Records of these `types` become this kind; what no kind claims becomes
    the first."""

    members: Mapping[str, str]
    csl_types: Mapping[str, str] = field(default_factory=dict)
    types: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind(Generic[Row, In]):
    """`apply` and `render` treat what is not a plain column of the same name in table and models.

    `scope` is the first word of the scopes that staff need; `parent` is what a slug is unique in, where that is not the
    kind itself. Rows of kinds that are `public_while_named` have documents only while something published names them.

    `record` maps a published document to a `Record`, for the kinds that can be cited; `concept`
    maps one to a `Concept`, for vocabularies; `agent` to an `Agent`, for people and organisations; `checklist` to a
    `Checklist`, for what has questions to go through.
    `confidential` kinds have notes that are never published
    (`app.catalogue.parts.confidential`), and words that nothing published about them may contain. A kind of entry that
    can be imported says how (`from_record`).
    """

    row: type[Row]
    input: type[In]
    output: type[Schema]
    search_schema: SearchSchema
    record: Callable[[Mapping[str, Any]], Record] | None = None
    concept: Callable[[Mapping[str, Any]], Concept] | None = None
    agent: Callable[[Mapping[str, Any]], Agent] | None = None
    checklist: Callable[[Mapping[str, Any]], Checklist] | None = None
    apply: Callable[[Row, In, Lookup], None] | None = None
    render: Callable[[Row], dict[str, Any]] | None = None
    scope: str = "entries"
    parent: Parent | None = None
    public_while_named: bool = False
    from_record: FromRecord | None = field(default=None, hash=False)
    confidential: bool = False
    is_occasion: bool = False

    @property
    def name(self) -> str:
        return self.search_schema.kind

    @property
    def collection(self) -> str | None:
        """Where its documents have their addresses; None for terms, whose vocabulary says it."""
        return self.search_schema.collection

    def view(self, of: str) -> Callable[[Mapping[str, Any]], Any] | None:
        """How a format made of one of these views sees a document; None where it cannot."""
        occasion = self.record if self.is_occasion else None
        views = {"record": self.record, "concept": self.concept, "agent": self.agent, "checklist": self.checklist}
        return occasion if of == "occasion" else views.get(of)

    @property
    def is_entry(self) -> bool:
        return self.search_schema.has_terms

    @property
    def can_be_merged(self) -> bool:
        """Whether another may stand in its place."""
        return hasattr(self.table, "replaced_by_id")

    @property
    def can_be_deleted(self) -> bool:
        """Whether there may be one that was never public."""
        return self.is_entry or self.public_while_named

    @property
    def table(self) -> type[Any]:
        """The rows of its table; those of several kinds may be in one."""
        return self.row.__mapper__.base_mapper.class_

    @property
    def shares_table(self) -> bool:
        return hasattr(self.table, "kind")

    def select(self) -> Select[tuple[Row]]:
        """All its rows."""
        found = select(self.row)
        return found.where(self.table.kind == self.name) if self.shares_table else found

    def parent_of(self, row: Row) -> Any:
        return getattr(row, self.parent.member) if self.parent is not None else None

    def collection_of(self, row: Row) -> str:
        """Where the document of a row has its address."""
        return str(self.collection if self.parent is None else self.parent_of(row).collection)

    def collection_below(self, session: Session, parent: str | None) -> str:
        """As `collection_of`, by the slug of the parent."""
        if self.parent is None:
            return str(self.collection)
        return str(session.scalar(select(self.parent.row.collection).where(self.parent.row.slug == parent)))

    @cached_property
    def references(self) -> tuple[ReferenceColumn, ...]:
        """How its inputs refer to other rows: by the foreign keys of its own columns and of its child rows."""
        return tuple(self._references())

    def _references(self) -> Iterator[ReferenceColumn]:
        for relationship in self.row.__mapper__.relationships:
            inside = relationship.key in self.input.model_fields
            if relationship.direction is RelationshipDirection.MANYTOONE and inside:
                if self.parent is None or relationship.key != self.parent.member:
                    owner = self.table.__table__.c.id
                    yield from (
                        ReferenceColumn(_target(column), owner, column) for column in relationship.local_columns
                    )
            elif relationship.cascade.delete_orphan:
                (owner,) = relationship.remote_side
                others = [column for column in owner.table.c if column.foreign_keys and column is not owner]
                if not owner.nullable:
                    yield from (ReferenceColumn(_target(column), owner, column) for column in others)


def _target(column: Any) -> str:
    """The table that a column points into."""
    (foreign_key,) = column.foreign_keys
    return str(foreign_key.column.table.name)
