"""The control: the same catalogue served the usual way, by FastAPI, the SQLAlchemy ORM and Pydantic models.

Written as one would for production: normalised tables, indexes for both directions of every association, WAL,
`selectinload` instead of lazy loading, response models that read attributes, plain `def` endpoints in the
thread pool.
"""

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import Depends, FastAPI, Query, Request
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Engine, ForeignKey, Index, Select, create_engine, event, func, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    selectinload,
)

try:  # the SQLite that the service uses: an older one plans the facets seven times slower
    import pysqlite3 as sqlite3
except ImportError:
    import sqlite3

PER_PAGE = 25
THREADS = 4
DATABASE = "BENCH_DATABASE"
"""Environment variable with the path of the SQLite file to serve."""


class Base(DeclarativeBase):
    pass


class Term(Base):
    __tablename__ = "term"
    __table_args__ = (Index("ix_term_scheme_slug", "scheme", "slug", unique=True),)
    id: Mapped[int] = mapped_column(primary_key=True)
    scheme: Mapped[str]
    slug: Mapped[str]
    label: Mapped[str]


class PublicationTerm(Base):
    __tablename__ = "publication_term"
    __table_args__ = (
        Index("ix_publication_term_term", "term_id", "publication_id"),
        {"sqlite_with_rowid": False},
    )
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"), primary_key=True)
    term_id: Mapped[int] = mapped_column(ForeignKey("term.id"), primary_key=True)


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str]
    family: Mapped[str]
    given: Mapped[str]


class Contribution(Base):
    __tablename__ = "contribution"
    __table_args__ = (Index("ix_contribution_person", "person_id"), {"sqlite_with_rowid": False})
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str]
    person: Mapped[Person] = relationship(lazy="raise")


class Identifier(Base):
    __tablename__ = "identifier"
    __table_args__ = (
        Index("ix_identifier_publication", "publication_id"),
        Index("ix_identifier_scheme_value", "scheme", "value", unique=True),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"))
    scheme: Mapped[str]
    value: Mapped[str]


class Publication(Base):
    __tablename__ = "publication"
    __table_args__ = (Index("ix_publication_newest", "issued_on", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    summary: Mapped[str]
    language: Mapped[str]
    issued: Mapped[str]
    issued_on: Mapped[str]
    """`issued` filled up to a whole date, to sort by."""
    licence: Mapped[str | None]
    venue: Mapped[str]
    volume: Mapped[str]
    pages: Mapped[str]
    landing_page: Mapped[str]
    terms: Mapped[list[Term]] = relationship(secondary="publication_term", order_by=Term.id, lazy="raise")
    contributors: Mapped[list[Contribution]] = relationship(order_by=Contribution.position, lazy="raise")
    identifiers: Mapped[list[Identifier]] = relationship(lazy="raise")


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class TermOut(Out):
    scheme: str
    slug: str
    label: str


class PersonOut(Out):
    slug: str
    label: str
    family: str
    given: str


class ContributionOut(Out):
    role: str
    person: PersonOut


class IdentifierOut(Out):
    scheme: str
    value: str


class PublicationOut(Out):
    slug: str
    title: str
    summary: str
    language: str
    issued: str
    licence: str | None
    venue: str
    volume: str
    pages: str
    landing_page: str
    terms: list[TermOut]
    contributors: list[ContributionOut]
    identifiers: list[IdentifierOut]


class FacetValue(BaseModel):
    slug: str
    label: str
    count: int


class Page(BaseModel):
    count: int
    page: int
    results: list[PublicationOut]
    facets: dict[str, list[FacetValue]]


Filters = dict[str, list[str]]
PUBLICATION = Publication.__table__.c.id


def make_engine(path: str) -> Engine:
    engine = create_engine(f"sqlite:///{path}", pool_size=20, module=sqlite3, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-65536", "mmap_size=1073741824"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def tagged(publication: ColumnElement[int], scheme: str, slugs: Sequence[str]) -> ColumnElement[bool]:
    """Whether the publication with this id has any of these terms."""
    tag = select(PublicationTerm.publication_id).join(Term, Term.id == PublicationTerm.term_id)
    return publication.in_(tag.where(Term.scheme == scheme, Term.slug.in_(slugs)))


def conditions(
    publication: ColumnElement[int], filters: Filters, *, but: str | None = None
) -> list[ColumnElement[bool]]:
    return [tagged(publication, scheme, slugs) for scheme, slugs in filters.items() if slugs and scheme != but]


def count(session: Session, filters: Filters) -> int:
    query = select(func.count(Publication.id)).where(*conditions(PUBLICATION, filters))
    return session.scalars(query).one()


def results(session: Session, filters: Filters, page: int) -> Sequence[Publication]:
    """One page, newest first."""
    newest = (Publication.issued_on.desc(), Publication.id.desc())
    query = select(Publication).where(*conditions(PUBLICATION, filters)).order_by(*newest).options(*_loading())
    return session.scalars(query.limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all()


def _loading() -> list[Any]:
    authors = selectinload(Publication.contributors).joinedload(Contribution.person, innerjoin=True)
    return [selectinload(Publication.terms), authors, selectinload(Publication.identifiers)]


def facet(session: Session, filters: Filters, scheme: str) -> list[FacetValue]:
    """The values of `scheme` and how often each occurs under the other filters."""
    number = func.count(PublicationTerm.publication_id)
    query: Select[str, str, int] = (
        select(Term.slug, Term.label, number)
        .join(PublicationTerm, PublicationTerm.term_id == Term.id)
        .where(Term.scheme == scheme)
        .group_by(Term.id)
        .order_by(number.desc(), Term.slug)
    )
    others = conditions(PublicationTerm.__table__.c.publication_id, filters, but=scheme)
    rows = session.execute(query.where(*others))
    return [FacetValue(slug=slug, label=label, count=total) for slug, label, total in rows]


def read_session(request: Request) -> Iterator[Session]:
    with Session(request.app.state.engine) as session:
        yield session


def list_publications(
    session: Annotated[Session, Depends(read_session)],
    topic: Annotated[list[str] | None, Query()] = None,
    stage: Annotated[list[str] | None, Query()] = None,
    facets: Annotated[str, Query(pattern=r"^(|(topic|stage|format)(,(topic|stage|format))*)$")] = "",
    page: Annotated[int, Query(ge=1, le=400)] = 1,
) -> Any:
    filters = {"topic": topic or [], "stage": stage or []}
    return {
        "count": count(session, filters),
        "page": page,
        "results": results(session, filters, page),
        "facets": {scheme: facet(session, filters, scheme) for scheme in facets.split(",") if scheme},
    }


@asynccontextmanager
async def few_threads(_app: FastAPI) -> AsyncIterator[None]:
    """With the default of forty the threads fight for the interpreter: a third fewer requests per second."""
    current_default_thread_limiter().total_tokens = THREADS
    yield


def make_app() -> FastAPI:
    """An application over the file that `BENCH_DATABASE` names; raises `KeyError` without it."""
    app = FastAPI(title="Baseline", lifespan=few_threads)
    app.state.engine = make_engine(os.environ[DATABASE])
    app.get("/v1/publications", response_model=Page)(list_publications)
    return app
