"""The steps from draft to public and back, each an address of its own."""

from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Response
from pydantic import Field, create_model

from app.catalogue.entries import EntryRow
from app.catalogue.registry import BY_NAME
from app.catalogue.schema import EntryReference, Line, MomentText, Schema, Slug
from app.kit.clock import parsed_moment
from app.kit.errors import Fault, Invalid, Moved, NotFound
from app.staff import workflow
from app.staff.authorising import Work, needs
from app.staff.editing import ENTRY_COLLECTIONS, find
from app.staff.homes import Home, Place
from app.staff.merging import merge
from app.staff.representing import view_of
from app.staff.subject_router import shown, there
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


class Rule(Protocol):
    """A step of `workflow` that needs no more than who, when and why."""

    def __call__(self, session: Any, subject: Subject, /, *, by: str, now: Any, note: str | None) -> Subject: ...


def add_steps(router: APIRouter, home: Home, *, four_eyes: bool) -> None:
    """Those of entries, as they follow each other; nothing else has drafts."""
    one = home.a_one
    _add_step(router, home, "submit", workflow.submit, f"Ask for a review of {one}", "From draft to in review.")
    _add_step(router, home, "return", workflow.send_back, f"Return {one} to its authors", "From in review to draft.")
    _add_publishing(router, home, four_eyes)
    later = f"Do not publish {one} later after all"
    _add_step(router, home, "unschedule", workflow.unschedule, later, "It waits again.")
    _add_withdrawing(router, home)
    _add_reinstating(router, home, four_eyes)
    thrown = f"Throw away what waits for {one}"
    _add_step(router, home, "discard", workflow.discard, thrown, "What is public stays.", draft=False)


def _add_step(
    router: APIRouter, home: Home, name: str, rule: Rule, summary: str, text: str, *, draft: bool = True
) -> None:
    def step(
        work: Annotated[Work, needs(home.write)],
        place: Annotated[Place, Depends(home.at_draft if draft else home.at)],
        data: StepIn,
        response: Response,
        if_match: IfMatch = None,
    ) -> Any:
        subject = _opened(work, home, place, data)
        return shown(work, rule(work.session, subject, by=work.actor.name, now=work.now, note=data.note), response)

    step.__doc__ = f"{text} What is so already is answered as it is."
    router.add_api_route(
        f"/{{slug}}/{name}",
        step,
        methods=["POST"],
        operation_id=f"{name}_{home.one}",
        summary=summary,
        responses=there(view_of(home.kind)),
    )


def _add_publishing(router: APIRouter, home: Home, four_eyes: bool) -> None:
    answers = there(view_of(home.kind))

    @router.post(
        "/{slug}/publish", operation_id=f"publish_{home.one}", summary=f"Publish {home.a_one} now", responses=answers
    )
    def publish(
        work: Annotated[Work, needs(home.publish)],
        place: Annotated[Place, Depends(home.at_draft)],
        data: StepIn,
        response: Response,
        if_match: IfMatch = None,
    ) -> Any:
        """As staff see it now: a draft, or the working copy over what is public. Readers find it at once."""
        subject = _opened(work, home, place, data)
        by, now = work.actor.name, work.now
        done = workflow.publish(work.session, subject, by=by, now=now, note=data.note, four_eyes=four_eyes)
        return shown(work, done, response)

    @router.post(
        "/{slug}/schedule",
        operation_id=f"schedule_{home.one}",
        summary=f"Publish {home.a_one} later",
        responses=answers,
    )
    def schedule(
        work: Annotated[Work, needs(home.publish)],
        place: Annotated[Place, Depends(home.at_draft)],
        data: ScheduleIn,
        response: Response,
        if_match: IfMatch = None,
    ) -> Any:
        """It is published at `publish_at` as it is now, and cannot be edited until then."""
        subject = _opened(work, home, place, data)
        done = workflow.schedule(
            work.session,
            subject,
            publish_at=parsed_moment(data.publish_at),
            by=work.actor.name,
            now=work.now,
            note=data.note,
            four_eyes=four_eyes,
        )
        return shown(work, done, response)


