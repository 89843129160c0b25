"""The documentation page: Swagger UI from our own files, under a policy that lets nothing else in or out."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.http.headers import PUBLIC

SWAGGER: Final = files("app.http.docs") / "swagger"
VERSION: Final = (SWAGGER / "VERSION").read_text("ascii").strip()

ASSETS: Final[Mapping[str, str]] = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui-bundle.js.LICENSE.txt": "text/plain",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
    "LICENSE": "text/plain",
}
"""Vendored files that are served, and their media types."""
OWN_ASSETS: Final[Mapping[str, str]] = {"init.js": "text/javascript", "legible.css": "text/css", "desk.css": "text/css"}
"""Ours beside them: how it is started, what is mended of its accessibility, and room for those who write."""

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # the icons inside Swagger UI's style sheet
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

_FRESH: Final = {"Cache-Control": PUBLIC, "X-Content-Type-Options": "nosniff"}
_FOREVER: Final = {**_FRESH, "Cache-Control": "public, max-age=31536000, immutable"}
_PAGE_HEADERS: Final = {
    **_FRESH,
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
}


def docs_routes(page: str) -> list[Route]:
    """`/docs`, its files, and `/` that leads there (303).

    `page` is its HTML: it reads `openapi.json` beside it and nothing else. Vendored files carry Swagger UI's version
    in their address, so they may be kept for a year; the page and our own files are asked for again.
    """
    assets = [
        _fixed(f"/docs/{VERSION}/{name}", (SWAGGER / name).read_bytes(), media_type, _FOREVER)
        for name, media_type in ASSETS.items()
    ]
    return [
        Route("/", _to_docs, methods=["GET"], include_in_schema=False),
        _fixed("/docs", page.encode(), "text/html", _PAGE_HEADERS),
        *(_fixed(f"/docs/{name}", (SWAGGER / name).read_bytes(), kind, _FRESH) for name, kind in OWN_ASSETS.items()),
        *assets,
    ]


def _fixed(path: str, body: bytes, media_type: str, headers: Mapping[str, str]) -> Route:
    async def answer(_: Request) -> Response:
        return Response(body, media_type=media_type, headers=headers)

    return Route(path, answer, methods=["GET"], include_in_schema=False)


async def _to_docs(_: Request) -> Response:
    return RedirectResponse("/docs", status_code=303, headers={"Cache-Control": PUBLIC})
