"""The pages that problem types lead to: plain HTML, no script, no style, nothing loaded."""

from html import escape
from typing import Annotated, Final

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse

from app.http.headers import PUBLIC
from app.http.problems.problem_types import PROBLEM_TYPES, ProblemType
from app.kit.errors import AppError, NotFound
from app.kit.json_types import JsonObject

_POLICY: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_HEADERS: Final = {"Cache-Control": PUBLIC, "Content-Security-Policy": _POLICY}
_BY_CODE: Final = {error.code: (error, kind) for error, kind in PROBLEM_TYPES.items()}
_CODES: Final = sorted(_BY_CODE)
_NOT_MODIFIED: Final[dict[int | str, JsonObject]] = {304: {"description": "Not modified."}}

_PAGE: Final = """<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body>
<main>
<h1>{title}</h1>
{content}
</main>
</body>
</html>
"""

router = APIRouter()


@router.get(
    "/problems",
    response_class=HTMLResponse,
    responses=_NOT_MODIFIED,
    summary="Problem types",
    operation_id="list_problems",
)
async def list_problems() -> HTMLResponse:
    """Lists every problem type of the service, with its status."""
    rows = (
        f'<li><a href="problems/{code}">{code}</a> ({kind.status}): {escape(error.title)}</li>'
        for code, (error, kind) in sorted(_BY_CODE.items(), key=lambda item: (item[1][1].status, item[0]))
    )
    return _page("Problem types", "<ul>\n" + "\n".join(rows) + "\n</ul>")


@router.get(
    "/problems/{code}",
    response_class=HTMLResponse,
    responses=_NOT_MODIFIED,
    summary="Get a problem type",
    operation_id="explain_problem",
)
async def show_problem(
    code: Annotated[
        str,
        Path(
            description="Last part of the problem's `type`.",
            examples=["bad-query"],
            json_schema_extra={"enum": list(_CODES)},
        ),
    ],
) -> HTMLResponse:
    """Explains the `type` of a problem document: what happened, and what to do."""
    if code not in _BY_CODE:
        raise NotFound
    return _explained(*_BY_CODE[code])


def _explained(error: type[AppError], kind: ProblemType) -> HTMLResponse:
    content = (
        f"<p>Status {kind.status}, type <code>{error.code}</code></p>\n"
        f"<h2>What happened</h2>\n<p>{escape(kind.explanation)}</p>\n"
        f"<h2>What to do</h2>\n<p>{escape(kind.remedy)}</p>\n"
        '<p><a href="../problems">All problem types</a></p>'
    )
    return _page(error.title, content)


def _page(title: str, content: str) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(title=escape(title), content=content), headers=_HEADERS)
