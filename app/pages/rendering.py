"""The pages that mails link to: plain HTML that works without a script, and nothing from elsewhere."""

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from app.config.settings import Settings

_ENVIRONMENT: Final = Environment(
    loader=PackageLoader("app.pages", "templates"),
    autoescape=lambda name: name is None or not name.endswith(".txt"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
STYLE: Final = (files("app.pages") / "templates" / "style.css").read_text("utf-8")
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


def render_page(template: str, settings: Settings, *, status: int = 200, **given: object) -> HTMLResponse:
    """`template` without its ending; what it names and is not given is an error."""
    body = _ENVIRONMENT.get_template(f"{template}.html").render(style=STYLE, about=settings, **given)
    return HTMLResponse(body, status, HEADERS)


def render_text(template: str, settings: Settings, **given: object) -> str:
    """A plain text."""
    return _ENVIRONMENT.get_template(template).render(about=settings, **given).strip()
