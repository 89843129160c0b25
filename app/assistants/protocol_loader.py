"""The protocol, from its extra."""

from typing import Protocol

from starlette.types import Receive, Scope, Send

from app.assistants.allowed_callers import AllowedCallers
from app.assistants.context import AssistantContext
from app.kit.system.extras import import_extra


class AssistantProtocol(Protocol):
    """What `app.assistants.protocol_server` has."""

    async def serve_request(
        self, scope: Scope, receive: Receive, send: Send, callers: AllowedCallers, max_body: int
    ) -> None: ...

    async def serve_stdio(self) -> None: ...


def load_protocol(context: AssistantContext, *, wanted_by: str = "KB_ASSISTANTS is on") -> AssistantProtocol:
    """Raises `MissingExtra`."""
    module = import_extra("app.assistants.protocol_server", extra="assistants", wanted_by=wanted_by)
    server: AssistantProtocol = module.ProtocolServer(context)
    return server
