"""`/.well-known/security.txt` (RFC 9116): where to report a weakness. It is there only where the settings say so."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated, Final

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from app.config.settings import Settings
from app.http.headers import NO_STORE
from app.http.services import service
from app.kit.clock import Clock
from app.kit.errors import NotFound

PATH: Final = "/.well-known/security.txt"
router = APIRouter(tags=["explore"])
"""Included only where there is a `SecurityText`."""


@dataclass(frozen=True, slots=True)
class SecurityText:
    """What the file says, and for how long: after the day it names, it should not be relied on (section 2.5.5)."""

    contact: str
    last_day: date
    policy: str | None
    base: str
    clock: Clock

    @property
    def expires(self) -> datetime:
        return datetime.combine(self.last_day, time(23, 59, 59), UTC)

    @property
    def has_expired(self) -> bool:
        return self.clock() > self.expires

    def __str__(self) -> str:
        contact = f"mailto:{self.contact}" if "/" not in self.contact else self.contact
        policy = [f"Policy: {self.policy}"] if self.policy else []
        lines = [
            f"Contact: {contact}",
            f"Expires: {self.expires:%Y-%m-%dT%H:%M:%SZ}",
            "Preferred-Languages: en",
            f"Canonical: {self.base}{PATH}",
            *policy,
        ]
        return "\n".join(lines) + "\n"


def security_text(settings: Settings, clock: Clock) -> SecurityText | None:
    """None where the settings name no contact."""
    if settings.security_contact is None or settings.security_expires is None:
        return None
    return SecurityText(
        settings.security_contact, settings.security_expires, settings.security_policy, settings.base, clock
    )


@router.get(
    PATH,
    response_class=PlainTextResponse,
    responses={404: {"description": "It has expired."}},
    summary="Where to report a weakness",
    operation_id="read_security_txt",
)
async def read_security_txt(text: Annotated[SecurityText, service(SecurityText)]) -> PlainTextResponse:
    """The file `security.txt` (RFC 9116): the contact for reporting a vulnerability of this service, and when the
    file expires."""
    if text.has_expired:
        raise NotFound
    return PlainTextResponse(str(text), headers={"Cache-Control": NO_STORE})
