"""The accessibility statement of the pages, with the contact for reporting barriers."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.pages.rendering import render_public_page
from app.pages.site import CurrentSite

router = APIRouter(include_in_schema=False)


@router.get("/accessibility")
async def show_statement(site: CurrentSite) -> HTMLResponse:
    """The accessibility statement."""
    return render_public_page("accessibility", site)
