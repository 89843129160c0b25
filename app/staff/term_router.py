"""What can be done to the terms of a vocabulary: as to any other thing, below the address of the vocabulary."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from app.catalogue.terms import TermIn
from app.staff.authorising import Work, needs
from app.staff.batch_router import DONE, BatchIn, done
from app.staff.history_router import HISTORY, REVISION, Version, history_of, restored, revision_at
from app.staff.representing import PageNumber, PerPage
from app.staff.resource_router import (
    COMPARED,
    LISTED,
    Filters,
    Note,
    Patch,
    compared,
    created,
    edited,
    list_of,
    loaded,
    shown,
    there,
)
from app.staff.resources import READ, OneTerm, TermCollection
from app.staff.routing import StaffRoute
from app.staff.step_router import MergeIn, StepIn, merged_into
from app.staff.versions import IfMatch


class MergeTermIn(MergeIn):
    model_config = {"json_schema_extra": {"examples": [{"version": 1, "into": "{terms.1}"}]}}


VOCABULARY_WRITE = "vocabularies:write"
router = APIRouter(prefix="/v1/staff/vocabularies/{vocabulary}/terms", tags=["staff"], route_class=StaffRoute)


@router.get("", operation_id="list_staff_terms", summary="Find terms of a vocabulary", responses=LISTED)
def list_terms(
    work: Annotated[Work, needs(READ)],
    at: TermCollection,
    filters: Annotated[Filters, Depends()],
    page: PageNumber = 1,
    per_page: PerPage = 25,
) -> Any:
    """By state, words of the label, who took the last step and when. Whatever is asked for has to be true of it."""
    return list_of(work, at, filters, page, per_page)


@router.get("/{slug}", operation_id="get_staff_term", summary="Look at a term as staff see it", responses=there())
def get_term(work: Annotated[Work, needs(READ)], at: OneTerm, response: Response) -> Any:
    """Its ETag, or `version`, is asked for by whatever changes it."""
    return shown(work, loaded(work, at), response)


@router.get(
    "/{slug}/changes", operation_id="compare_term", summary="Compare a term with what readers see", responses=COMPARED
)
def compare_term(work: Annotated[Work, needs(READ)], at: OneTerm) -> Any:
    """By field, what readers see (`old`) and what staff see (`new`); of lists also the items that differ."""
    return compared(work, at)


@router.post("", status_code=201, operation_id="create_term", summary="Add a term", responses=there(status=201))
def create_term(
    work: Annotated[Work, needs(VOCABULARY_WRITE)],
    at: TermCollection,
    data: TermIn,
    response: Response,
    note: Note = None,
) -> Any:
    """It is checked as a whole, and every fault is named. Readers find it at once."""
    return created(work, at, data, response, note)


@router.patch("/{slug}", operation_id="edit_term", summary="Correct a term", responses=there())
def edit_term(
    work: Annotated[Work, needs(VOCABULARY_WRITE)],
    at: OneTerm,
    patch: Patch,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """A merge patch (RFC 7396) of `data`: members replace, null removes. `version` (or If-Match) is the version
    that you saw, `note` says why. Readers see it at once.
    """
    return edited(work, at, patch, response)


@router.get("/{slug}/revisions", operation_id="list_term_revisions", summary="History of a term", responses=HISTORY)
def list_term_revisions(
    work: Annotated[Work, needs(READ)], at: OneTerm, page: PageNumber = 1, per_page: PerPage = 25
) -> Any:
    """Every step, with who, when, why and what it changed, field by field."""
    return history_of(work, at, page, per_page)


@router.get(
    "/{slug}/revisions/{version}",
    operation_id="get_term_revision",
    summary="Look at a term as it was",
    responses=REVISION,
)
def get_term_revision(work: Annotated[Work, needs(READ)], at: OneTerm, version: Version) -> Any:
    """What one step changed, and the whole input as it was then."""
    return revision_at(work, at, version)


@router.post(
    "/{slug}/revisions/{version}/restore",
    operation_id="restore_term_revision",
    summary="Make a term as it was",
    responses=there(),
)
def restore_term_revision(
    work: Annotated[Work, needs(VOCABULARY_WRITE)],
    at: OneTerm,
    version: Version,
    data: StepIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """A new step with the input of an old one: what it named then, by its present names."""
    return restored(work, at, version, data, response)


@router.post("/{slug}/merge", operation_id="merge_term", summary="Merge a term into another", responses=there())
def merge_term(
    work: Annotated[Work, needs(VOCABULARY_WRITE)],
    at: OneTerm,
    data: MergeTermIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """What carries it carries the other from then on, and its address leads there (301). The answer is the one that
    stays. It cannot be taken back in one step."""
    return merged_into(work, at, data, response)


@router.post("/batch", operation_id="batch_terms", summary="Many terms at once", responses=DONE)
def batch_terms(work: Annotated[Work, needs(VOCABULARY_WRITE)], at: TermCollection, data: BatchIn) -> Any:
    """One after the other, in one transaction. With `atomic`, where one fails nothing is done; otherwise the others
    are done all the same."""
    return done(work, at, data)
