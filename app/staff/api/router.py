"""Everything below `/v1/staff`, put together.

How to add staff endpoints
--------------------------

A module-level router in your own package, and its name in `main` (or in the tuples below, where it is of this
package)::

    router = APIRouter(prefix="/v1/staff/notes", tags=["staff"], route_class=StaffRoute)

    @router.post("", status_code=201, operation_id="create_note", summary="Write a note")
    def create_note(work: Annotated[UnitOfWork, requires_scopes("entries:write")], note: NoteIn) -> NoteOut:
        \"\"\"What it does, in a sentence or two for people who have never seen it.\"\"\"
        return written(work.session, note, by=work.actor, now=work.now)

`StaffRoute` (`staff.auth.routing`) does what is the same for all, in this order, before the handler is called:

1. the key: 401, then the scopes that `requires_scopes` declares: 403. Without a scope it lets every valid key in. A
   route without it cannot be made (TypeError). What depends on the body: `work.actor.demand("entries:publish")`.
2. parameters of the query that the signature does not name, or names once and get twice: 400.
3. the body. Where the signature has one, it is read strictly (`http.bodies`): 415, 400, 422; PATCH takes merge patches
   (`patch: dict[str, Any]`). A handler without a body in its signature finds the bytes as sent in `work.body`.
4. POST: `Idempotency-Key`. Nothing to be done for it.
5. the transaction: `work.session` writes for POST, PATCH and DELETE, and reads for GET; it begins (and takes the write
   lock) with its first statement, and is committed after the handler has returned and before the response leaves. With
   `?dry_run=true` it is flushed and rolled back, and the response says `"dry_run": true`. Never commit; raise to undo.

Handlers are plain `def` (they run in threads) and return what pydantic can turn into a JSON object, or a Response that
is not streamed. The time is `work.now`; who it is `work.actor` (revisions record `work.actor.name`); addresses in
responses are absolute: `work.url("/v1/…")`.

Versions. A response with one resource sets `response.headers["ETag"] = etag(version)` (`staff.auth.preconditions`; the
handler takes a `Response`). A handler that changes an existing resource takes `if_match: IfMatch = None` (for the
description) and calls `work.expected_version(version_in_body_or_None)`: an int, or 428. The rule that it passes the
version to raises `Stale` (412).

A secret that must be shown once only is a top-level member of the response, and
`work.shown_once["member"] = "what to say instead"` keeps it out of stored responses.

Responses that every staff operation may give (401, 403, 400, 415, 422, 409 …) are described by `openapi.staff`; name
others with `responses={404: …}`. No `from __future__ import annotations` in such a module.

What awaits people (`GET /v1/staff`): a callable `(session, actor) -> Mapping[str, int]`, in `PENDING_COUNTS` below
or given to `PendingWork` by `main`. It is called with a read-only session and must be quick.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.http.services import service
from app.kit.clock import rfc3339
from app.staff.api import (
    audit_router,
    batch_router,
    confidential_router,
    history_router,
    keys_router,
    resource_router,
    step_router,
    term_router,
)
from app.staff.auth.actors import Actor
from app.staff.auth.authorisation import UnitOfWork, requires_scopes
from app.staff.auth.keys import OWN, address, find_key
from app.staff.auth.routing import StaffRoute
from app.staff.queries import listing
from app.staff.queries.own_work import (
    BrokenLinks,
    PlannedMail,
    Reason,
    Task,
    own_work,
    recent_steps,
    scheduled_entries,
)
from app.staff.queries.subjects import Subject, staff_path
from app.staff.scopes import SCOPES

PendingCounts = Callable[[Session, Actor], Mapping[str, int]]
PlannedMails = Callable[[Session, Actor], Sequence[PlannedMail]]

RESOURCE_ROUTERS: tuple[APIRouter, ...] = (
    resource_router.router,
    step_router.router,
    history_router.router,
    batch_router.router,
    term_router.router,
    audit_router.router,
)
OTHER_ROUTERS: tuple[APIRouter, ...] = (confidential_router.router, keys_router.router)
PENDING_COUNTS: tuple[PendingCounts, ...] = (listing.pending_work,)


class ScopeHeld(BaseModel):
    scope: str
    allows: str


class StaffLinks(BaseModel):
    self: str
    key: str
    documentation: str


class TaskLinks(BaseModel):
    self: str
    public: str | None = Field(description="Null until something is public.")


class OwnTask(BaseModel):
    """An entry that awaits you, and why."""

    reason: Reason
    title: str
    kind: str
    slug: str
    editor: str = Field(description="Last editor.")
    updated_at: str
    links: TaskLinks


class ScheduledEntry(BaseModel):
    title: str
    kind: str
    slug: str
    publish_at: str = Field(description="When it will be published automatically.")
    publish_refused: str | None = Field(description="Why scheduled publishing failed.")
    links: TaskLinks


class ScheduledUpdate(BaseModel):
    number: int = Field(description="Of the update.")
    subject: str
    send_at: str


class RecentStep(BaseModel):
    """A step of anybody, in words."""

    at: str
    text: str = Field(description="Who did what.")
    kind: str
    slug: str


class Dashboard(BaseModel):
    """Your key, your pending work and everybody's, and the last changes."""

    name: str
    key: str
    expires_at: str
    scopes: list[ScopeHeld]
    awaiting: dict[str, int]
    mine: list[OwnTask] = Field(description="Entries that await you; at most 20 for each reason.")
    scheduled: list[ScheduledEntry] = Field(description="Entries to be published, the next first.")
    updates: list[ScheduledUpdate] = Field(description="Updates to be sent, the next first.")
    recent: list[RecentStep] = Field(description="The last steps, newest first.")
    links: StaffLinks


