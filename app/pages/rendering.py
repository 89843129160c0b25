"""Pages as responses: plain HTML that works without a script, and nothing from elsewhere."""

from base64 import b64encode
from hashlib import sha256
from typing import Final

from starlette.responses import HTMLResponse

from app.config.settings import Settings
from app.http.headers import PUBLIC
from app.pages.environment import TEMPLATES, render_template

STYLE: Final = (TEMPLATES / "style.css").read_text("utf-8")
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
PRIVATE: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
"""Headers of a page that is for one reader."""
PUBLIC_PAGE: Final = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": PUBLIC,
}
"""Headers of a page that is the same for everybody, and loads nothing."""


def render_page(template: str, settings: Settings, /, *, status: int = 200, **values: object) -> HTMLResponse:
    """A page for one reader, which nobody keeps; `template` is a path below `templates` without its ending."""
    return HTMLResponse(render_template(f"{template}.html", style=STYLE, about=settings, **values), status, PRIVATE)


def render_public_page(template: str, /, **values: object) -> HTMLResponse:
    """A page that anybody may keep, and must ask before using it again."""
    return HTMLResponse(render_template(f"{template}.html", **values), headers=PUBLIC_PAGE)
