"""Finding, reading, creating, correcting and deleting: the same for every resource type."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Response
from pydantic import BaseModel, Field

from app.catalogue.registry import ENTRY_KINDS
from app.catalogue.schema import Line, MomentText, Schema
from app.catalogue.terms import TermIn
from app.http.pagination import PageNumber, PerPage
from app.http.problems.validation_errors import validate_body
from app.kit.errors import BadQuery, ErrorDetail, Invalid
from app.kit.json_types import JsonMapping
from app.kit.text.suggestions import closest_matches
from app.staff.api.representations import StaffPage, StaffView, serialise_subject
from app.staff.auth.authorisation import UnitOfWork, requires_scopes
from app.staff.auth.confirmation import DESCRIPTION, check_confirmation_in_query
from app.staff.auth.keys import OWN
from app.staff.auth.preconditions import IfMatch, etag
from app.staff.auth.query_parameters import span
from app.staff.auth.routing import StaffRoute
from app.staff.editing.merge_patch import differences, merge_patch
from app.staff.editing.named_inputs import namesakes, read_input
from app.staff.queries.listing import WorkFilter, WorkState, find_subjects
from app.staff.queries.subjects import Attempt, Subject, load, load_for_update, missing_terms
from app.staff.resource_types import READ, WRITE, CollectionPath, DeletablePath, PathParams, ResourcePath
from app.staff.workflow.steps import create, delete, edit, public_data

Since = Annotated[
    MomentText | None, Query(description="Last changed at this time or later.", examples=["2026-01-01T00:00:00Z"])
]
Until = Annotated[
    MomentText | None, Query(description="Last changed at this time or earlier.", examples=["2099-01-01T00:00:00Z"])
]
ConfirmTitle = Annotated[Line | None, Query(description=DESCRIPTION.format(name="its title"), examples=["A title"])]
HistoryNote = Annotated[Line | None, Query(description="Note for the history.", examples=["Agreed with the authors."])]
ENTRY_NAMES = [kind.name for kind in ENTRY_KINDS]
Kinds = Annotated[
    list[Annotated[str, Field(json_schema_extra={"enum": ENTRY_NAMES})]] | None,
    Query(description="Only these kinds.", examples=[ENTRY_NAMES[:1]]),
]
PATCH = {"version": 1, "sources": ["A colleague, by letter"], "note": "Where it comes from."}
Patch = Annotated[dict[str, Any], Body(examples=[PATCH])]


@dataclass(frozen=True)
class ListFilters:
    """The filters of a staff list; all must match."""

    state: Annotated[WorkState | None, Query(description="State of the work.", examples=["published"])] = None
    q: Annotated[str | None, Query(max_length=200, description="Words of the title.", examples=["e"])] = None
    editor: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Last editor; `me` is you.", examples=["me"])
    ] = None
    since: Since = None
    until: Until = None

    def work_filter(self, me: str) -> WorkFilter:
        editor = me if self.editor == OWN else self.editor
        return WorkFilter(self.state, self.q or "", editor, *span(self.since, self.until))

    @property
    def given(self) -> dict[str, object]:
        """By the name of the parameter; None where there was none."""
        return vars(self)


class ResourceChanges(BaseModel):
    """Differences from the published version."""

    version: int
    changes: dict[str, dict[str, Any]]


class PatchControl(Schema):
    """What a merge patch says beside the fields."""

    version: int | None = Field(None, ge=1)
    note: Line | None = None


def respond_with_subject(
    work: UnitOfWork, subject: Subject, response: Response, notices: Sequence[str] = ()
) -> dict[str, Any]:
    """One resource, with its ETag, and what it lacks to be published."""
    response.headers["ETag"] = etag(subject.version)
    missing = missing_terms(work.session, subject)
    return {**serialise_subject(work, subject), "notices": [*notices], "missing": missing}


def subject_responses(model: Any = StaffView, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI description of a response with one resource."""
    headers = {"ETag": {"$ref": "#/components/headers/ETag"}}
    return {status: {"model": model, "description": "The current state.", "headers": headers}}


