"""`/v1/staff/usage` for staff, `/v1/usage` and `/usage` for everybody, if a setting says so."""

from datetime import date, timedelta
from hashlib import sha256
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, Field
from sqlalchemy import func, select

from app.http.cache.conditional_requests import etag_matches
from app.http.headers import NO_STORE
from app.http.pagination import Page, PageNumber, PerPage
from app.http.services import service
from app.kit.clock import parse_date
from app.kit.errors import BadQuery, ErrorDetail, NotFound
from app.openapi.components import NOT_MODIFIED
from app.ops.usage.report import Per, PublicSummary, UsageFilter, UsageLine, usage_csv, usage_lines, usage_statement
from app.ops.usage.summaries import SECONDS, UsageSummaries
from app.pages.rendering import render_public_page
from app.pages.site import CurrentSite
from app.reading.requests.urls import PageUrls
from app.staff.auth.authorisation import UnitOfWork, requires_scopes
from app.staff.auth.routing import StaffRoute

READ: Final = "usage:read"
LONGEST: Final = 366
"""Days of a table by the day."""
FRESH: Final = f"public, max-age={SECONDS}"
CSV: Final = "text/csv; charset=utf-8"
Day = Annotated[date, BeforeValidator(parse_date)]
UseName = Literal["view", "api", "download", "export", "link", "search"]

staff_router = APIRouter(prefix="/v1/staff/usage", tags=["staff"], route_class=StaffRoute)
public_router = APIRouter(tags=["explore"])
page_router = APIRouter(include_in_schema=False)


class Usage(BaseModel):
    """How often something was used in one period."""

    period: str = Field(description="Day, month or year (UTC), or `all`.")
    use: UseName = Field(
        description="`view`: its page. `api`: its JSON. `download`: one of its formats. `export`: a list in a format. "
        "`link`: a link from its page was followed. `search`: a search that found nothing with all its words."
    )
    id: str | None = Field(description="Id of the document, if it was one.")
    type: str | None
    slug: str | None
    title: str | None = Field(description="`null` if it is no longer published.")
    detail: str = Field(
        description="Format, host of the link, or the search words, if all of them occur in something published."
    )
    people: int = Field(description="Number of times, by people.")
    robots: int = Field(description="Number of times, by robots.")


class UsagePage(Page[Usage]):
    pass


@staff_router.get(
    "",
    operation_id="list_usage",
    summary="Report on use",
    response_model=UsagePage,
    responses={
        200: {"description": "A page, or all of it as CSV.", "content": {"text/csv": {"schema": {"type": "string"}}}}
    },
)
def list_usage(
    work: Annotated[UnitOfWork, requires_scopes(READ)],
    since: Annotated[
        Day | None, Query(description="First day; a year ago by default.", examples=["2026-01-01"])
    ] = None,
    until: Annotated[Day | None, Query(description="Last day; today by default.", examples=["2026-12-31"])] = None,
    per: Annotated[
        Per, Query(description="Period of one line; at most 366 days if it is a day.", examples=["month"])
    ] = Per.month,
    use: Annotated[UseName | None, Query(description="Only this use.", examples=["view"])] = None,
    document: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=36,
            description="Id of one document.",
            examples=["01890a5d-ac96-774b-bcce-b302099a8057"],
        ),
    ] = None,
    format: Annotated[
        Literal["json", "csv"], Query(alias="as", description="`csv`: every line in one file.", examples=["json"])
    ] = "json",
    page: PageNumber = 1,
    per_page: PerPage = 25,
) -> Response | UsagePage:
    """Counts by period, robots (COUNTER's list) apart. Nobody is identified: somebody who looks twice counts twice."""
    wanted = _filter(work, since, until, per, use, document)
    statement = usage_statement(wanted)
    if format == "csv":
        name = f"usage-{wanted.since}-{wanted.until}.csv"
        text = "".join(usage_csv(usage_lines(work.session, statement)))
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": NO_STORE}
        return Response(text, media_type=CSV, headers=headers)
    count = work.session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    lines = usage_lines(work.session, statement.offset((page - 1) * per_page).limit(per_page))
    filters = {"since": wanted.since, "until": wanted.until, "per": per.value, "use": use, "document": document}
    return UsagePage.build(
        work.url("/v1/staff/usage"),
        [_shown(each) for each in lines],
        count=count,
        page=page,
        per_page=per_page,
        filters=filters,
    )


