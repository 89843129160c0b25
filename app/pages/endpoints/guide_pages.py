"""The guides as pages, and the pictures in them."""

from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from app.http.headers import PUBLIC
from app.kit.errors import NotFound
from app.pages.guides import load_guide, load_guides, picture_path
from app.pages.rendering import render_public_page
from app.pages.site import CurrentSite

PNG: Final = "image/png"

router = APIRouter(include_in_schema=False)


@router.get("/guide")
def list_guides(site: CurrentSite) -> HTMLResponse:
    """What each guide is about."""
    return render_public_page("guides", site, guides=load_guides(site.base))


@router.get("/guide/{name}")
def show_guide(site: CurrentSite, name: str) -> HTMLResponse:
    """One guide."""
    guide = load_guide(name, site.base)
    if guide is None:
        raise NotFound
    return render_public_page("guide", site, guide=guide, guides=load_guides(site.base))


@router.get("/guide/{folder}/{name}")
def get_picture(folder: str, name: str) -> Response:
    """A picture in a guide."""
    path = picture_path(folder, name)
    if path is None:
        raise NotFound
    return Response(path.read_bytes(), media_type=PNG, headers={"Cache-Control": PUBLIC})
