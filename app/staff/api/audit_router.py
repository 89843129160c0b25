"""`/v1/staff/audit`: who did what, over the catalogue and with keys, people's data and what is confidential."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.catalogue.registry import BY_NAME
from app.catalogue.revisions import RevisionRow
from app.http.pagination import PerPage
from app.kit.clock import rfc3339
from app.staff.api.history_router import Revision, step_of
from app.staff.api.resource_router import Since, Until
from app.staff.auth import keys
from app.staff.auth.authorisation import UnitOfWork, requires_scopes
from app.staff.auth.query_parameters import span
from app.staff.auth.routing import StaffRoute
from app.staff.queries.audit import AuditFilter, AuditRow, Log, audit
from app.staff.queries.history import redacted
from app.staff.queries.subjects import load_rows, staff_path


class AuditedStep(Revision):
    """A step in the history of the catalogue, or an event of the security log: then `number` and `version` are 0, and
    `slug` is the id of the key, the number of the subscriber or the slug of the entry that it was about, if any."""

    log: Log = Field(description="The log that it comes from.")
    event: int | None = Field(description="Number of an event in the security log.")
    key: str | None = Field(description="Public id of the key that was used, as in the access log.")
    count: int = Field(description="Number of identical events that it stands for.")


class AuditMeta(BaseModel):
    per_page: int
    next_cursor: str | None


class AuditLinks(BaseModel):
    self: str
    next: str | None


class Audit(BaseModel):
    """A page of the audit log, newest first."""

    meta: AuditMeta
    results: list[AuditedStep]
    links: AuditLinks


router = APIRouter(prefix="/v1/staff/audit", tags=["staff"], route_class=StaffRoute)
KeyIdFilter = Annotated[
    str | None, Query(max_length=12, description="Public id of the key that was used.", examples=[""])
]


@router.get(
    "",
    operation_id="read_audit",
    summary="Read the audit log",
    responses={200: {"model": Audit, "description": "A page, newest first."}},
)
def read_audit(
    work: Annotated[UnitOfWork, requires_scopes("audit:read")],
    actor: Annotated[str | None, Query(min_length=1, max_length=200, description="Who.", examples=["seeder"])] = None,
    kind: Annotated[
        str | None, Query(min_length=1, max_length=40, description="Kind of resource.", examples=["term"])
    ] = None,
    slug: Annotated[
        str | None,
        Query(min_length=1, max_length=80, description="Any current or former slug.", examples=["{people.0}"]),
    ] = None,
    action: Annotated[
        str | None, Query(min_length=1, max_length=20, description="Action.", examples=["publish"])
    ] = None,
    since: Since = None,
    until: Until = None,
    log: Annotated[Log | None, Query(description="Only one of the two logs.", examples=["security"])] = None,
    key: KeyIdFilter = None,
    cursor: Annotated[
        str | None, Query(max_length=200, description="`meta.next_cursor` of the page before.", examples=[""])
    ] = None,
    per_page: PerPage = 25,
) -> Any:
    """Every step of everybody: by whom, on what, what was done and when; and what was done with keys, subscribers and
    confidential notes (kinds `key`, `subscriber`, `suppression`, `delivery`, `confidential`, `scope`, `secrets`), and
    refused there (action `refuse`). Nothing here is ever changed or taken away, except what `kb redact` takes out of
    the history, which is said."""
    audit_filter = AuditFilter(actor, kind, slug, action, *span(since, until), log, key or None)
    rows, following = audit(work.session, audit_filter, cursor=cursor or None, per_page=per_page)
    gone = redacted(work.session, [row.number for row in rows if isinstance(row, RevisionRow)])
    paths = _paths(work.session, rows)
    given = {"actor": actor, "kind": kind, "slug": slug, "action": action, "since": since, "until": until}
    given |= {"log": log, "key": key or None}
    pairs: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    pairs["per_page"] = per_page
    here = work.url("/v1/staff/audit")
    this = pairs | ({"cursor": cursor} if cursor else {})
    return {
        "meta": {"per_page": per_page, "next_cursor": following},
        "results": [_step(work, row, gone, paths) for row in rows],
        "links": {
            "self": f"{here}?{urlencode(this)}",
            "next": f"{here}?{urlencode(pairs | {'cursor': following})}" if following else None,
        },
    }


def _step(
    work: UnitOfWork, row: AuditRow, gone: dict[int, dict[str, str]], paths: Mapping[tuple[str, int], str]
) -> dict[str, Any]:
    if isinstance(row, RevisionRow):
        return step_of(row, gone, _address(work, row, paths)) | {
            "log": "catalogue",
            "event": None,
            "key": None,
            "count": 1,
        }
    return {
        "log": "security",
        "event": row.id,
        "key": row.key,
        "count": row.count,
        "number": 0,
        "version": 0,
        "at": rfc3339(row.at),
        "actor": row.actor,
        "action": row.action,
        "note": row.note,
        "pending": False,
        "kind": row.kind,
        "slug": row.subject,
        "fields": [],
        "redacted": {},
        "links": {"self": work.url(keys.address(row.subject)) if row.kind == "key" and row.subject else None},
    }


def _paths(session: Session, rows: Sequence[AuditRow]) -> dict[tuple[str, int], str]:
    """By kind and number, the staff paths of the resources of these revisions that still exist."""
    sources: dict[str, set[int]] = {}
    for row in rows:
        if isinstance(row, RevisionRow):
            sources.setdefault(row.kind, set()).add(row.source)
    kinds = [BY_NAME[name] for name in sources if name in BY_NAME]
    return {
        (kind.name, subject.id): staff_path(kind, subject)
        for kind in kinds
        for subject in load_rows(session, kind, sources[kind.name])
    }


def _address(work: UnitOfWork, row: RevisionRow, paths: Mapping[tuple[str, int], str]) -> str | None:
    path = paths.get((row.kind, row.source))
    return None if path is None else work.url(f"{path}/revisions/{row.version}")