def _filter(
    work: UnitOfWork, since: date | None, until: date | None, per: Per, use: str | None, document: str | None
) -> UsageFilter:
    """Raises BadQuery."""
    last = until or work.now.date()
    first = since or last - timedelta(days=LONGEST - 1)
    if first > last:
        message = "Must not be after `until`."
        raise BadQuery(errors=[ErrorDetail("out-of-range", message, parameter="since")])
    if per is Per.day and (last - first).days >= LONGEST:
        message = f"With `per=day`, at most {LONGEST} days."
        raise BadQuery(errors=[ErrorDetail("out-of-range", message, parameter="since")])
    return UsageFilter(first.isoformat(), last.isoformat(), per, use, document)


def _shown(line: UsageLine) -> Usage:
    used = line.used
    return Usage(
        period=line.period,
        use=line.use,
        id=line.document or None,
        type=used.collection or None,
        slug=used.slug or None,
        title=used.title or None,
        detail=line.detail,
        people=line.people,
        robots=line.robots,
    )


class Uses(BaseModel):
    view: int = Field(0, description="Pages.")
    download: int = Field(0, description="Other formats.")
    link: int = Field(0, description="Links followed.")
    api: int = Field(0, description="Documents in JSON.")


class MonthOfUse(Uses):
    month: str = Field(description="As `2026-11`.")


class DocumentOfUse(Uses):
    id: str = Field(description="Of the document.")
    title: str = Field(description="As published.")
    url: str = Field(description="Of its page.")


class UsageSummary(BaseModel):
    """Uses by people in the last twelve months, and the documents used most."""

    months: list[MonthOfUse] = Field(description="Months in which there was any use.")
    documents: list[DocumentOfUse] = Field(description="The twenty most used, most used first.")


CurrentUse = Annotated[UsageSummaries, service(UsageSummaries)]


async def _summary(summaries: UsageSummaries) -> PublicSummary:
    """Raises NotFound where it is not public."""
    if not summaries.is_public:
        raise NotFound("Usage figures are not published here.")
    return await summaries.current()


@public_router.get(
    "/v1/usage",
    operation_id="get_usage",
    summary="Use in the last twelve months",
    response_model=UsageSummary,
    responses={304: NOT_MODIFIED},
)
async def get_usage(request: Request, site: CurrentSite, summaries: CurrentUse) -> Response:
    """Without robots. Updated every ten minutes; 404 if it is not published."""
    found = await _summary(summaries)
    pages = PageUrls(site.base)
    shown = UsageSummary(
        months=[MonthOfUse(month=each.month, **each.uses) for each in found.months],
        documents=[
            DocumentOfUse(
                id=each.id, title=each.used.title, url=pages.item(each.used.collection, each.used.slug), **each.uses
            )
            for each in found.documents
        ],
    )
    return _validated(request, Response(shown.model_dump_json(), media_type="application/json"))


@page_router.get("/usage")
async def show_usage(request: Request, site: CurrentSite, summaries: CurrentUse) -> Response:
    """The same as a page."""
    return _validated(request, render_public_page("usage", site, summary=await _summary(summaries)))


def _validated(request: Request, answer: Response) -> Response:
    """With an `ETag`, or 304 for who has it: it changes with the counts, not with what is published."""
    tag = f'"{sha256(answer.body).hexdigest()[:32]}"'
    answer.headers.update({"Cache-Control": FRESH, "ETag": tag})
    known = request.headers.get("if-none-match")
    if known is None or not etag_matches(known.encode(), tag.encode()):
        return answer
    return Response(status_code=304, headers={"Cache-Control": FRESH, "ETag": tag})


ROUTERS: Final = (staff_router, public_router, page_router)
