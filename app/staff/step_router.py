"""The steps from draft to public and back, and merging: each an address of its own, the same for every type."""

from functools import partial
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Response
from pydantic import Field

from app.catalogue.entries import EntryRow
from app.catalogue.registry import BY_NAME
from app.catalogue.schema import EntryReference, Line, MomentText, Schema, Slug
from app.kit.clock import parsed_moment
from app.kit.errors import Fault, Invalid, Moved, NotFound
from app.staff import workflow
from app.staff.authorising import Work, needs
from app.staff.editing import ENTRY_COLLECTIONS, find
from app.staff.merging import merge
from app.staff.resource_router import shown, there
from app.staff.resources import PUBLISH, DraftEntry, Entry, Mergeable, PathParams
from app.staff.routing import StaffRoute
from app.staff.subjects import Subject, load, opened
from app.staff.versions import IfMatch

SeenVersion = Annotated[int | None, Field(ge=1, description="The version that you saw, unless If-Match says it.")]


class StepIn(Schema):
    """Which version you saw, and why you do this."""

    model_config = {"json_schema_extra": {"examples": [{"version": 1}]}}

    version: SeenVersion = None
    note: Line | None = None


class ScheduleIn(StepIn):
    model_config = {"json_schema_extra": {"examples": [{"version": 1, "publish_at": "2099-01-31T09:00:00Z"}]}}

    publish_at: MomentText


class WithdrawalIn(StepIn):
    """`reason` is shown to readers; `replacement` is an entry that they are led to."""

    model_config = {"json_schema_extra": {"examples": [{"version": 1, "reason": "It was published by mistake."}]}}

    reason: Line
    replacement: EntryReference | None = None


class MergeIn(StepIn):
    model_config = {"json_schema_extra": {"examples": [{"version": 1, "into": "{publications.1}"}]}}

    into: Slug = Field(description="Slug of the one that stays.")


class Rule(Protocol):
    """A step of `workflow` that needs no more than who, when and why."""

    def __call__(self, session: Any, subject: Subject, /, *, by: str, now: Any, note: str | None) -> Subject: ...


router = APIRouter(prefix="/v1/staff", tags=["staff"], route_class=StaffRoute)
ENTRY_WRITE, ENTRY_PUBLISH = "entries:write", "entries:publish"


