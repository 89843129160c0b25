"""The documentation pages, under a policy that lets nothing else in or out: Swagger UI from our own files for readers
and developers, and the forms of staff."""

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

_PACKAGE: Final = files("app.http.docs")
SWAGGER: Final = _PACKAGE / "swagger"
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
"""Our own files beside them: the start script, accessibility fixes, and larger input boxes."""

STAFF: Final = _PACKAGE / "staff"
STAFF_ASSETS: Final[Mapping[str, str]] = {
    each.name: "text/css" if each.name.endswith(".css") else "text/javascript" for each in STAFF.iterdir()
}
"""The modules of the page of staff, and their media types."""

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
    """The page for everybody, which reads `openapi/public.json` beside it and nothing else, and that of staff."""

    html: str
    staff_html: str


class _VendoredName(StringConvertor):
    regex = "|".join(map(re.escape, ASSETS))


class _OwnName(StringConvertor):
    regex = "|".join(map(re.escape, OWN_ASSETS))


class _StaffName(StringConvertor):
    regex = "|".join(map(re.escape, STAFF_ASSETS))


register_url_convertor("vendored", _VendoredName())
register_url_convertor("own", _OwnName())
register_url_convertor("of_staff", _StaffName())


@router.get("/docs")
async def show_docs(page: Annotated[DocsPage, service(DocsPage)]) -> Response:
    return Response(page.html, media_type="text/html", headers=_PAGE_HEADERS)


@router.get("/docs/staff")
async def show_staff_page(page: Annotated[DocsPage, service(DocsPage)]) -> Response:
    return Response(page.staff_html, media_type="text/html", headers=_PAGE_HEADERS)


@router.get("/docs/{name:own}")
async def get_own_file(name: str) -> Response:
    """One of our own files, revalidated each time."""
    return Response(_read("swagger", name), media_type=OWN_ASSETS[name], headers=_FRESH)


@router.get("/docs/staff/{name:of_staff}")
async def get_staff_file(name: str) -> Response:
    return Response(_read("staff", name), media_type=STAFF_ASSETS[name], headers=_FRESH)


@router.get(f"/docs/{VERSION}/{{name:vendored}}")
async def get_vendored_file(name: str) -> Response:
    """Its address has Swagger UI's version, so it may be kept for a year."""
    return Response(_read("swagger", name), media_type=ASSETS[name], headers=_FOREVER)


@cache
def _read(folder: str, name: str) -> bytes:
    return (_PACKAGE / folder / name).read_bytes()
