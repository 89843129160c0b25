"""The routes of public pages: after all others, for their addresses are what those leave. Browsers get errors as pages,
too."""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.convertors import register_url_convertor
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.catalogue.reserved_names import SITE_PATHS
from app.exports.negotiation import prefers_html
from app.http.headers import NO_STORE, PUBLIC
from app.http.problems.problem_types import problem_type_of
from app.http.services import services_of
from app.kit.errors import AppError, Gone, Moved, TooManyRequests, Unavailable
from app.pages.context import PageContext
from app.pages.dates import format_day
from app.pages.rendering import render_public_page
from app.pages.site import Website
from app.reading.context import ReadingContext
from app.reading.routing import KeyConvertor, PublicRoute

PageHandler = Callable[..., Awaitable[Response]]
"""Gets the context, the request, and the parts of the path by name."""
ErrorPage = Callable[[Website, AppError], Response]
_NEVER: Final = "|".join(sorted(SITE_PATHS))
_TRACKING: Final = re.compile(
    rb"(?:utm_[a-z_]+|mtm_[a-z_]+|pk_[a-z_]+|fbclid|gclid|gbraid|wbraid|dclid|msclkid|ttclid|twclid|yclid|igshid|igsh"
    rb"|li_fat_id|mc_cid|mc_eid|_hsenc|_hsmi)(?:=.*)?",
    re.DOTALL,
)
"""Parameters that networks and mail programs append to links of others, to follow their readers."""


class PageCollectionConvertor(KeyConvertor):
    """What may name a collection at the root: nothing that has another meaning there."""

    regex = rf"(?!(?:{_NEVER})(?:/|$))[^/]+"


register_url_convertor("page_collection", PageCollectionConvertor())


class PageRoute(PublicRoute):
    """GET of a page; `show_error` makes an error one, for browsers."""

    def __init__(self, path: str, handler: PageHandler, show_error: ErrorPage | None = None) -> None:
        async def endpoint(reading: ReadingContext, request: Request, **parts: str) -> Response:
            context = services_of(request)[PageContext]
            query_string = request.scope["query_string"]
            if query_string.isascii() and (own := without_tracking(query_string)) != query_string:
                return redirect_to_query(context.site.base, request, own)
            try:
                return await handler(context, request, **parts)
            except AppError as error:
                if isinstance(error, Moved) or not prefers_html(request.headers.get("accept")):
                    raise
                return (show_error or error_page)(context.site, error)

        super().__init__(path, endpoint, "GET")


def without_tracking(query: bytes) -> bytes:
    """The query without what others appended to a link."""
    return b"&".join(pair for pair in query.split(b"&") if not _TRACKING.fullmatch(pair))


def redirect_to_query(base: str, request: Request, query: bytes) -> Response:
    """The same page with that query: pages refuse what they do not know, and a shared link should still lead there."""
    path = request.scope["raw_path"].decode("ascii")
    url = f"{base}{path}?{query.decode('ascii')}" if query else f"{base}{path}"
    return RedirectResponse(url, 302, {"Cache-Control": NO_STORE})


def error_head(error: AppError) -> tuple[int, dict[str, str]]:
    """Status and headers of the page of an error."""
    headers = {"Cache-Control": PUBLIC if isinstance(error, Gone) else NO_STORE}
    if isinstance(error, TooManyRequests | Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    return problem_type_of(type(error)).status, headers


def error_page(site: Website, error: AppError) -> Response:
    """The problem as a page; a tombstone may be kept like the document that was there."""
    status, headers = error_head(error)
    suggestions = [each.suggestion for each in error.errors if each.suggestion]
    withdrawn = format_day(error.date[:10]) if isinstance(error, Gone) and error.date else ""
    return render_public_page(
        "problem", site, status=status, headers=headers, error=error, withdrawn=withdrawn, near=suggestions
    )