@router.post(
    "/{resource_type:entries}/{slug}/submit",
    operation_id="submit_entry",
    summary="Ask for a review of an entry",
    responses=there(),
)
def submit(
    work: Annotated[Work, needs(ENTRY_WRITE)],
    at: DraftEntry,
    data: StepIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """From draft to in review. What is so already is answered as it is."""
    return _stepped(workflow.submit, work, at, data, response)


@router.post(
    "/{resource_type:entries}/{slug}/return",
    operation_id="return_entry",
    summary="Return an entry to its authors",
    responses=there(),
)
def send_back(
    work: Annotated[Work, needs(ENTRY_WRITE)],
    at: DraftEntry,
    data: StepIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """From in review to draft. What is so already is answered as it is."""
    return _stepped(workflow.send_back, work, at, data, response)


@router.post(
    "/{resource_type:entries}/{slug}/publish",
    operation_id="publish_entry",
    summary="Publish an entry now",
    responses=there(),
)
def publish(
    work: Annotated[Work, needs(ENTRY_PUBLISH)],
    at: DraftEntry,
    data: StepIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """As staff see it now: a draft, or the working copy over what is public. Readers find it at once."""
    return _stepped(partial(workflow.publish, four_eyes=work.four_eyes), work, at, data, response)


@router.post(
    "/{resource_type:entries}/{slug}/schedule",
    operation_id="schedule_entry",
    summary="Publish an entry later",
    responses=there(),
)
def schedule(
    work: Annotated[Work, needs(ENTRY_PUBLISH)],
    at: DraftEntry,
    data: ScheduleIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """It is published at `publish_at` as it is now, and cannot be edited until then."""
    moment = parsed_moment(data.publish_at)
    rule = partial(workflow.schedule, publish_at=moment, four_eyes=work.four_eyes)
    return _stepped(rule, work, at, data, response)


@router.post(
    "/{resource_type:entries}/{slug}/unschedule",
    operation_id="unschedule_entry",
    summary="Cancel the scheduled publishing of an entry",
    responses=there(),
)
def unschedule(
    work: Annotated[Work, needs(ENTRY_WRITE)],
    at: DraftEntry,
    data: StepIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """It waits again. What is so already is answered as it is."""
    return _stepped(workflow.unschedule, work, at, data, response)


@router.post(
    "/{resource_type:entries}/{slug}/withdraw",
    operation_id="withdraw_entry",
    summary="Withdraw an entry",
    responses=there(),
)
def withdraw(
    work: Annotated[Work, needs(ENTRY_PUBLISH)],
    at: Entry,
    data: WithdrawalIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """Readers find the reason, the date and the replacement at its address, and nothing else of it."""
    subject = opened_at(work, at, data)
    replacement = replacing_entry(work, data.replacement)
    done = workflow.withdraw(
        work.session,
        subject,
        reason=data.reason,
        replacement=replacement,
        by=work.actor.name,
        now=work.now,
        note=data.note,
    )
    return shown(work, done, response)


@router.post(
    "/{resource_type:entries}/{slug}/reinstate",
    operation_id="reinstate_entry",
    summary="Reinstate a withdrawn entry",
    responses=there(),
)
def reinstate(
    work: Annotated[Work, needs(ENTRY_PUBLISH)], at: Entry, data: StepIn, response: Response, if_match: IfMatch = None
) -> Any:
    """What was withdrawn is public again, as its working copy says where there is one."""
    return _stepped(partial(workflow.reinstate, four_eyes=work.four_eyes), work, at, data, response)


@router.post(
    "/{resource_type:entries}/{slug}/discard",
    operation_id="discard_working_copy",
    summary="Discard the working copy of an entry",
    responses=there(),
)
def discard(
    work: Annotated[Work, needs(ENTRY_WRITE)], at: Entry, data: StepIn, response: Response, if_match: IfMatch = None
) -> Any:
    """What is public stays. What is so already is answered as it is."""
    return _stepped(workflow.discard, work, at, data, response)


@router.post(
    "/{resource_type:mergeable}/{slug}/merge",
    operation_id="merge_resource",
    summary="Merge one thing into another",
    responses=there(),
)
def merge_resource(
    work: Annotated[Work, needs(PUBLISH)], at: Mergeable, data: MergeIn, response: Response, if_match: IfMatch = None
) -> Any:
    """What points to it points to the other from then on, its identifiers are the other's, and its address leads
    there (301). The answer is the one that stays. It cannot be taken back in one step."""
    return merged_into(work, at, data, response)


def _stepped(rule: Rule, work: Work, at: PathParams, data: StepIn, response: Response) -> dict[str, Any]:
    subject = opened_at(work, at, data)
    return shown(work, rule(work.session, subject, by=work.actor.name, now=work.now, note=data.note), response)


def opened_at(work: Work, at: PathParams, data: StepIn) -> Subject:
    """What is there, to be changed by whoever saw the version that was named. Raises as `subjects.opened` does."""
    return opened(work.session, at.kind, at.slug, expected=work.expected(data.version), scheme=at.scheme)


def merged_into(work: Work, at: PathParams, data: MergeIn, response: Response) -> dict[str, Any]:
    """The one that stays."""
    subject = opened_at(work, at, data)
    into = _staying(work, at, data.into)
    return shown(work, merge(work.session, subject, into, by=work.actor.name, now=work.now, note=data.note), response)


def replacing_entry(work: Work, reference: str | None) -> EntryRow | None:
    """The entry that readers are to be led to. Raises `Invalid` where it is not there."""
    if reference is None:
        return None
    collection, slug = reference.split("/")
    kind = ENTRY_COLLECTIONS.get(collection)
    row = find(work.session, BY_NAME[kind], slug) if kind else None
    if not isinstance(row, EntryRow):
        fault = Fault("unknown-reference", "There is no such entry.", pointer="/replacement")
        raise Invalid(errors=(fault,))
    return row.current


def _staying(work: Work, at: PathParams, slug: str) -> Subject:
    """What something is to be merged into. Raises `Invalid` where it is not there, or not there any more."""
    try:
        return load(work.session, at.kind, slug, scheme=at.scheme)
    except NotFound:
        raise _no_such("There is nothing of this name to merge it into.") from None
    except Moved as moved:
        now = moved.location.rpartition("/")[2]
        raise _no_such("This leads to another one: name that.", suggestion=now) from None


def _no_such(message: str, suggestion: str | None = None) -> Invalid:
    return Invalid(errors=[Fault("unknown-reference", message, pointer="/into", suggestion=suggestion)])
