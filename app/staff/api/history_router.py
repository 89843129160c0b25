"""The history of one resource, and the restoration of any version."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from app.catalogue.revisions import RevisionRow
from app.http.pagination import Page, PageNumber, PerPage
from app.kit.clock import rfc3339
from app.staff.api.resource_router import load_subject, respond_with_subject, subject_responses
from app.staff.api.step_router import StepIn, load_for_step
from app.staff.auth.authorisation import UnitOfWork, requires_scopes
from app.staff.auth.preconditions import IfMatch
from app.staff.auth.routing import StaffRoute
from app.staff.editing.merge_patch import validate_input
from app.staff.editing.slug_reuse import with_present_slugs
from app.staff.queries.history import changes_of, redacted, revision_of, revisions_of
from app.staff.queries.subjects import staff_path
from app.staff.resource_types import READ, WRITE, PathParams, ResourcePath
from app.staff.workflow.steps import edit

Version = Annotated[int, Path(ge=1, le=2**31 - 1, description="Version created by the revision.", examples=[1])]


class RevisionLinks(BaseModel):
    self: str | None = Field(description="Null if the resource was deleted.")


class Revision(BaseModel):
    """One step: who took it, when and why. `pending` ones were of a working copy, and readers saw nothing of them."""

    number: int = Field(description="Revision number over the whole catalogue; used by `kb redact`.")
    version: int
    at: str
    actor: str
    action: str
    note: str | None
    pending: bool
    kind: str
    slug: str
    fields: list[str] = Field(description="Names of the changed fields.")
    redacted: dict[str, str] = Field(description="Fields redacted later, with the reason.")
    links: RevisionLinks


class RevisionChanges(Revision):
    changes: dict[str, dict[str, Any]] = Field(
        description="By field, `old` and `new`; for lists also the items that differ."
    )


class RevisionData(RevisionChanges):
    data: dict[str, Any] = Field(description="The input after this revision.")


class History(Page[RevisionChanges]):
    pass


HISTORY: dict[int | str, dict[str, Any]] = {200: {"description": "A page, newest first."}}
REVISION: dict[int | str, dict[str, Any]] = {
    200: {"model": RevisionData, "description": "The revision, and the input after it."}
}

router = APIRouter(prefix="/v1/staff", tags=["staff"], route_class=StaffRoute)


@router.get(
    "/{resource_type:any}/{slug}/revisions",
    operation_id="list_revisions",
    summary="List the revisions of a resource",
    responses=HISTORY,
)
def list_revisions(
    work: Annotated[UnitOfWork, requires_scopes(READ)],
    params: ResourcePath,
    page: PageNumber = 1,
    per_page: PerPage = 25,
) -> History:
    """Every revision: who, when, why, and what changed field by field."""
    return list_history(work, params, page, per_page)


@router.get(
    "/{resource_type:any}/{slug}/revisions/{version}",
    operation_id="get_revision",
    summary="Get a revision of a resource",
    responses=REVISION,
)
def get_revision(work: Annotated[UnitOfWork, requires_scopes(READ)], params: ResourcePath, version: Version) -> Any:
    """What the revision changed, and the full input at that time."""
    return get_revision_data(work, params, version)


@router.post(
    "/{resource_type:any}/{slug}/revisions/{version}/restore",
    operation_id="restore_revision",
    summary="Restore a revision of a resource",
    responses=subject_responses(),
)
def restore_revision(
    work: Annotated[UnitOfWork, requires_scopes(WRITE)],
    params: ResourcePath,
    version: Version,
    data: StepIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """Creates a new revision from the input of an old one, with renamed people and entries under their present
    names. Changes to something published go into a working copy."""
    return restore_version(work, params, version, data, response)


def list_history(work: UnitOfWork, params: PathParams, page: int, per_page: int) -> History:
    """One page of revisions."""
    subject = load_subject(work, params)
    count, rows = revisions_of(work.session, subject, page=page, per_page=per_page)
    here = staff_path(params.kind, subject.row)
    gone = redacted(work.session, [row.number for row in rows])
    results = [
        step_of(row, gone, work.url(f"{here}/revisions/{row.version}")) | {"changes": changes}
        for row, changes in zip(rows, changes_of(work.session, rows), strict=True)
    ]
    return History.build(work.url(f"{here}/revisions"), results, count=count, page=page, per_page=per_page)


def get_revision_data(work: UnitOfWork, params: PathParams, version: int) -> dict[str, Any]:
    """As `RevisionData` describes it."""
    subject = load_subject(work, params)
    row = revision_of(work.session, subject, version)
    url = work.url(f"{staff_path(params.kind, subject.row)}/revisions/{row.version}")
    step = step_of(row, redacted(work.session, [row.number]), url)
    [changes] = changes_of(work.session, [row])
    return step | {"changes": changes, "data": row.data or {}}


def restore_version(
    work: UnitOfWork, params: PathParams, version: int, data: StepIn, response: Response
) -> dict[str, Any]:
    """It is as it was, as far as that can be."""
    subject = load_for_step(work, params, data)
    old = revision_of(work.session, subject, version)
    requested = validate_input(params.kind, with_present_slugs(work.session, old.data or {}, old.number))
    note = data.note or f"As in version {version}."
    done = edit(work.session, subject, requested, by=work.actor.name, now=work.now, note=note, action="restore")
    return respond_with_subject(work, done, response)


def step_of(row: RevisionRow, gone: dict[int, dict[str, str]], url: str | None) -> dict[str, Any]:
    return {
        "number": row.number,
        "version": row.version,
        "at": rfc3339(row.at),
        "actor": row.actor,
        "action": row.action,
        "note": row.note,
        "pending": row.pending,
        "kind": row.kind,
        "slug": row.slug,
        "fields": row.fields,
        "redacted": gone.get(row.number, {}),
        "links": {"self": url},
    }
