"""The operations on the terms of a vocabulary: those of every resource type, below the address of the vocabulary."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Response

from app.http.pagination import PageNumber, PerPage
from app.staff.api.batch_router import DONE, BatchIn, run_items
from app.staff.api.history_router import (
    HISTORY,
    REVISION,
    History,
    Version,
    get_revision_data,
    list_history,
    restore_version,
)
from app.staff.api.representations import StaffPage
from app.staff.api.resource_router import (
    COMPARED,
    LISTED,
    HistoryNote,
    ListFilters,
    Patch,
    compare_subject,
    create_subject,
    edit_subject,
    list_subjects,
    load_subject,
    respond_with_subject,
    subject_responses,
)
from app.staff.api.step_router import MergeIn, StepIn, merge_subject
from app.staff.auth.authorisation import UnitOfWork, requires_scopes
from app.staff.auth.preconditions import IfMatch
from app.staff.auth.routing import StaffRoute
from app.staff.resource_types import READ, TermCollectionPath, TermPath


class MergeTermIn(MergeIn):
    model_config = {"json_schema_extra": {"examples": [{"version": 1, "into": "{terms.1}"}]}}


VOCABULARY_WRITE = "vocabularies:write"
router = APIRouter(prefix="/v1/staff/vocabularies/{vocabulary}/terms", tags=["staff"], route_class=StaffRoute)


@router.get("", operation_id="list_staff_terms", summary="List the terms of a vocabulary", responses=LISTED)
def list_terms(
    work: Annotated[UnitOfWork, requires_scopes(READ)],
    params: TermCollectionPath,
    filters: Annotated[ListFilters, Depends()],
    page: PageNumber = 1,
    per_page: PerPage = 25,
) -> StaffPage:
    """Filter by state, words of the label, last editor and date. All filters must match."""
    return list_subjects(work, params, filters, page, per_page)


@router.get("/{slug}", operation_id="get_staff_term", summary="Get a term for editing", responses=subject_responses())
def get_term(work: Annotated[UnitOfWork, requires_scopes(READ)], params: TermPath, response: Response) -> Any:
    """Every change requires its ETag or `version`."""
    return respond_with_subject(work, load_subject(work, params), response)


@router.get(
    "/{slug}/changes",
    operation_id="compare_term",
    summary="Compare a term with its published version",
    responses=COMPARED,
)
def compare_term(work: Annotated[UnitOfWork, requires_scopes(READ)], params: TermPath) -> Any:
    """By field, the published value (`old`) and the value for staff (`new`); for lists also the items that differ."""
    return compare_subject(work, params)


@router.post(
    "", status_code=201, operation_id="create_term", summary="Create a term", responses=subject_responses(status=201)
)
def create_term(
    work: Annotated[UnitOfWork, requires_scopes(VOCABULARY_WRITE)],
    params: TermCollectionPath,
    data: Annotated[dict[str, Any], Body()],
    response: Response,
    note: HistoryNote = None,
) -> Any:
    """Validated as a whole, with every error listed. Readers see it immediately."""
    return create_subject(work, params, {"scheme": params.scheme, **data}, response, note)


@router.patch("/{slug}", operation_id="edit_term", summary="Change a term", responses=subject_responses())
def edit_term(
    work: Annotated[UnitOfWork, requires_scopes(VOCABULARY_WRITE)],
    params: TermPath,
    patch: Patch,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """A merge patch (RFC 7396) of `data`: members replace, null removes. `version` (or If-Match) is the version
    that you saw, `note` says why. Readers see it immediately.
    """
    return edit_subject(work, params, patch, response)


@router.get(
    "/{slug}/revisions", operation_id="list_term_revisions", summary="List the revisions of a term", responses=HISTORY
)
def list_term_revisions(
    work: Annotated[UnitOfWork, requires_scopes(READ)], params: TermPath, page: PageNumber = 1, per_page: PerPage = 25
) -> History:
    """Every revision: who, when, why, and what changed field by field."""
    return list_history(work, params, page, per_page)


@router.get(
    "/{slug}/revisions/{version}",
    operation_id="get_term_revision",
    summary="Get a revision of a term",
    responses=REVISION,
)
def get_term_revision(work: Annotated[UnitOfWork, requires_scopes(READ)], params: TermPath, version: Version) -> Any:
    """What the revision changed, and the full input at that time."""
    return get_revision_data(work, params, version)


@router.post(
    "/{slug}/revisions/{version}/restore",
    operation_id="restore_term_revision",
    summary="Restore a revision of a term",
    responses=subject_responses(),
)
def restore_term_revision(
    work: Annotated[UnitOfWork, requires_scopes(VOCABULARY_WRITE)],
    params: TermPath,
    version: Version,
    data: StepIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """Creates a new revision from the input of an old one, with renamed resources under their present names."""
    return restore_version(work, params, version, data, response)


@router.post(
    "/{slug}/merge", operation_id="merge_term", summary="Merge a term into another", responses=subject_responses()
)
def merge_term(
    work: Annotated[UnitOfWork, requires_scopes(VOCABULARY_WRITE)],
    params: TermPath,
    data: MergeTermIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """References to it move to the other term, and its address redirects there (301). The response is the remaining
    term. This cannot be undone in one step."""
    return merge_subject(work, params, data, response)


@router.post("/batch", operation_id="batch_terms", summary="Change terms in a batch", responses=DONE)
def batch_terms(
    work: Annotated[UnitOfWork, requires_scopes(VOCABULARY_WRITE)], params: TermCollectionPath, data: BatchIn
) -> Any:
    """In order, in one transaction. With `atomic`, if one item fails nothing is done; otherwise the others are done
    anyway."""
    return run_items(work, params, data)