@dataclass(frozen=True)
class PendingWork:
    """What awaits people, by whoever counts it."""

    counts: tuple[PendingCounts, ...] = PENDING_COUNTS
    broken: BrokenLinks = lambda session: ()
    mails: PlannedMails = lambda session, actor: ()

    def count(self, session: Session, actor: Actor) -> dict[str, int]:
        return {name: count for ask in self.counts for name, count in ask(session, actor).items()}


router = APIRouter(tags=["staff"], route_class=StaffRoute)


@router.get("/v1/staff", operation_id="get_dashboard", summary="See what awaits me, and my key")
def get_dashboard(
    work: Annotated[UnitOfWork, requires_scopes()], pending: Annotated[PendingWork, service(PendingWork)]
) -> Dashboard:
    """Your key, the entries that await you, what is scheduled, and the last changes."""
    row = find_key(work.session, OWN, by=work.actor)
    return Dashboard(
        name=row.name,
        key=row.id,
        expires_at=rfc3339(row.expires_at),
        scopes=[ScopeHeld(scope=scope, allows=SCOPES[scope]) for scope in row.scopes],
        awaiting=pending.count(work.session, work.actor),
        mine=[_own_task(work, task) for task in own_work(work.session, work.actor, pending.broken)],
        scheduled=[_scheduled(work, each) for each in scheduled_entries(work.session, work.actor)],
        updates=[
            ScheduledUpdate(number=each.number, subject=each.subject, send_at=rfc3339(each.send_at))
            for each in pending.mails(work.session, work.actor)
        ],
        recent=[
            RecentStep(at=rfc3339(row.at), text=text, kind=row.kind, slug=row.slug)
            for row, text in recent_steps(work.session, work.actor)
        ],
        links=StaffLinks(self=work.url("/v1/staff"), key=work.url(address(OWN)), documentation=work.url("/docs/staff")),
    )


def _own_task(work: UnitOfWork, task: Task) -> OwnTask:
    subject = task.subject
    return OwnTask(
        reason=task.reason,
        title=subject.label,
        kind=subject.kind.name,
        slug=subject.row.slug,
        editor=subject.last.actor,
        updated_at=rfc3339(subject.updated_at),
        links=_task_links(work, subject),
    )


def _scheduled(work: UnitOfWork, subject: Subject) -> ScheduledEntry:
    if subject.plan is None:
        raise LookupError("An entry without a plan is not scheduled.")
    return ScheduledEntry(
        title=subject.label,
        kind=subject.kind.name,
        slug=subject.row.slug,
        publish_at=rfc3339(subject.plan.publish_at),
        publish_refused=subject.plan.refused,
        links=_task_links(work, subject),
    )


def _task_links(work: UnitOfWork, subject: Subject) -> TaskLinks:
    shown = subject.document
    public = None if shown is None else work.url(f"/v1/{shown.collection}/{shown.slug}")
    return TaskLinks(self=work.url(staff_path(subject.kind, subject.row)), public=public)
