"""Pages as responses: HTML that reads without a script, and loads nothing from elsewhere."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import HTMLResponse

from app.http.headers import NO_STORE, PUBLIC
from app.pages.environment import render_template
from app.pages.site import Website

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
CARD_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors *",
    )
)
"""Of pages that are embedded in others: they show content and links, and have no forms."""
PRIVATE: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": NO_STORE,
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
"""Headers of a page that is for one reader."""
PUBLIC_PAGE: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": PUBLIC,
    "Vary": "Accept, Accept-Encoding",
}
"""Headers of a page that is the same for everybody."""


def render_page(template: str, site: Website, /, *, status: int = 200, **values: object) -> HTMLResponse:
    """A page for one reader, which nobody keeps; `template` is a path below `templates` without its ending."""
    return HTMLResponse(render_template(f"{template}.html", site=site, private=True, **values), status, PRIVATE)


def render_public_page(
    template: str, site: Website, /, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: object
) -> HTMLResponse:
    """A page that anybody may keep, and must ask before using it again."""
    html = render_template(f"{template}.html", site=site, private=False, **values)
    return HTMLResponse(html, status, {**PUBLIC_PAGE, **(headers or {})})


def render_card(
    template: str, site: Website, /, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: object
) -> HTMLResponse:
    """A page that may stand in a frame of any other."""
    policy = {"Content-Security-Policy": CARD_POLICY}
    return render_public_page(f"embed/{template}", site, status=status, headers={**(headers or {}), **policy}, **values)