LISTED: dict[int | str, dict[str, Any]] = {
    200: {"description": "A page, most recently changed first."},
}
COMPARED: dict[int | str, dict[str, Any]] = {200: {"model": ResourceChanges, "description": ResourceChanges.__doc__}}
DELETED: dict[int | str, dict[str, Any]] = {204: {"description": "Deleted; its history is kept."}}

router = APIRouter(prefix="/v1/staff", tags=["staff"], route_class=StaffRoute)


@router.get(
    "/entries",
    operation_id="list_staff_entries",
    summary="List entries of every kind, including unpublished ones",
    responses=LISTED,
)
def list_entries(
    work: Annotated[UnitOfWork, requires_scopes(READ)],
    filters: Annotated[ListFilters, Depends()],
    kind: Kinds = None,
    page: PageNumber = 1,
    per_page: PerPage = 25,
) -> StaffPage:
    """Filter by kind, state, words of the title, last editor and date."""
    if unknown := sorted(set(kind or ()) - set(ENTRY_NAMES)):
        guess = next(iter(closest_matches(unknown[0], ENTRY_NAMES, 1)), None)
        raise BadQuery(errors=[ErrorDetail("not-allowed", "Unknown kind.", "kind", None, tuple(ENTRY_NAMES), guess)])
    kinds = [each for each in ENTRY_KINDS if each.name in (kind or ENTRY_NAMES)]
    count, found = find_subjects(
        work.session, kinds, filters.work_filter(work.actor.name), page=page, per_page=per_page
    )
    return StaffPage.build(
        work.url("/v1/staff/entries"),
        [serialise_subject(work, each) for each in found],
        count=count,
        page=page,
        per_page=per_page,
        filters={"kind": kind, **filters.given},
    )


@router.get(
    "/{resource_type:any}",
    operation_id="list_staff_resources",
    summary="List resources, including unpublished ones",
    responses=LISTED,
)
def list_resources(
    work: Annotated[UnitOfWork, requires_scopes(READ)],
    params: CollectionPath,
    filters: Annotated[ListFilters, Depends()],
    page: PageNumber = 1,
    per_page: PerPage = 25,
) -> StaffPage:
    """Filter by state, words of the title, last editor and date. All filters must match."""
    return list_subjects(work, params, filters, page, per_page)


@router.get(
    "/{resource_type:any}/{slug}",
    operation_id="get_staff_resource",
    summary="Get a resource with its working copy",
    responses=subject_responses(),
)
def get_resource(work: Annotated[UnitOfWork, requires_scopes(READ)], params: ResourcePath, response: Response) -> Any:
    """Includes unpublished changes. Every change requires its ETag or `version`."""
    return respond_with_subject(work, load_subject(work, params), response)


@router.get(
    "/{resource_type:any}/{slug}/changes",
    operation_id="compare_resource",
    summary="Compare a resource with its published version",
    responses=COMPARED,
)
def compare_resource(work: Annotated[UnitOfWork, requires_scopes(READ)], params: ResourcePath) -> Any:
    """By field, the published value (`old`) and the value for staff (`new`); for lists also the items that differ."""
    return compare_subject(work, params)


@router.post(
    "/{resource_type:any}",
    status_code=201,
    operation_id="create_resource",
    summary="Create a resource",
    responses=subject_responses(status=201),
)
def create_resource(
    work: Annotated[UnitOfWork, requires_scopes(WRITE)],
    params: CollectionPath,
    data: Annotated[dict[str, Any], Body()],
    response: Response,
    note: HistoryNote = None,
) -> Any:
    """Every error is listed at once. An entry is a draft until it is published; anything
    else is visible to readers as soon as something published refers to it."""
    return create_subject(work, params, data, response, note)


