"""The scopes that an operation requires, declared once: OpenAPI shows them and the route enforces them first."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from fastapi import Security
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from sqlalchemy.orm import Session
from starlette.requests import Request

from app.kit.json_types import JsonObject
from app.staff.auth.actors import Actor
from app.staff.auth.preconditions import expected_version
from app.staff.auth.security_log import SecurityEvent, record
from app.staff.scopes import BY_TYPE, unknown_scopes


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """One staff request. `session` is one transaction, which the route ends after the handler: a reading one for GET,
    else a writing one. The handler never commits. `body` is as it was sent. `shown_once` has the
    replacements of secret top-level members of the response, for stored responses and dry runs. `effects` are sentences
    that a dry run says of what cannot be undone. With `four_eyes` nobody publishes what they wrote last.
    """

    session: Session
    actor: Actor
    now: datetime
    base: str = ""
    dry_run: bool = False
    if_match: str | None = None
    body: bytes = b""
    four_eyes: bool = False
    shown_once: JsonObject = field(default_factory=dict)
    seen: list[SecurityEvent] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)

    def note(self, action: str, kind: str, subject: object = "", note: str | None = None) -> None:
        """Write into the security log what this work does, in its transaction."""
        record(self.session, SecurityEvent(action, kind, str(subject), note), by=self.actor, now=self.now)

    def note_seen(self, action: str, kind: str, subject: object = "", note: str | None = None) -> None:
        """Write into the security log what the response shows, before it is sent. A dry run must not show it."""
        self.seen.append(SecurityEvent(action, kind, str(subject), note))

    def url(self, path: str) -> str:
        """The absolute address of a path that begins with a slash."""
        return self.base + path

    def expected_version(self, version: int | None = None) -> int:
        """The version that the client saw, by `If-Match` or by `version` in the body.

        Raises PreconditionRequired without either, BadQuery and Invalid where they are wrong.
        """
        return expected_version(self.if_match, version)


DESCRIPTION: Final = (
    "For staff: paste your key, as shown once by `kb key create` or `POST /v1/staff/keys`. "
    "It begins with `kb_`; the page forgets it when you leave. `GET /v1/staff` shows its scopes."
)


class KeyScheme(SecurityBase):
    """The keys of staff, as OpenAPI describes them."""

    scheme_name = "key"

    def __init__(self) -> None:
        self.model = HTTPBearer(bearerFormat="kb_…", description=DESCRIPTION)

    async def __call__(self, request: Request) -> UnitOfWork:
        """The work that the route has authorised."""
        work: UnitOfWork = request.state.work
        return work


KEY: Final = KeyScheme()


def requires_scopes(*scopes: str) -> Any:
    """A dependency that gives the `UnitOfWork`: the key must carry every one of `scopes`. Without any, each valid
    key does.

    `resource_types.WRITE` and `PUBLISH` stand for the scopes of the resource type that the path names. Raises
    ValueError for a scope that is not in the table.
    """
    if wrong := unknown_scopes(scope for scope in scopes if scope not in BY_TYPE):
        raise ValueError(f"there is no scope {', '.join(wrong)}")
    return Security(KEY, scopes=scopes)


def declared_scopes(dependant: Dependant) -> tuple[str, ...] | None:
    """The scopes that `requires_scopes` declares for this route; None without that dependency."""
    for each in dependant.dependencies:
        if each.call is KEY:
            return tuple(each.own_oauth_scopes or ())
    return None
