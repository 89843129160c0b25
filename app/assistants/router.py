"""`/mcp`: the Model Context Protocol over HTTP, within the limits of everything public."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message as AsgiMessage
from starlette.types import Receive, Scope, Send

from app.assistants.allowed_callers import AllowedCallers, allowed_callers
from app.assistants.context import AssistantContext
from app.assistants.protocol_loader import AssistantProtocol, load_protocol
from app.config.settings import Settings
from app.http.bodies import read_json
from app.http.client_address import client_address
from app.http.concurrency_limits import ConcurrencyLimiter
from app.http.context import request_context
from app.http.problems.validation_errors import validate_body
from app.http.rate_limits import count_request
from app.http.readers import Pool, Reader, identify_reader
from app.http.services import services_of
from app.kit.errors import Unavailable
from app.kit.rate_limiter import RateLimiter
from app.reading.context import ReadingContext
from app.reading.routing import PublicRoute

PATH: Final = "/mcp"
MAX_BODY: Final = 64 * 1024
MAX_SECONDS: Final = 20
"""Of one exchange."""
MAX_EXCHANGES: Final = 16
"""At a time, in all."""
PER_CLIENT: Final[Mapping[Pool, int]] = {Pool.anonymous: 4, Pool.polite: 4, Pool.partner: 8}
PER_MINUTE: Final = 240
"""Requests of one client; a call is up to three."""


class JsonRpcMessage(BaseModel):
    """A message of JSON-RPC 2.0, as far as it is looked at here: the SDK would repeat what is wrong in it."""

    model_config = ConfigDict(strict=True)

    jsonrpc: Literal["2.0"]
    method: Annotated[str, Field(max_length=100)]
    id: int | Annotated[str, Field(max_length=100)] | None = None
    params: dict[str, Any] | None = None


class AssistantEndpoint:
    """One for each application that answers assistants."""

    def __init__(self, protocol: AssistantProtocol, callers: AllowedCallers) -> None:
        self.protocol = protocol
        self.callers = callers
        self.limiter = RateLimiter("assistants", PER_MINUTE, 60)
        self.calls = ConcurrencyLimiter("calls", "calls", MAX_EXCHANGES, PER_CLIENT)


def make_endpoint(context: AssistantContext, settings: Settings) -> AssistantEndpoint:
    """Raises `MissingExtra`."""
    callers = allowed_callers(settings.base, settings.allowed_hosts, settings.staff_origins)
    return AssistantEndpoint(load_protocol(context), callers)


class Exchange(Response):
    """A request, read and found to be JSON, and its answer."""

    def __init__(self, endpoint: AssistantEndpoint, body: bytes, reader: Reader) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._body = body
        self._reader = reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises `Unavailable` where it takes too long."""
        read = False

        async def replay() -> AsgiMessage:
            nonlocal read
            if read:
                return await receive()
            read = True
            return {"type": "http.request", "body": self._body, "more_body": False}

        with self._endpoint.calls.place(self._reader):
            try:
                async with asyncio.timeout(MAX_SECONDS):
                    await self._endpoint.protocol.serve_request(scope, replay, send, self._endpoint.callers, MAX_BODY)
            except TimeoutError:
                raise Unavailable("This takes too long.", retry_after=10) from None


async def exchange(_: ReadingContext, request: Request) -> Response:
    endpoint = services_of(request)[AssistantEndpoint]
    client = client_address(request)
    quota = count_request(request, endpoint.limiter, client, "Too many calls from your address.")
    request_context(request.scope).quotas = (quota,)
    validate_body(JsonRpcMessage, await read_json(request))
    return Exchange(endpoint, await request.body(), await identify_reader(request))


ROUTES: Final = (PublicRoute(PATH, exchange, "POST"),)
