"""The steps from draft to public and back, and merging: each an address of its own, the same for every type."""

from functools import partial
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Response
from pydantic import Field

from app.catalogue.entries import EntryRow
from app.catalogue.registry import BY_COLLECTION
from app.catalogue.schema import Line, MomentText, Schema
from app.http.services import service
from app.kit.clock import parse_rfc3339
from app.kit.errors import ErrorDetail, Invalid, Moved, NotFound
from app.staff.api.resource_router import respond_with_subject, subject_responses
from app.staff.auth.authorisation import UnitOfWork, requires_scopes
from app.staff.auth.confirmation import DESCRIPTION, check_confirmation, quantity
from app.staff.auth.preconditions import IfMatch
from app.staff.auth.routing import StaffRoute
from app.staff.editing.named_inputs import AGENT, resolve_name
from app.staff.editing.slug_reuse import ITEM, referencing_rows
from app.staff.editing.writer import find
from app.staff.queries.subjects import Attempt, Subject, load, load_for_update
from app.staff.resource_types import PUBLISH, DraftEntryPath, EntryPath, MergeablePath, PathParams
from app.staff.workflow import transitions
from app.staff.workflow.merging import merge
from app.staff.workflow.publishing_effects import (
    Recipients,
    effects_of_correction,
    effects_of_discarding,
    effects_of_first_publication,
    effects_of_withdrawal,
)

EntryName = Annotated[
    Line,
    Field(
        description="An entry: its title, or for example `publications/its-slug`.",
        json_schema_extra={"x-reference": "entries"},
    ),
]
SeenVersion = Annotated[int | None, Field(ge=1, description="The version that you saw, unless If-Match is sent.")]


class StepIn(Schema):
    """The version that you saw, and the reason for the step."""

    model_config = {"json_schema_extra": {"examples": [{"version": 1}]}}

    version: SeenVersion = None
    note: Line | None = None


class ScheduleIn(StepIn):
    model_config = {"json_schema_extra": {"examples": [{"version": 1, "publish_at": "2099-01-31T09:00:00Z"}]}}

    publish_at: MomentText


class WithdrawalIn(StepIn):
    """`reason` is shown to readers; `replacement` is the entry that they are sent to."""

    model_config = {"json_schema_extra": {"examples": [{"version": 1, "reason": "It was published by mistake."}]}}

    reason: Line
    replacement: EntryName | None = None


class MergeIn(StepIn):
    model_config = {"json_schema_extra": {"examples": [{"version": 1, "into": "{publications.1}"}]}}

    into: Line = Field(description="The resource that remains: its slug or name.")
    confirm: Line | None = Field(
        None, description=DESCRIPTION.format(name="the title, name or label of the one that goes")
    )


class Transition(Protocol):
    """A step of `workflow` that needs no more than who, when and why."""

    def __call__(self, session: Any, subject: Subject, /, *, by: str, now: Any, note: str | None) -> Subject: ...


router = APIRouter(prefix="/v1/staff", tags=["staff"], route_class=StaffRoute)
ENTRY_WRITE, ENTRY_PUBLISH = "entries:write", "entries:publish"


