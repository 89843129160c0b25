"""The pages that problem types lead to."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse

from app.http.problems.problem_types import PROBLEM_TYPES
from app.kit.errors import NotFound
from app.kit.json_types import JsonObject
from app.pages.rendering import render_public_page
from app.pages.site import CurrentSite


@dataclass(frozen=True, slots=True)
class _Problem:
    """As the templates name it."""

    code: str
    status: int
    title: str
    explanation: str
    remedy: str


_PROBLEMS: Final = {
    error.code: _Problem(error.code, kind.status, error.title, kind.explanation, kind.remedy)
    for error, kind in sorted(PROBLEM_TYPES.items(), key=lambda item: (item[1].status, item[0].code))
}
_NOT_MODIFIED: Final[dict[int | str, JsonObject]] = {304: {"description": "Not modified."}}

router = APIRouter(tags=["explore"])


@router.get(
    "/problems",
    response_class=HTMLResponse,
    responses=_NOT_MODIFIED,
    summary="Problem types",
    operation_id="list_problems",
)
async def list_problems(site: CurrentSite) -> HTMLResponse:
    """Lists every problem type of the service, with its status."""
    return render_public_page("problems/list", site, problems=_PROBLEMS.values())


@router.get(
    "/problems/{code}",
    response_class=HTMLResponse,
    responses=_NOT_MODIFIED,
    summary="Get a problem type",
    operation_id="explain_problem",
)
async def show_problem(
    site: CurrentSite,
    code: Annotated[
        str,
        Path(
            description="Last part of the problem's `type`.",
            examples=["bad-query"],
            json_schema_extra={"enum": sorted(_PROBLEMS)},
        ),
    ],
) -> HTMLResponse:
    """Explains a problem type: what happened and what to do."""
    if code not in _PROBLEMS:
        raise NotFound
    return render_public_page("problems/problem", site, problem=_PROBLEMS[code])
