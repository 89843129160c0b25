"""`POST …/batch`: up to a hundred things of one collection created, corrected or taken a step further at once."""

from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.catalogue.schema import EntryReference, Line, MomentText, Schema, Slug
from app.kit.clock import parsed_moment
from app.kit.errors import Fault, Invalid
from app.staff import workflow
from app.staff.authorising import Work, needs
from app.staff.batches import Deed, run_all
from app.staff.patching import merged, validated
from app.staff.representing import represent
from app.staff.resource_router import check_vocabulary
from app.staff.resources import PRACTICE, WRITE, AnyCollection, PathParams
from app.staff.routing import StaffRoute
from app.staff.step_router import replacing_entry
from app.staff.steps import create, delete, edit
from app.staff.subjects import Subject, opened
from app.staff.versions import wanted_version

MOST = 100
PLAIN = {
    "submit": workflow.submit,
    "return": workflow.send_back,
    "unschedule": workflow.unschedule,
    "discard": workflow.discard,
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
    """What a problem document would say."""

    model_config = ConfigDict(extra="allow")

    code: str
    title: str
    detail: str
    errors: list[dict[str, Any]]


class BatchResult(BaseModel):
    status: int = Field(description="That the item alone would be answered with; 424 where another one failed.")
    result: dict[str, Any] | None = Field(description="The thing as it is now.")
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
                            "slug": PRACTICE,
                            "version": 1,
                            "data": {"sources": ["A colleague, by letter"]},
                        }
                    ],
                }
            ]
        }
    }

    atomic: bool = Field(True, description="All or nothing.")
    items: list[BatchItem] = Field(min_length=1, max_length=MOST)


DONE: dict[int | str, dict[str, Any]] = {200: {"model": BatchAnswer, "description": "The result of each."}}

router = APIRouter(prefix="/v1/staff", tags=["staff"], route_class=StaffRoute)


@router.post(
    "/{resource_type:any}/batch", operation_id="batch_resources", summary="Many things at once", responses=DONE
)
def batch_resources(work: Annotated[Work, needs(WRITE)], at: AnyCollection, data: BatchIn) -> Any:
    """One after the other, in one transaction. With `atomic`, where one fails nothing is done; otherwise the others
    are done all the same."""
    return done(work, at, data)


def done(work: Work, at: PathParams, data: BatchIn) -> dict[str, Any]:
    """As `BatchAnswer` describes it."""
    if any(item.action in PUBLIC_STEPS for item in data.items):
        work.actor.demand(at.resource.publish)
    results = run_all(work.session, [_deed(work, at, item) for item in data.items], atomic=data.atomic)
    return {"done": sum(each["status"] < 300 for each in results), "results": results}


def _deed(work: Work, at: PathParams, item: BatchItem) -> Deed:
    def deed() -> tuple[int, dict[str, Any] | None]:
        by, now, note = work.actor.name, work.now, item.note
        if item.action not in _allowed(at):
            raise _fault("action", "not-allowed", "This cannot be done to such things.", _allowed(at))
        if item.action == "create":
            data: Any = validated(at.kind, item.data or {})
            check_vocabulary(data, at)
            return 201, represent(work, create(work.session, at.kind, data, by=by, now=now, note=note))
        subject = _opened(work, at, item)
        if item.action == "delete":
            delete(work.session, subject, by=by, now=now, note=note)
            return 204, None
        return 200, represent(work, _taken(work, at, subject, item))

    return deed


def _allowed(at: PathParams) -> tuple[str, ...]:
    if at.kind.is_entry:
        return get_args(Steps)
    return (*get_args(Always), "delete") if at.resource.can_be_deleted else get_args(Always)


def _opened(work: Work, at: PathParams, item: BatchItem) -> Subject:
    if item.slug is None:
        raise _fault("slug", "missing", "This is required.")
    patch = item.data if item.action == "edit" else None
    expected = wanted_version(None, item.version)
    return opened(work.session, at.kind, item.slug, expected=expected, scheme=at.scheme, patch=patch)


def _taken(work: Work, at: PathParams, subject: Subject, item: BatchItem) -> Subject:
    session, by, now, note = work.session, work.actor.name, work.now, item.note
    match item.action:
        case "edit":
            data = validated(at.kind, merged(subject.data, item.data or {}))
            return edit(session, subject, data, by=by, now=now, note=note)
        case "publish":
            return workflow.publish(session, subject, by=by, now=now, note=note, four_eyes=work.four_eyes)
        case "reinstate":
            return workflow.reinstate(session, subject, by=by, now=now, note=note, four_eyes=work.four_eyes)
        case "schedule":
            if item.publish_at is None:
                raise _fault("publish_at", "missing", "This is required.")
            moment = parsed_moment(item.publish_at)
            return workflow.schedule(
                session, subject, publish_at=moment, by=by, now=now, note=note, four_eyes=work.four_eyes
            )
        case "withdraw":
            if item.reason is None:
                raise _fault("reason", "missing", "This is required.")
            replacement = replacing_entry(work, item.replacement)
            return workflow.withdraw(
                session, subject, reason=item.reason, replacement=replacement, by=by, now=now, note=note
            )
        case _:
            return PLAIN[item.action](session, subject, by=by, now=now, note=note)


def _fault(name: str, code: str, message: str, allowed: tuple[str, ...] = ()) -> Invalid:
    return Invalid(errors=(Fault(code, message, pointer=f"/{name}", allowed=allowed),))
