"""What every page says of the whole: names, notices, addresses, and the files that it loads."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from app.config.settings import Settings
from app.http.services import service
from app.pages.assets import CARD_SCRIPT, ICON, SCRIPT, STYLE, Assets


@dataclass(frozen=True, slots=True)
class Website:
    """As templates name it. `base` has no slash at its end; `contact` is an e-mail address or the URL of a page."""

    title: str
    description: str
    licence: str
    base: str
    contact: str | None
    responsible: str | None
    help_notice: str | None
    practice: bool
    style: str
    script: str
    card_script: str
    icon: str
    logo: str | None
    shows_usage: bool

    @property
    def contact_url(self) -> str | None:
        if self.contact is None or "/" in self.contact:
            return self.contact
        return f"mailto:{self.contact}"

    def report_url(self, page: str, subject: str) -> str | None:
        """A mail to the contact (RFC 6068) about a page; where the contact is a page itself, that."""
        if self.contact is None or "/" in self.contact:
            return self.contact
        body = f"About {page}\n\n"
        return f"mailto:{quote(self.contact, safe='@')}?subject={quote(subject)}&body={quote(body)}"


def make_site(settings: Settings, assets: Assets) -> Website:
    return Website(
        title=settings.title,
        description=settings.description,
        licence=settings.licence,
        base=settings.base,
        contact=settings.contact,
        responsible=settings.responsible,
        help_notice=settings.help_notice,
        practice=settings.practice,
        style=assets.path(STYLE),
        script=assets.path(SCRIPT),
        card_script=assets.path(CARD_SCRIPT),
        icon=assets.path(ICON),
        logo=assets.logo,
        shows_usage=settings.public_usage,
    )


CurrentSite = Annotated[Website, service(Website)]
