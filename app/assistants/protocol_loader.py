"""The extra, found or missed with a sentence that says what to do."""

from importlib import import_module
from typing import Protocol as Interface

from starlette.types import Receive, Scope, Send

from app.assistants.allowed_callers import AllowedCallers
from app.assistants.context import AssistantContext


class AssistantsUnavailable(RuntimeError):
    """What the extra consists of is not installed."""


class Protocol(Interface):
    """What `app.assistants.protocol_server` has."""

    async def serve_request(
        self, scope: Scope, receive: Receive, send: Send, callers: AllowedCallers, max_body: int
    ) -> None: ...

    async def serve_stdio(self) -> None: ...


def load_protocol(context: AssistantContext, *, wanted_by: str = "KB_ASSISTANTS is on") -> Protocol:
    """Raises `AssistantsUnavailable`."""
    try:
        module = import_module("app.assistants.protocol_server")
    except ModuleNotFoundError as error:
        raise AssistantsUnavailable(
            f"{wanted_by}, but {error.name} is not installed. Install the extra with `pip install .[assistants]`, "
            "or run `make run ASSISTANTS=1`."
        ) from None
    server: Protocol = module.ProtocolServer(context)
    return server
