"""The history of one thing, any version of it restored, and the audit log of everything."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.catalogue.registry import BY_NAME
from app.catalogue.revisions import RevisionRow
from app.kit.clock import rfc3339
from app.staff.authorising import Work, needs
from app.staff.history import Asked, audit, changes_of, redacted, revision_of, revisions_of
from app.staff.patching import validated
from app.staff.representing import PageNumber, PerPage, page_of, paged
from app.staff.resource_router import Since, Until, loaded, parsed, shown, there
from app.staff.resources import READ, WRITE, AnyResource, PathParams
from app.staff.routing import StaffRoute
from app.staff.step_router import StepIn, opened_at
from app.staff.steps import edit
from app.staff.subjects import load_rows, staff_path
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


class AuditMeta(BaseModel):
    per_page: int
    next_cursor: str | None


class AuditLinks(BaseModel):
    self: str
    next: str | None


class Audit(BaseModel):
    """A page of the audit log, newest first."""

    meta: AuditMeta
    results: list[Revision]
    links: AuditLinks


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
        _told(row, gone, work.url(f"{here}/revisions/{row.version}")) | {"changes": changes}
        for row, changes in zip(rows, changes_of(work.session, rows), strict=True)
    ]
    asked = f"{work.url(here)}/revisions?per_page={per_page}&"
    return paged(asked, results, count=count, page=page, per_page=per_page)


def revision_at(work: Work, at: PathParams, version: int) -> dict[str, Any]:
    """As `RevisionData` describes it."""
    subject = loaded(work, at)
    row = revision_of(work.session, subject, version)
    url = work.url(f"{staff_path(at.kind, subject.row)}/revisions/{row.version}")
    told = _told(row, redacted(work.session, [row.number]), url)
    [changes] = changes_of(work.session, [row])
    return told | {"changes": changes, "data": row.data or {}}


def restored(work: Work, at: PathParams, version: int, data: StepIn, response: Response) -> dict[str, Any]:
    """It is as it was, as far as that can be."""
    subject = opened_at(work, at, data)
    old = revision_of(work.session, subject, version)
    wanted = validated(at.kind, as_meant(work.session, old.data or {}, old.number))
    note = data.note or f"As in version {version}."
    done = edit(work.session, subject, wanted, by=work.actor.name, now=work.now, note=note, action="restore")
    return shown(work, done, response)


def _told(row: RevisionRow, gone: dict[int, dict[str, str]], url: str | None) -> dict[str, Any]:
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


audit_router = APIRouter(prefix="/v1/staff/audit", tags=["staff"], route_class=StaffRoute)


@audit_router.get(
    "",
    operation_id="read_audit",
    summary="Who did what, over everything",
    responses={200: {"model": Audit, "description": "One page, the newest step first."}},
)
def read_audit(
    work: Annotated[Work, needs("audit:read")],
    actor: Annotated[str | None, Query(max_length=200, description="Who.", examples=["seeder"])] = None,
    kind: Annotated[str | None, Query(max_length=40, description="Kind of thing.", examples=["term"])] = None,
    slug: Annotated[str | None, Query(max_length=80, description="Any slug it had.", examples=["{people.0}"])] = None,
    action: Annotated[str | None, Query(max_length=20, description="What was done.", examples=["publish"])] = None,
    since: Since = None,
    until: Until = None,
    cursor: Annotated[
        str | None, Query(max_length=200, description="`meta.next_cursor` of the page before.", examples=[""])
    ] = None,
    per_page: PerPage = 25,
) -> Any:
    """Every step of everybody: by whom, on what, what was done and when. Nothing here is ever changed or taken away,
    except what `kb redact` takes out, which is said."""
    asked = Asked(actor, kind, slug, action, parsed(since), parsed(until))
    rows, following = audit(work.session, asked, cursor=cursor or None, per_page=per_page)
    gone = redacted(work.session, [row.number for row in rows])
    paths = _paths(work.session, rows)
    given = {"actor": actor, "kind": kind, "slug": slug, "action": action, "since": since, "until": until}
    pairs = {name: value for name, value in given.items() if value is not None} | {"per_page": per_page}
    here = work.url("/v1/staff/audit")
    this = pairs | ({"cursor": cursor} if cursor else {})
    return {
        "meta": {"per_page": per_page, "next_cursor": following},
        "results": [_told(row, gone, _address(work, row, paths)) for row in rows],
        "links": {
            "self": f"{here}?{urlencode(this)}",
            "next": f"{here}?{urlencode(pairs | {'cursor': following})}" if following else None,
        },
    }


def _paths(session: Session, rows: Sequence[RevisionRow]) -> dict[tuple[str, int], str]:
    """By kind and number, where staff find the things that these revisions are about and that are still there."""
    sources: dict[str, set[int]] = {}
    for row in rows:
        sources.setdefault(row.kind, set()).add(row.source)
    kinds = [BY_NAME[name] for name in sources if name in BY_NAME]
    return {
        (kind.name, subject.id): staff_path(kind, subject)
        for kind in kinds
        for subject in load_rows(session, kind, sources[kind.name])
    }


def _address(work: Work, row: RevisionRow, paths: Mapping[tuple[str, int], str]) -> str | None:
    path = paths.get((row.kind, row.source))
    return None if path is None else work.url(f"{path}/revisions/{row.version}")
