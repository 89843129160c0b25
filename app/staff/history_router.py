"""The history of one thing, and any version of it restored."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from app.catalogue.revisions import RevisionRow
from app.kit.clock import rfc3339
from app.staff.authorising import Work, needs
from app.staff.history import changes_of, redacted, revision_of, revisions_of
from app.staff.patching import validated
from app.staff.representing import PageNumber, PerPage, page_of, paged
from app.staff.resource_router import loaded, shown, there
from app.staff.resources import READ, WRITE, AnyResource, PathParams
from app.staff.routing import StaffRoute
from app.staff.step_router import StepIn, opened_at
from app.staff.steps import edit
from app.staff.subjects import staff_path
from app.staff.taking_over import as_meant
from app.staff.versions import IfMatch

Version = Annotated[int, Path(ge=1, description="Version that the step made.", examples=[1])]


class RevisionLinks(BaseModel):
    self: str | None = Field(description="Null where the thing itself was deleted.")


class Revision(BaseModel):
    """One step: who took it, when and why. `pending` ones were of a working copy, and readers saw nothing of them."""

    number: int = Field(description="Place in the history of everything; `kb redact` asks for it.")
    version: int
    at: str
    actor: str
    action: str
    note: str | None
    pending: bool
    kind: str
    slug: str
    fields: list[str] = Field(description="Names of what changed.")
    redacted: dict[str, str] = Field(description="Fields that were taken out later, with the reason.")
    links: RevisionLinks


class RevisionChanges(Revision):
    changes: dict[str, dict[str, Any]] = Field(description="By field, `old` and `new`; of lists also what differs.")


class RevisionData(RevisionChanges):
    data: dict[str, Any] = Field(description="The input as it was after this step.")


HISTORY: dict[int | str, dict[str, Any]] = {
    200: {"model": page_of("History", RevisionChanges), "description": "One page, the newest step first."}
}
REVISION: dict[int | str, dict[str, Any]] = {
    200: {"model": RevisionData, "description": "The step, and the input after it."}
}

router = APIRouter(prefix="/v1/staff", tags=["staff"], route_class=StaffRoute)


@router.get(
    "/{resource_type:any}/{slug}/revisions",
    operation_id="list_revisions",
    summary="History of one thing",
    responses=HISTORY,
)
def list_revisions(
    work: Annotated[Work, needs(READ)], at: AnyResource, page: PageNumber = 1, per_page: PerPage = 25
) -> Any:
    """Every step, with who, when, why and what it changed, field by field."""
    return history_of(work, at, page, per_page)


@router.get(
    "/{resource_type:any}/{slug}/revisions/{version}",
    operation_id="get_revision",
    summary="Look at one thing as it was",
    responses=REVISION,
)
def get_revision(work: Annotated[Work, needs(READ)], at: AnyResource, version: Version) -> Any:
    """What one step changed, and the whole input as it was then."""
    return revision_at(work, at, version)


@router.post(
    "/{resource_type:any}/{slug}/revisions/{version}/restore",
    operation_id="restore_revision",
    summary="Make one thing as it was",
    responses=there(),
)
def restore_revision(
    work: Annotated[Work, needs(WRITE)],
    at: AnyResource,
    version: Version,
    data: StepIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """A new step with the input of an old one: whom it named then, by their present names. As with any correction,
    what readers know waits to be published.
    """
    return restored(work, at, version, data, response)


def history_of(work: Work, at: PathParams, page: int, per_page: int) -> dict[str, Any]:
    """One page of revisions."""
    subject = loaded(work, at)
    count, rows = revisions_of(work.session, subject, page=page, per_page=per_page)
    here = staff_path(at.kind, subject.row)
    gone = redacted(work.session, [row.number for row in rows])
    results = [
        step_of(row, gone, work.url(f"{here}/revisions/{row.version}")) | {"changes": changes}
        for row, changes in zip(rows, changes_of(work.session, rows), strict=True)
    ]
    asked = f"{work.url(here)}/revisions?per_page={per_page}&"
    return paged(asked, results, count=count, page=page, per_page=per_page)


def revision_at(work: Work, at: PathParams, version: int) -> dict[str, Any]:
    """As `RevisionData` describes it."""
    subject = loaded(work, at)
    row = revision_of(work.session, subject, version)
    url = work.url(f"{staff_path(at.kind, subject.row)}/revisions/{row.version}")
    step = step_of(row, redacted(work.session, [row.number]), url)
    [changes] = changes_of(work.session, [row])
    return step | {"changes": changes, "data": row.data or {}}


def restored(work: Work, at: PathParams, version: int, data: StepIn, response: Response) -> dict[str, Any]:
    """It is as it was, as far as that can be."""
    subject = opened_at(work, at, data)
    old = revision_of(work.session, subject, version)
    wanted = validated(at.kind, as_meant(work.session, old.data or {}, old.number))
    note = data.note or f"As in version {version}."
    done = edit(work.session, subject, wanted, by=work.actor.name, now=work.now, note=note, action="restore")
    return shown(work, done, response)


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
