"""The representation of one resource for staff, and of a page of them."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from app.http.pagination import Page
from app.kit.clock import rfc3339
from app.staff.auth.authorisation import UnitOfWork
from app.staff.queries.subjects import Subject, staff_path

States = Annotated[
    str,
    Field(description="`draft`, `in_review`, `published` or `withdrawn`: of the working copy, where there is one."),
]


class Public(BaseModel):
    """The public version: `live`, or `gone` if it was withdrawn."""

    url: str
    state: str


class SubjectLinks(BaseModel):
    self: str
    changes: str
    revisions: str


class StaffView(BaseModel):
    """A resource as staff see it. `version` increases with every step; `data` can be sent back."""

    kind: str
    id: str
    slug: str
    state: States
    version: int
    data: dict[str, Any]
    public: Public | None = Field(description="Null until something is public.")
    conflict: bool = Field(description="Whether the published version changed after the working copy was created.")
    publish_at: str | None = Field(description="When it will be published automatically.")
    publish_refused: str | None = Field(description="Why scheduled publishing failed.")
    editor: str = Field(description="Last editor.")
    note: str | None = Field(description="Note of the last editor.")
    updated_at: str
    notices: list[str] = Field(default_factory=list, description="How names were interpreted.")
    missing: list[str] = Field(default_factory=list, description="Vocabularies that it needs before publishing.")
    links: SubjectLinks


def serialise_subject(work: UnitOfWork, subject: Subject) -> dict[str, Any]:
    """As `StaffView` describes it."""
    plan = subject.plan
    here = work.url(staff_path(subject.kind, subject.row))
    return {
        "kind": subject.kind.name,
        "id": subject.row.uuid,
        "slug": subject.row.slug,
        "state": str(subject.state),
        "version": subject.version,
        "data": subject.data,
        "public": _public(work, subject),
        "conflict": subject.in_conflict,
        "publish_at": rfc3339(plan.publish_at) if plan is not None else None,
        "publish_refused": plan.refused if plan is not None else None,
        "editor": subject.last.actor,
        "note": subject.last.note,
        "updated_at": rfc3339(subject.updated_at),
        "links": {"self": here, "changes": f"{here}/changes", "revisions": f"{here}/revisions"},
    }


def _public(work: UnitOfWork, subject: Subject) -> dict[str, str] | None:
    shown = subject.document
    if shown is None:
        return None
    return {"url": work.url(f"/v1/{shown.collection}/{shown.slug}"), "state": shown.state}


class StaffPage(Page[StaffView]):
    pass
