"""`POST …/batch`: create, change or publish up to a hundred resources of one collection in one request."""

from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.catalogue.schema import EntryReference, Line, MomentText, Schema, Slug
from app.kit.clock import parse_rfc3339
from app.kit.errors import ErrorDetail, Invalid
from app.staff.api.representations import serialise_subject
from app.staff.api.resource_router import check_vocabulary_matches
from app.staff.api.step_router import replacing_entry
from app.staff.auth.authorisation import UnitOfWork, requires_scopes
from app.staff.auth.preconditions import expected_version
from app.staff.auth.routing import StaffRoute
from app.staff.editing.merge_patch import merge_patch
from app.staff.editing.named_inputs import read_input
from app.staff.queries.subjects import Attempt, Subject, load_for_update
from app.staff.resource_types import PRACTICE_SLUG, WRITE, CollectionPath, PathParams
from app.staff.workflow import transitions
from app.staff.workflow.batches import BatchOperation, run_batch
from app.staff.workflow.steps import create, delete, edit

MAX_ITEMS = 100
PLAIN = {
    "submit": transitions.submit,
    "return": transitions.send_back,
    "unschedule": transitions.unschedule,
    "discard": transitions.discard,
}
Always = Literal["create", "edit"]
Steps = Literal[
    "create",
    "edit",
    "delete",
    "submit",
    "return",
    "publish",
    "schedule",
    "unschedule",
    "discard",
    "withdraw",
    "reinstate",
]
PUBLIC_STEPS = frozenset({"publish", "schedule", "withdraw", "reinstate"})
"""What needs the scope for publishing."""


class BatchItem(Schema):
    """`data` is the input for `create` and a merge patch for `edit`; all but `create` name `slug` and `version`."""

    action: Steps
    slug: Slug | None = None
    version: int | None = Field(None, ge=1)
    data: dict[str, Any] | None = None
    note: Line | None = None
    publish_at: MomentText | None = Field(None, description="For `schedule`.")
    reason: Line | None = Field(None, description="For `withdraw`.")
    replacement: EntryReference | None = Field(None, description="For `withdraw`.")


class BatchProblem(BaseModel):
    """The members of a problem document."""

    model_config = ConfigDict(extra="allow")

    code: str
    title: str
    detail: str
    errors: list[dict[str, Any]]


class BatchResult(BaseModel):
    status: int = Field(description="HTTP status that the item would get on its own; 424 if another item failed.")
    result: dict[str, Any] | None = Field(description="The resource after the action.")
    problem: BatchProblem | None


class BatchAnswer(BaseModel):
    """The result of each item, in their order."""

    done: int
    results: list[BatchResult]


class BatchIn(Schema):
    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "atomic": True,
                    "items": [
                        {
                            "action": "edit",
                            "slug": PRACTICE_SLUG,
                            "version": 1,
                            "data": {"sources": ["A colleague, by letter"]},
                        }
                    ],
                }
            ]
        }
    }

    atomic: bool = Field(True, description="If true, either all items succeed or nothing is changed.")
    items: list[BatchItem] = Field(min_length=1, max_length=MAX_ITEMS)


DONE: dict[int | str, dict[str, Any]] = {200: {"model": BatchAnswer, "description": "The result of each."}}

router = APIRouter(prefix="/v1/staff", tags=["staff"], route_class=StaffRoute)


@router.post(
    "/{resource_type:any}/batch", operation_id="batch_resources", summary="Change resources in a batch", responses=DONE
)
def batch_resources(work: Annotated[UnitOfWork, requires_scopes(WRITE)], params: CollectionPath, data: BatchIn) -> Any:
    """In order, in one transaction. With `atomic`, if one item fails nothing is done; otherwise the others are done
    anyway."""
    return run_items(work, params, data)


def run_items(work: UnitOfWork, params: PathParams, data: BatchIn) -> dict[str, Any]:
    """As `BatchAnswer` describes it."""
    if any(item.action in PUBLIC_STEPS for item in data.items):
        work.actor.demand(params.resource.publish)
    results = run_batch(work.session, [_operation(work, params, item) for item in data.items], atomic=data.atomic)
    return {"done": sum(each["status"] < 300 for each in results), "results": results}


def _operation(work: UnitOfWork, params: PathParams, item: BatchItem) -> BatchOperation:
    def operation() -> tuple[int, dict[str, Any] | None]:
        by, now, note = work.actor.name, work.now, item.note
        if item.action not in _allowed(params):
            raise _fault("action", "not-allowed", "This action does not apply to this kind.", _allowed(params))
        if item.action == "create":
            data: Any = read_input(work.session, params.kind, item.data or {}, scheme=params.scheme)[0]
            check_vocabulary_matches(data, params)
            return 201, serialise_subject(work, create(work.session, params.kind, data, by=by, now=now, note=note))
        subject = _opened(work, params, item)
        if item.action == "delete":
            delete(work.session, subject, by=by, now=now, note=note)
            return 204, None
        return 200, serialise_subject(work, _perform(work, params, subject, item))

    return operation


def _allowed(params: PathParams) -> tuple[str, ...]:
    if params.kind.is_entry:
        return get_args(Steps)
    return (*get_args(Always), "delete") if params.resource.can_be_deleted else get_args(Always)


def _opened(work: UnitOfWork, params: PathParams, item: BatchItem) -> Subject:
    if item.slug is None:
        raise _fault("slug", "missing", "This is required.")
    patch = item.data if item.action == "edit" else None
    attempt = Attempt(expected_version(None, item.version), work.actor.name, work.now, patch or {})
    return load_for_update(work.session, params.kind, item.slug, attempt, scheme=params.scheme)


def _perform(work: UnitOfWork, params: PathParams, subject: Subject, item: BatchItem) -> Subject:
    session, by, now, note = work.session, work.actor.name, work.now, item.note
    match item.action:
        case "edit":
            merged = merge_patch(subject.data, item.data or {})
            data, _ = read_input(session, params.kind, merged, scheme=params.scheme)
            return edit(session, subject, data, by=by, now=now, note=note)
        case "publish":
            return transitions.publish(session, subject, by=by, now=now, note=note, four_eyes=work.four_eyes)
        case "reinstate":
            return transitions.reinstate(session, subject, by=by, now=now, note=note, four_eyes=work.four_eyes)
        case "schedule":
            if item.publish_at is None:
                raise _fault("publish_at", "missing", "This is required.")
            moment = parse_rfc3339(item.publish_at)
            return transitions.schedule(
                session, subject, publish_at=moment, by=by, now=now, note=note, four_eyes=work.four_eyes
            )
        case "withdraw":
            if item.reason is None:
                raise _fault("reason", "missing", "This is required.")
            replacement = replacing_entry(work, item.replacement)
            return transitions.withdraw(
                session, subject, reason=item.reason, replacement=replacement, by=by, now=now, note=note
            )
        case _:
            return PLAIN[item.action](session, subject, by=by, now=now, note=note)


def _fault(name: str, code: str, message: str, allowed: tuple[str, ...] = ()) -> Invalid:
    return Invalid(errors=(ErrorDetail(code, message, pointer=f"/{name}", allowed=allowed),))
