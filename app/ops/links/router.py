"""`/v1/staff/links`: which links are broken, and since when."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.catalogue.entries import EntryRow
from app.catalogue.parts.resources import ResourceRow
from app.catalogue.registry import BY_COLLECTION, ENTRY_KINDS
from app.catalogue.schema import EntryReference
from app.http.pagination import Page, PageNumber, PerPage
from app.kit.clock import rfc3339
from app.ops.links.models import FAILING, LinkCheckRow, LinkState, LinkUseRow
from app.staff.auth.actors import Actor
from app.staff.auth.authorisation import UnitOfWork, requires_scopes
from app.staff.auth.routing import StaffRoute

READ: Final = "links:read"
MAX_BROKEN: Final = 1_000
"""Uses of broken links that are looked through for those of one person."""
EXAMPLE: Final = f"{ENTRY_KINDS[0].collection}/its-slug"

router = APIRouter(prefix="/v1/staff/links", tags=["staff"], route_class=StaffRoute)


class LinkUse(BaseModel):
    """A place where a link is used."""

    kind: str
    slug: str
    title: str
    pointer: str = Field(description="JSON Pointer (RFC 6901) into the published document.")
    url: str
    archived_url: str | None = Field(description="Archived copy of what the link led to, as the entry gives it.")


class Link(BaseModel):
    """A URL that published entries link to, with the result of its last check."""

    url: str
    host: str
    state: LinkState = Field(
        description=(
            "`broken`: not found, or not a valid URL. `unreachable`: no response, or a server error. "
            "`moved`: a permanent redirect. `refused`: it exists, but not for robots or not for everyone. "
            "`unchecked`: not checked yet."
        )
    )
    status: int | None = Field(description="HTTP status of the last response.")
    final_url: str | None = Field(description="Final URL.")
    redirects: list[str] = Field(description="Redirects on the way: status and URL.")
    problem: str | None
    checked_at: str | None
    failing_since: str | None = Field(description="First failure since the last success.")
    failures: int = Field(description="Number of consecutive failures.")
    uses: list[LinkUse]


class LinkPage(Page[Link]):
    pass


@router.get(
    "",
    operation_id="list_links",
    summary="List links of published entries",
    responses={200: {"description": "A page, the longest failing first."}},
)
def list_links(
    work: Annotated[UnitOfWork, requires_scopes(READ)],
    state: Annotated[
        LinkState | None,
        Query(description="Result of the last check; by default `broken` and `unreachable`.", examples=["broken"]),
    ] = None,
    host: Annotated[
        str | None, Query(min_length=1, max_length=260, description="Name of the server.", examples=["doi.org"])
    ] = None,
    entry: Annotated[EntryReference | None, Query(description="Only links of this entry.", examples=[EXAMPLE])] = None,
    page: PageNumber = 1,
    per_page: PerPage = 25,
) -> LinkPage:
    """Every link is checked weekly, or by `kb check-links`. Nothing is changed automatically: correct the entry,
    and the next check covers the new URL."""
    requested = _filters(state, host, entry)
    count = work.session.scalar(select(func.count()).select_from(LinkCheckRow).where(*requested)) or 0
    rows = work.session.scalars(
        select(LinkCheckRow)
        .where(*requested)
        .order_by(LinkCheckRow.first_failed_at.is_(None), LinkCheckRow.first_failed_at, LinkCheckRow.id)
        .offset((page - 1) * per_page)
        .limit(per_page)
    ).all()
    uses = _uses(work, rows)
    results = [_link(row, uses.get(row.id, [])) for row in rows]
    filters = {"state": state, "host": host, "entry": entry}
    return LinkPage.build(
        work.url("/v1/staff/links"), results, count=count, page=page, per_page=per_page, filters=filters
    )


def _filters(state: LinkState | None, host: str | None, entry: str | None) -> list[ColumnElement[bool]]:
    requested: list[ColumnElement[bool]] = [LinkCheckRow.state.in_(FAILING if state is None else (state,))]
    if host is not None:
        requested.append(LinkCheckRow.host == host.lower())
    if entry is not None:
        collection, slug = entry.split("/")
        kind = BY_COLLECTION.get(collection)
        used = (
            select(LinkUseRow.link_id)
            .join(EntryRow, EntryRow.id == LinkUseRow.entry_id)
            .where(EntryRow.kind == (kind.name if kind else ""), EntryRow.slug == slug)
        )
        requested.append(LinkCheckRow.id.in_(used))
    return requested


def _uses(work: UnitOfWork, links: Sequence[LinkCheckRow]) -> dict[int, list[LinkUse]]:
    urls, archived = {row.id: row.url for row in links}, _archived(work.session, [row.url for row in links])
    rows = work.session.execute(
        select(LinkUseRow, EntryRow)
        .join(EntryRow, EntryRow.id == LinkUseRow.entry_id)
        .where(LinkUseRow.link_id.in_(urls))
        .order_by(EntryRow.title, EntryRow.id, LinkUseRow.pointer)
    )
    found: dict[int, list[LinkUse]] = {}
    for use, entry in rows:
        ref = entry.ref()
        shown = LinkUse(
            kind=entry.kind,
            slug=ref.slug,
            title=ref.label,
            pointer=use.pointer,
            url=work.url(ref.url),
            archived_url=archived.get((entry.id, urls[use.link_id])),
        )
        found.setdefault(use.link_id, []).append(shown)
    return found


def _archived(session: Session, urls: Sequence[str]) -> dict[tuple[int, str], str | None]:
    """By entry and link, the address of the copy in an archive."""
    known = select(ResourceRow.entry_id, ResourceRow.url, ResourceRow.archived_url)
    rows = session.execute(known.where(ResourceRow.url.in_(urls), ResourceRow.archived_url.is_not(None)))
    return {(entry, url): archived for entry, url, archived in rows}


def _link(row: LinkCheckRow, uses: list[LinkUse]) -> Link:
    return Link(
        url=row.url,
        host=row.host,
        state=LinkState(row.state),
        status=row.status,
        final_url=row.final_url,
        redirects=row.redirects,
        problem=row.problem,
        checked_at=rfc3339(row.checked_at) if row.checked_at else None,
        failing_since=rfc3339(row.first_failed_at) if row.first_failed_at else None,
        failures=row.failures,
        uses=uses,
    )


def broken_links(session: Session, actor: Actor) -> Mapping[str, int]:
    """For `GET /v1/staff`, to those who may see them."""
    if READ not in actor.scopes:
        return {}
    statement = select(func.count()).select_from(LinkCheckRow).where(LinkCheckRow.state.in_(FAILING))
    return {"broken_links": session.scalar(statement) or 0}


def entries_with_broken_links(session: Session) -> list[int]:
    """For `GET /v1/staff`: the ids of the entries, those whose link fails the longest first."""
    failing = (
        select(LinkUseRow.entry_id)
        .join(LinkCheckRow, LinkCheckRow.id == LinkUseRow.link_id)
        .where(LinkCheckRow.state.in_(FAILING))
        .order_by(LinkCheckRow.first_failed_at)
        .limit(MAX_BROKEN)
    )
    return list(dict.fromkeys(session.scalars(failing)))