def _add_withdrawing(router: APIRouter, home: Home) -> None:
    @router.post(
        "/{slug}/withdraw",
        operation_id=f"withdraw_{home.one}",
        summary=f"Withdraw {home.a_one}",
        responses=there(view_of(home.kind)),
    )
    def withdraw(
        work: Annotated[Work, needs(home.publish)],
        place: Annotated[Place, Depends(home.at)],
        data: WithdrawalIn,
        response: Response,
        if_match: IfMatch = None,
    ) -> Any:
        """Readers find the reason, the date and the replacement at its address, and nothing else of it."""
        subject = _opened(work, home, place, data)
        replacement = replacing_entry(work, data.replacement)
        by, now = work.actor.name, work.now
        done = workflow.withdraw(
            work.session, subject, reason=data.reason, replacement=replacement, by=by, now=now, note=data.note
        )
        return shown(work, done, response)


def _add_reinstating(router: APIRouter, home: Home, four_eyes: bool) -> None:
    @router.post(
        "/{slug}/reinstate",
        operation_id=f"reinstate_{home.one}",
        summary=f"Show {home.a_one} again that was withdrawn",
        responses=there(view_of(home.kind)),
    )
    def reinstate(
        work: Annotated[Work, needs(home.publish)],
        place: Annotated[Place, Depends(home.at)],
        data: StepIn,
        response: Response,
        if_match: IfMatch = None,
    ) -> Any:
        """What was withdrawn is public again, as its working copy says where there is one."""
        subject = _opened(work, home, place, data)
        by, now = work.actor.name, work.now
        done = workflow.reinstate(work.session, subject, by=by, now=now, note=data.note, four_eyes=four_eyes)
        return shown(work, done, response)


def _opened(work: Work, home: Home, place: Place, data: StepIn) -> Subject:
    return opened(work.session, home.kind, place.slug, expected=work.expected(data.version), scheme=place.scheme)


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


def _staying(work: Work, home: Home, place: Place, slug: str) -> Subject:
    """What something is to be merged into. Raises `Invalid` where it is not there, or not there any more."""
    try:
        return load(work.session, home.kind, slug, scheme=place.scheme)
    except NotFound:
        raise _no_such("There is nothing of this name to merge it into.") from None
    except Moved as moved:
        now = moved.location.rpartition("/")[2]
        raise _no_such("This leads to another one: name that.", suggestion=now) from None


def _no_such(message: str, suggestion: str | None = None) -> Invalid:
    return Invalid(errors=[Fault("unknown-reference", message, pointer="/into", suggestion=suggestion)])


def add_merging(router: APIRouter, home: Home) -> None:
    """Of whatever may turn out to be there twice."""
    example = {"version": 1, "into": home.examples[1]}
    model: Any = create_model(
        f"Merge{home.kind.input.__name__}",
        __base__=StepIn,
        into=(Slug, Field(description=f"Slug of the {home.one} that stays.")),
        __cls_kwargs__={"json_schema_extra": {"examples": [example]}},
    )

    def merge_one(work: Work, place: Place, data: Any, response: Response, if_match: IfMatch = None) -> Any:
        """What points to it points to the other from then on, its identifiers are the other's, and its address leads
        there (301). The answer is the one that stays. It cannot be taken back in one step."""
        subject = _opened(work, home, place, data)
        into = _staying(work, home, place, data.into)
        done = merge(work.session, subject, into, by=work.actor.name, now=work.now, note=data.note)
        return shown(work, done, response)

    merge_one.__annotations__ |= {
        "work": Annotated[Work, needs(home.publish)],
        "place": Annotated[Place, Depends(home.at)],
        "data": model,
    }
    router.add_api_route(
        "/{slug}/merge",
        merge_one,
        methods=["POST"],
        operation_id=f"merge_{home.one}",
        summary=f"Merge {home.a_one} into another",
        responses=there(view_of(home.kind)),
    )
