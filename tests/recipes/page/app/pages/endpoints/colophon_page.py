"""Who made it: a page for people."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from app.pages.rendering import render_public_page
from app.pages.site import CurrentSite

router = APIRouter(include_in_schema=False)


@router.get("/colophon")
async def show_colophon(site: CurrentSite, maker: Annotated[str, Query()] = "somebody") -> HTMLResponse:
    return render_public_page("colophon", site, maker=maker)
