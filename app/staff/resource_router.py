"""Finding, reading, creating, correcting and deleting: the same for every resource type."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Body, Depends, Query, Response
from pydantic import BaseModel, Field

from app.catalogue.registry import ENTRY_KINDS
from app.catalogue.schema import Line, MomentText, Schema
from app.catalogue.terms import TermIn
from app.kit.errors import BadQuery, Fault, Invalid
from app.kit.suggest import nearest
from app.staff.authorising import Work, needs
from app.staff.listing import State, Wanted, find_all
from app.staff.parameters import span
from app.staff.patching import checked, differences, merged, validated
from app.staff.representing import PageNumber, PerPage, StaffPage, StaffView, paged, represent
from app.staff.resources import READ, WRITE, AnyCollection, AnyResource, Deletable, PathParams
from app.staff.routing import StaffRoute
from app.staff.steps import create, delete, edit, public_data
from app.staff.subjects import Subject, load, opened
from app.staff.versions import IfMatch, etag

Since = Annotated[MomentText | None, Query(description="Last step then or later.", examples=["2026-01-01T00:00:00Z"])]
Until = Annotated[MomentText | None, Query(description="Last step then or earlier.", examples=["2099-01-01T00:00:00Z"])]
Note = Annotated[Line | None, Query(description="Why, for the history.", examples=["Agreed with the authors."])]
ENTRY_NAMES = [kind.name for kind in ENTRY_KINDS]
Kinds = Annotated[
    list[Annotated[str, Field(json_schema_extra={"enum": ENTRY_NAMES})]] | None,
    Query(description="Of these kinds.", examples=[ENTRY_NAMES[:1]]),
]
PATCH = {"version": 1, "sources": ["A colleague, by letter"], "note": "Where it comes from."}
Patch = Annotated[dict[str, Any], Body(examples=[PATCH])]


@dataclass(frozen=True)
class Filters:
    """What a list of staff can be asked by; all of it has to be true."""

    state: Annotated[State | None, Query(description="Where the work stands.", examples=["published"])] = None
    q: Annotated[str | None, Query(max_length=200, description="Words of the title.", examples=["e"])] = None
    editor: Annotated[
        str | None, Query(max_length=200, description="Who took the last step.", examples=["Jo Bloggs"])
    ] = None
    since: Since = None
    until: Until = None

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.state, self.q or "", self.editor, *span(self.since, self.until))

    def asked(self, path: str, **more: Any) -> str:
        """The address of a list, ready for its page."""
        given = more | {name: getattr(self, name) for name in ("state", "q", "editor", "since", "until")}
        return f"{path}?{urlencode({name: each for name, each in given.items() if each is not None}, doseq=True)}&"


class ResourceChanges(BaseModel):
    """What differs from what readers see."""

    version: int
    changes: dict[str, dict[str, Any]]


class PatchSteps(Schema):
    """What a merge patch says beside the fields."""

    version: int | None = Field(None, ge=1)
    note: Line | None = None


def shown(work: Work, subject: Subject, response: Response) -> dict[str, Any]:
    """One thing, with its ETag."""
    response.headers["ETag"] = etag(subject.version)
    return represent(work, subject)


def there(model: Any = StaffView, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The description of an answer with one thing."""
    headers = {"ETag": {"$ref": "#/components/headers/ETag"}}
    return {status: {"model": model, "description": "As it is now.", "headers": headers}}


LISTED: dict[int | str, dict[str, Any]] = {
    200: {"model": StaffPage, "description": "One page, the last changed first."},
}
COMPARED: dict[int | str, dict[str, Any]] = {200: {"model": ResourceChanges, "description": ResourceChanges.__doc__}}
DELETED: dict[int | str, dict[str, Any]] = {204: {"description": "It is gone; its history stays."}}

router = APIRouter(prefix="/v1/staff", tags=["staff"], route_class=StaffRoute)


@router.get(
    "/entries",
    operation_id="list_staff_entries",
    summary="Find entries of every kind, also those that are not public",
    responses=LISTED,
)
def list_entries(
    work: Annotated[Work, needs(READ)],
    filters: Annotated[Filters, Depends()],
    kind: Kinds = None,
    page: PageNumber = 1,
    per_page: PerPage = 25,
) -> Any:
    """Whatever its kind: by kind, state, words of the title, who took the last step and when."""
    if unknown := sorted(set(kind or ()) - set(ENTRY_NAMES)):
        guess = next(iter(nearest(unknown[0], ENTRY_NAMES, 1)), None)
        raise BadQuery(errors=[Fault("not-allowed", "There is no such kind.", "kind", None, tuple(ENTRY_NAMES), guess)])
    kinds = [each for each in ENTRY_KINDS if each.name in (kind or ENTRY_NAMES)]
    count, found = find_all(work.session, kinds, filters.wanted, page=page, per_page=per_page)
    here = filters.asked(work.url("/v1/staff/entries"), kind=kind, per_page=per_page)
    return paged(here, [represent(work, each) for each in found], count=count, page=page, per_page=per_page)


@router.get(
    "/{resource_type:any}",
    operation_id="list_staff_resources",
    summary="Find things of one type, also those that are not public",
    responses=LISTED,
)
def list_resources(
    work: Annotated[Work, needs(READ)],
    at: AnyCollection,
    filters: Annotated[Filters, Depends()],
    page: PageNumber = 1,
    per_page: PerPage = 25,
) -> Any:
    """By state, words of the title, who took the last step and when. Whatever is asked for has to be true of it."""
    return list_of(work, at, filters, page, per_page)