@router.patch(
    "/{resource_type:any}/{slug}",
    operation_id="edit_resource",
    summary="Change a resource",
    responses=subject_responses(),
)
def edit_resource(
    work: Annotated[UnitOfWork, requires_scopes(WRITE)],
    params: ResourcePath,
    patch: Patch,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """A merge patch (RFC 7396) of `data`: members replace, null removes. `version` (or If-Match) is the version
    that you saw; `note` says why. Changes to something published go into a working copy until it is published."""
    return edit_subject(work, params, patch, response)


@router.delete(
    "/{resource_type:deletable}/{slug}",
    status_code=204,
    operation_id="delete_resource",
    summary="Delete an unpublished resource",
    responses=DELETED,
)
def delete_resource(
    work: Annotated[UnitOfWork, requires_scopes(WRITE)],
    params: DeletablePath,
    if_match: IfMatch = None,
    note: HistoryNote = None,
    confirm: ConfirmTitle = None,
) -> None:
    """Only for a draft that nothing refers to. Withdraw or merge what was once published."""
    attempt = Attempt(work.expected_version(), work.actor.name, work.now)
    subject = load_for_update(work.session, params.kind, params.slug, attempt, scheme=params.scheme)
    check_confirmation_in_query(confirm, subject.label)
    if work.dry_run:
        work.effects.append(f"“{subject.label}” is deleted. This cannot be undone.")
    delete(work.session, subject, by=work.actor.name, now=work.now, note=note)


def list_subjects(work: UnitOfWork, params: PathParams, filters: ListFilters, page: int, per_page: int) -> StaffPage:
    """One page of a collection."""
    count, found = find_subjects(
        work.session,
        [params.kind],
        filters.work_filter(work.actor.name),
        page=page,
        per_page=per_page,
        scheme=params.scheme,
    )
    return StaffPage.build(
        work.url(params.path),
        [serialise_subject(work, each) for each in found],
        count=count,
        page=page,
        per_page=per_page,
        filters=filters.given,
    )


def load_subject(work: UnitOfWork, params: PathParams) -> Subject:
    """Raises `NotFound` and `Moved`."""
    return load(work.session, params.kind, params.slug, scheme=params.scheme)


def compare_subject(work: UnitOfWork, params: PathParams) -> dict[str, Any]:
    """As `ResourceChanges` describes it."""
    subject = load_subject(work, params)
    before = {} if subject.never_public else public_data(work.session, subject)
    return {"version": subject.version, "changes": differences(before, subject.data)}


def create_subject(
    work: UnitOfWork, params: PathParams, data: JsonMapping, response: Response, note: str | None
) -> dict[str, Any]:
    """What was added, with its address. Raises `Invalid`."""
    requested, notices = read_input(work.session, params.kind, data, scheme=params.scheme)
    check_vocabulary_matches(requested, params)
    same_names = namesakes(work.session, params.kind, data, params.scheme)
    subject = create(work.session, params.kind, requested, by=work.actor.name, now=work.now, note=note)
    body = respond_with_subject(work, subject, response, [*notices, *same_names])
    response.headers["Location"] = body["links"]["self"]
    return body


def edit_subject(work: UnitOfWork, params: PathParams, patch: dict[str, Any], response: Response) -> dict[str, Any]:
    """What was corrected, as it is now. Raises `Invalid` and `Stale`."""
    fields, version, note = split_patch(patch)
    attempt = Attempt(work.expected_version(version), work.actor.name, work.now, fields)
    subject = load_for_update(work.session, params.kind, params.slug, attempt, scheme=params.scheme)
    merged = merge_patch(subject.data, fields)
    data, notices = read_input(work.session, params.kind, merged, scheme=params.scheme)
    done = edit(work.session, subject, data, by=work.actor.name, now=work.now, note=note)
    return respond_with_subject(work, done, response, notices)


def split_patch(patch: dict[str, Any]) -> tuple[dict[str, Any], int | None, str | None]:
    """The fields, the version seen, and the reason. Raises `Invalid`."""
    own = {name: patch[name] for name in PatchControl.model_fields if name in patch}
    steps = validate_body(PatchControl, own)
    return {name: value for name, value in patch.items() if name not in own}, steps.version, steps.note


def check_vocabulary_matches(data: Schema, params: PathParams) -> None:
    """A term is made in the vocabulary that the address names."""
    if isinstance(data, TermIn) and data.scheme != params.scheme:
        error = ErrorDetail("contradiction", "The address names another vocabulary.", pointer="/scheme")
        raise Invalid(errors=(error,))
