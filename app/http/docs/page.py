"""The documentation page: Swagger UI from our own files, under a policy that lets nothing else in or out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Final

from fastapi import APIRouter
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.responses import Response

from app.http.headers import PUBLIC
from app.http.services import service

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
OWN_ASSETS: Final[Mapping[str, str]] = {
    "init.js": "text/javascript",
    "legible.css": "text/css",
    "forms.css": "text/css",
}
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


router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class DocsPage:
    """The page, which reads `openapi.json` beside it and nothing else."""

    html: str


class _VendoredName(StringConvertor):
    regex = "|".join(map(re.escape, ASSETS))


class _OwnName(StringConvertor):
    regex = "|".join(map(re.escape, OWN_ASSETS))


register_url_convertor("vendored", _VendoredName())
register_url_convertor("own", _OwnName())


@router.get("/docs")
async def show_docs(page: Annotated[DocsPage, service(DocsPage)]) -> Response:
    return Response(page.html, media_type="text/html", headers=_PAGE_HEADERS)


@router.get("/docs/{name:own}")
async def get_own_file(name: str) -> Response:
    """One of our own, asked for again each time."""
    return Response(_read(name), media_type=OWN_ASSETS[name], headers=_FRESH)


@router.get(f"/docs/{VERSION}/{{name:vendored}}")
async def get_vendored_file(name: str) -> Response:
    """Its address has Swagger UI's version, so it may be kept for a year."""
    return Response(_read(name), media_type=ASSETS[name], headers=_FOREVER)


@cache
def _read(name: str) -> bytes:
    return (SWAGGER / name).read_bytes()