@router.post(
    "/{resource_type:entries}/{slug}/submit",
    operation_id="submit_entry",
    summary="Submit an entry for review",
    responses=subject_responses(),
)
def submit(
    work: Annotated[UnitOfWork, requires_scopes(ENTRY_WRITE)],
    params: DraftEntryPath,
    data: StepIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """From draft to in review. If nothing changes, the current state is returned."""
    return _run_transition(transitions.submit, work, params, data, response, may_follow_own=True)


@router.post(
    "/{resource_type:entries}/{slug}/return",
    operation_id="return_entry",
    summary="Return an entry to its authors",
    responses=subject_responses(),
)
def send_back(
    work: Annotated[UnitOfWork, requires_scopes(ENTRY_WRITE)],
    params: DraftEntryPath,
    data: StepIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """From in review to draft. If nothing changes, the current state is returned."""
    return _run_transition(transitions.send_back, work, params, data, response)


@router.post(
    "/{resource_type:entries}/{slug}/publish",
    operation_id="publish_entry",
    summary="Publish an entry now",
    responses=subject_responses(),
)
def publish(
    work: Annotated[UnitOfWork, requires_scopes(ENTRY_PUBLISH)],
    params: DraftEntryPath,
    data: StepIn,
    response: Response,
    recipients: Annotated[Recipients, service(Recipients)],
    if_match: IfMatch = None,
) -> Any:
    """Publishes the draft, or the working copy, as it is now. Readers see it immediately."""
    subject = load_for_step(work, params, data, may_follow_own=True)
    is_first = subject.never_public
    if work.dry_run and not is_first:
        work.effects.extend(effects_of_correction(work.session, subject))
    done = transitions.publish(
        work.session, subject, by=work.actor.name, now=work.now, note=data.note, four_eyes=work.four_eyes
    )
    body = respond_with_subject(work, done, response)
    if work.dry_run and is_first and done.document is not None:
        readers = recipients.count(work.session, work.actor, done.document.id)
        work.effects.extend(effects_of_first_publication(readers))
    if work.dry_run:
        work.effects.append(f"Its address: {body['public']['url']}")
    return body


@router.post(
    "/{resource_type:entries}/{slug}/schedule",
    operation_id="schedule_entry",
    summary="Schedule publishing of an entry",
    responses=subject_responses(),
)
def schedule(
    work: Annotated[UnitOfWork, requires_scopes(ENTRY_PUBLISH)],
    params: DraftEntryPath,
    data: ScheduleIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """Published at `publish_at` as it is now; it cannot be edited until then."""
    moment = parse_rfc3339(data.publish_at)
    rule = partial(transitions.schedule, publish_at=moment, four_eyes=work.four_eyes)
    return _run_transition(rule, work, params, data, response, may_follow_own=True)


@router.post(
    "/{resource_type:entries}/{slug}/unschedule",
    operation_id="unschedule_entry",
    summary="Cancel scheduled publishing of an entry",
    responses=subject_responses(),
)
def unschedule(
    work: Annotated[UnitOfWork, requires_scopes(ENTRY_WRITE)],
    params: DraftEntryPath,
    data: StepIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """It returns to its state before scheduling. If nothing changes, the current state is returned."""
    return _run_transition(transitions.unschedule, work, params, data, response)


@router.post(
    "/{resource_type:entries}/{slug}/withdraw",
    operation_id="withdraw_entry",
    summary="Withdraw an entry",
    responses=subject_responses(),
)
def withdraw(
    work: Annotated[UnitOfWork, requires_scopes(ENTRY_PUBLISH)],
    params: EntryPath,
    data: WithdrawalIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """Readers find only the reason, the date and the replacement at its address."""
    subject = load_for_step(work, params, data)
    replacement = replacing_entry(work, data.replacement)
    if work.dry_run:
        work.effects.extend(effects_of_withdrawal(subject, replacement))
    done = transitions.withdraw(
        work.session,
        subject,
        reason=data.reason,
        replacement=replacement,
        by=work.actor.name,
        now=work.now,
        note=data.note,
    )
    return respond_with_subject(work, done, response)


@router.post(
    "/{resource_type:entries}/{slug}/reinstate",
    operation_id="reinstate_entry",
    summary="Reinstate a withdrawn entry",
    responses=subject_responses(),
)
def reinstate(
    work: Annotated[UnitOfWork, requires_scopes(ENTRY_PUBLISH)],
    params: EntryPath,
    data: StepIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """Publishes it again, from its working copy if there is one."""
    return _run_transition(partial(transitions.reinstate, four_eyes=work.four_eyes), work, params, data, response)


@router.post(
    "/{resource_type:entries}/{slug}/discard",
    operation_id="discard_working_copy",
    summary="Discard the working copy of an entry",
    responses=subject_responses(),
)
def discard(
    work: Annotated[UnitOfWork, requires_scopes(ENTRY_WRITE)],
    params: EntryPath,
    data: StepIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """The published version stays. If nothing changes, the current state is returned."""
    subject = load_for_step(work, params, data)
    if work.dry_run:
        work.effects.extend(effects_of_discarding(work.session, subject))
    done = transitions.discard(work.session, subject, by=work.actor.name, now=work.now, note=data.note)
    return respond_with_subject(work, done, response)


@router.post(
    "/{resource_type:mergeable}/{slug}/merge",
    operation_id="merge_resource",
    summary="Merge a resource into another",
    responses=subject_responses(),
)
def merge_resource(
    work: Annotated[UnitOfWork, requires_scopes(PUBLISH)],
    params: MergeablePath,
    data: MergeIn,
    response: Response,
    if_match: IfMatch = None,
) -> Any:
    """References and identifiers move to the other resource, and its address redirects there (301). The response is
    the remaining resource. This cannot be undone in one step."""
    return merge_subject(work, params, data, response)


def _run_transition(
    rule: Transition,
    work: UnitOfWork,
    params: PathParams,
    data: StepIn,
    response: Response,
    *,
    may_follow_own: bool = False,
) -> dict[str, Any]:
    subject = load_for_step(work, params, data, may_follow_own=may_follow_own)
    return respond_with_subject(
        work, rule(work.session, subject, by=work.actor.name, now=work.now, note=data.note), response
    )


def load_for_step(work: UnitOfWork, params: PathParams, data: StepIn, *, may_follow_own: bool = False) -> Subject:
    """What is there, to be changed by whoever saw the version that was named. Raises as `load_for_update` does."""
    attempt = Attempt(
        work.expected_version(data.version),
        work.actor.name,
        work.now,
        may_follow_own=may_follow_own and work.if_match is None,
    )
    return load_for_update(work.session, params.kind, params.slug, attempt, scheme=params.scheme)


def merge_subject(work: UnitOfWork, params: PathParams, data: MergeIn, response: Response) -> dict[str, Any]:
    """The one that stays."""
    subject = load_for_step(work, params, data)
    check_confirmation(data.confirm, subject.label)
    into = _merge_target(work, params, data.into)
    if work.dry_run:
        count = sum(1 for _ in referencing_rows(work.session, subject.kind, subject.row))
        gone, stays = (
            (subject.label, into.label)
            if subject.label != into.label
            else (f"{each.label} ({each.row.slug})" for each in (subject, into))
        )
        named = f"{quantity(count, 'record')} that named it will name the other." if count else "Nothing names it."
        work.effects.append(f"{gone} is merged into {stays}, and its address leads there. {named}")
    return respond_with_subject(
        work, merge(work.session, subject, into, by=work.actor.name, now=work.now, note=data.note), response
    )


def replacing_entry(work: UnitOfWork, reference: str | None) -> EntryRow | None:
    """The entry that readers are to be led to. Raises `Invalid` where it is not there."""
    if reference is None:
        return None
    collection, _, slug = resolve_name(work.session, "/replacement", reference, ITEM).partition("/")
    kind = BY_COLLECTION.get(collection)
    row: EntryRow | None = find(work.session, kind, slug) if kind is not None and kind.is_entry else None
    if row is None:
        error = ErrorDetail("unknown-reference", "Unknown entry.", pointer="/replacement")
        raise Invalid(errors=(error,))
    return row.current


def _merge_target(work: UnitOfWork, params: PathParams, name: str) -> Subject:
    """What something is to be merged into, by its slug or name. Raises `Invalid` where it is not there, or not there
    any more."""
    what = params.scheme or (ITEM if params.kind.is_entry else AGENT)
    collection, _, slug = resolve_name(work.session, "/into", name, what).rpartition("/")
    if collection not in ("", params.resource.collection):
        raise _no_such("This has another resource type.")
    try:
        return load(work.session, params.kind, slug, scheme=params.scheme)
    except NotFound:
        raise _no_such("The merge target does not exist.") from None
    except Moved as moved:
        now = moved.location.rpartition("/")[2]
        raise _no_such("This was merged into another one: name that one.", suggestion=now) from None


def _no_such(message: str, suggestion: str | None = None) -> Invalid:
    return Invalid(errors=[ErrorDetail("unknown-reference", message, pointer="/into", suggestion=suggestion)])
