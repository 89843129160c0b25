"""One small function a noun: valid by default, saved by the one writer, with whatever a test is about."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue.kind import Kind
from app.catalogue.registry import BY_NAME
from app.catalogue.revisions import last_revisions
from app.staff.editing import writer
from app.staff.editing.writer import Change, find
from app.staff.queries.subjects import load
from app.staff.workflow import transitions

NOW = datetime(2026, 1, 1, 9, tzinfo=UTC)
EDITOR = "editor"
_numbers = count(1)


def unique(stem: str) -> str:
    return f"{stem}-{next(_numbers)}"


def save(session: Session, *changes: Change, as_draft: bool = False, now: datetime = NOW) -> list[Any]:
    return list(writer.save(session, changes, by=EDITOR, now=now, as_draft=as_draft))


def make(session: Session, kind: Kind, *, as_draft: bool = False, now: datetime = NOW, **values: Any) -> Any:
    """Something of any kind, from the members of its input model."""
    change = Change(kind, kind.input.model_validate({"slug": unique(kind.name), **values}))
    return save(session, change, as_draft=as_draft, now=now)[0]


def make_entry(session: Session, kind: Kind, *, as_draft: bool = False, now: datetime = NOW, **values: Any) -> Any:
    """An entry of any registered kind; needs the vocabularies of `furnish`."""
    slug = values.pop("slug", unique(kind.name))
    own = {"slug": slug, "title": f"About {slug}", "terms": {"format": ["article"]}, **values}
    return make(session, kind, as_draft=as_draft, now=now, **own)


def make_publication(session: Session, **values: Any) -> Any:
    return make_entry(session, BY_NAME["publication"], **values)


def make_framework(session: Session, **values: Any) -> Any:
    return make_entry(session, BY_NAME["framework"], **values)


def make_person(session: Session, **values: Any) -> Any:
    return make(session, BY_NAME["person"], **{"name": "Ada Example", **values})


def make_organisation(session: Session, **values: Any) -> Any:
    return make(session, BY_NAME["organisation"], **{"name": "Example Trust", **values})


def make_term(session: Session, scheme: str = "topic", **values: Any) -> Any:
    slug = values.pop("slug", unique(scheme))
    return make(session, BY_NAME["term"], scheme=scheme, slug=slug, **{"label": slug.capitalize(), **values})


def make_vocabulary(session: Session, slug: str, collection: str, **values: Any) -> Any:
    return make(session, BY_NAME["vocabulary"], slug=slug, collection=collection, label=collection.title(), **values)


def change(session: Session, kind: Kind, slug: str, /, *, now: datetime = NOW, **values: Any) -> Any:
    """An edit of what is there: its last input with some members changed. `scheme` finds a term."""
    row = find(session, kind, slug, scheme=values.get("scheme"))
    assert row is not None, f"there is no {kind.name} {slug}"
    before = last_revisions(session, kind.name, [row.id])[row.id].data
    data = kind.input.model_validate({**(before or {}), **values})
    return save(session, Change(kind, data, row), now=now)[0]


def withdraw(session: Session, kind: Kind, slug: str, *, now: datetime = NOW, **more: Any) -> None:
    writer.acquire_write_lock(session, 0)
    subject = load(session, kind, slug)
    transitions.withdraw(session, subject, by=EDITOR, now=now, **{"reason": "Published by mistake.", **more})


def reinstate(session: Session, kind: Kind, slug: str, *, now: datetime = NOW) -> None:
    writer.acquire_write_lock(session, 0)
    transitions.reinstate(session, load(session, kind, slug), by=EDITOR, now=now)


TOPICS = (("ethics", None), ("consent", "ethics"), ("capacity", "consent"), ("trust", None), ("unused", None))
STAGES = ("first", "second", "third")
FORMATS = ("article", "book", "video")


def add_details(session: Session) -> None:
    """Three vocabularies: topics with narrower ones, stages in order, one format that every entry needs."""
    make_vocabulary(session, "topic", "topics")
    make_vocabulary(session, "stage", "stages", ordered=True)
    make_vocabulary(session, "format", "formats", single=True, required=True)
    for slug, broader in TOPICS:
        make_term(session, "topic", slug=slug, broader=broader)
    for position, slug in enumerate(STAGES):
        make_term(session, "stage", slug=slug, position=position)
    for slug in FORMATS:
        make_term(session, "format", slug=slug)