@router.get(
    "/{resource_type:any}/{slug}",
    operation_id="get_staff_resource",
    summary="Look at one thing as staff see it",
    responses=there(),
)
def get_resource(work: Annotated[Work, needs(READ)], at: AnyResource, response: Response) -> Any:
    """With what waits to be published. Its ETag, or `version`, is asked for by whatever changes it."""
    return shown(work, loaded(work, at), response)


@router.get(
    "/{resource_type:any}/{slug}/changes",
    operation_id="compare_resource",
    summary="Compare one thing with what readers see",
    responses=COMPARED,
)
def compare_resource(work: Annotated[Work, needs(READ)], at: AnyResource) -> Any:
    """By field, what readers see (`old`) and what staff see (`new`); of lists also the items that differ."""
    return compared(work, at)


@router.post(
    "/{resource_type:any}",
    status_code=201,
    operation_id="create_resource",
    summary="Add one thing",
    responses=there(status=201),
)
def create_resource(
    work: Annotated[Work, needs(WRITE)],
    at: AnyCollection,
    data: Annotated[dict[str, Any], Body()],
    response: Response,
    note: Note = None,
) -> Any:
    """It is checked as a whole, and every fault is named. An entry is a draft until somebody publishes it; anything
    else is there for readers as soon as something published names it."""
    return created(work, at, validated(at.kind, data), response, note)


@router.patch(
    "/{resource_type:any}/{slug}", operation_id="edit_resource", summary="Correct one thing", responses=there()
)
def edit_resource(
    work: Annotated[Work, needs(WRITE)], at: AnyResource, patch: Patch, response: Response, if_match: IfMatch = None
) -> Any:
    """A merge patch (RFC 7396) of `data`: members replace, null removes. `version` (or If-Match) is the version
    that you saw, `note` says why. What readers know already is changed in a working copy, which waits to be
    published.
    """
    return edited(work, at, patch, response)


@router.delete(
    "/{resource_type:deletable}/{slug}",
    status_code=204,
    operation_id="delete_resource",
    summary="Delete one thing that was never public",
    responses=DELETED,
)
def delete_resource(
    work: Annotated[Work, needs(WRITE)], at: Deletable, if_match: IfMatch = None, note: Note = None
) -> None:
    """A draft that nothing else names. What was public is withdrawn, or merged into another, instead."""
    subject = opened(work.session, at.kind, at.slug, expected=work.expected(), scheme=at.scheme)
    delete(work.session, subject, by=work.actor.name, now=work.now, note=note)


def list_of(work: Work, at: PathParams, filters: Filters, page: int, per_page: int) -> dict[str, Any]:
    """One page of a collection."""
    count, found = find_all(work.session, [at.kind], filters.wanted, page=page, per_page=per_page, scheme=at.scheme)
    here = filters.asked(work.url(at.path), per_page=per_page)
    return paged(here, [represent(work, each) for each in found], count=count, page=page, per_page=per_page)


def loaded(work: Work, at: PathParams) -> Subject:
    """Raises `NotFound` and `Moved`."""
    return load(work.session, at.kind, at.slug, scheme=at.scheme)


def compared(work: Work, at: PathParams) -> dict[str, Any]:
    """As `ResourceChanges` describes it."""
    subject = loaded(work, at)
    before = {} if subject.never_public else public_data(work.session, subject)
    return {"version": subject.version, "changes": differences(before, subject.data)}


def created(work: Work, at: PathParams, data: Any, response: Response, note: str | None) -> dict[str, Any]:
    """What was added, with its address; `data` is the input model of the type. Raises `Invalid`."""
    check_vocabulary(data, at)
    subject = create(work.session, at.kind, data, by=work.actor.name, now=work.now, note=note)
    answer = shown(work, subject, response)
    response.headers["Location"] = answer["links"]["self"]
    return answer


def edited(work: Work, at: PathParams, patch: dict[str, Any], response: Response) -> dict[str, Any]:
    """What was corrected, as it is now. Raises `Invalid` and `Stale`."""
    fields, version, note = split_patch(patch)
    expected = work.expected(version)
    subject = opened(work.session, at.kind, at.slug, expected=expected, scheme=at.scheme, patch=fields)
    data = validated(at.kind, merged(subject.data, fields))
    return shown(work, edit(work.session, subject, data, by=work.actor.name, now=work.now, note=note), response)


def split_patch(patch: dict[str, Any]) -> tuple[dict[str, Any], int | None, str | None]:
    """The fields, the version seen, and the reason. Raises `Invalid`."""
    own = {name: patch[name] for name in PatchSteps.model_fields if name in patch}
    steps = checked(PatchSteps, own)
    return {name: value for name, value in patch.items() if name not in own}, steps.version, steps.note


def check_vocabulary(data: Schema, at: PathParams) -> None:
    """A term is made in the vocabulary that the address names."""
    if isinstance(data, TermIn) and data.scheme != at.scheme:
        fault = Fault("contradiction", "The address names another vocabulary.", pointer="/scheme")
        raise Invalid(errors=(fault,))
