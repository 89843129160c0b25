"""Health probes: whether the process lives, and whether it can serve requests."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.config.settings import Settings
from app.db.schema.migrations import is_current
from app.documents.revision_watcher import RevisionWatcher
from app.http.client_address import Arrival, ClientAddressResolver, client_address
from app.http.context import request_context
from app.http.headers import NO_STORE
from app.http.rate_limits import count_request
from app.http.services import service
from app.kit.errors import Unauthenticated, Unavailable
from app.kit.json_types import JsonObject
from app.ops.status import service_status
from app.search.index.live_index import Index
from app.staff.auth.context import StaffContext

WITHIN: Final = 3.0
"""Seconds after which a probe gets 503."""
RETRY_AFTER: Final = 5
READ: Final = "status:read"
"""The scope of a key whose holder sees more than that the service is ready."""

router = APIRouter(tags=["explore"], prefix="/health")
"""Probes: `live` never touches the database, `ready` checks everything that a response depends on, `client` looks at
the request."""


class Readiness:
    """Reads the database on a connection and in a thread of its own, whatever all others are doing; probes that arrive
    meanwhile share the result. `close` it; it closes its `engine`, which nobody else needs longer than this."""

    def __init__(self, engine: Engine, revision_watcher: RevisionWatcher, index: Index) -> None:
        self.engine = engine
        self._revision_watcher = revision_watcher
        self._index = index
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="readiness")
        self._asked: asyncio.Future[bool] | None = None

    async def revision(self) -> int:
        """The published revision that responses are made from. Raises Unavailable, within three seconds."""
        try:
            async with asyncio.timeout(WITHIN):
                await self._revision_watcher()
                if not await self._has_current_schema():
                    raise Unavailable("The schema of the database is not current: run `kb migrate`.", retry_after=30)
                return (await self._index.latest_snapshot()).revision.number
        except (SQLAlchemyError, TimeoutError) as error:
            raise Unavailable("The database cannot be reached.", retry_after=RETRY_AFTER) from error

    async def _has_current_schema(self) -> bool:
        loop = asyncio.get_running_loop()
        if self._asked is None or self._asked.done() or self._asked.get_loop() is not loop:
            self._asked = loop.run_in_executor(self._thread, self._ask)
            self._asked.add_done_callback(_consume_error)
        return await asyncio.shield(self._asked)

    def _ask(self) -> bool:
        with self.engine.connect() as connection:
            return is_current(connection)

    def close(self) -> None:
        self._thread.shutdown()
        self.engine.dispose()


def _consume_error(answer: asyncio.Future[bool]) -> None:
    """Retrieve an error that came too late for every probe, so that asyncio does not log it."""
    if not answer.cancelled():
        answer.exception()


class StatusDetail:
    """The facts of `kb status`, for staff with that scope."""

    def __init__(self, context: StaffContext, settings: Settings, version: str) -> None:
        self._context = context
        self._settings = settings
        self._version = version

    async def for_sender(self, request: Request) -> JsonObject | None:
        """None without a key that is good and has the scope: a probe is answered whatever it sends, and a key that is
        not good is noted as elsewhere. Handlers of public addresses see no credentials: they are read where the request
        has them as it came. Raises TooManyRequests."""
        sent = request_context(request.scope).fields.get(b"authorization")
        if sent is None:
            return None
        authorization = (sent.decode("latin-1"),)
        try:
            actor = await run_in_threadpool(self._context.authenticate, authorization, self._context.clock())
        except Unauthenticated:
            _, is_noted = self._context.failed_key_limiter.consume(client_address(request))
            if is_noted:
                await run_in_threadpool(self._context.note_failure, authorization)
            return None
        if READ not in actor.scopes:
            return None
        request_context(request.scope).key = actor.key
        limiter = self._context.key_rate_limiter
        count_request(request, limiter, actor.key or actor.name, "Too many requests in the last minute.")
        return await run_in_threadpool(self._read_status)

    def _read_status(self) -> JsonObject:
        context = self._context
        return service_status(context.sessions, self._settings, version=self._version, now=context.clock()).as_json()


@router.get("/live", summary="Liveness", operation_id="check_live")
async def live(response: Response) -> dict[str, str]:
    """Succeeds as long as the process runs; the database is not checked."""
    response.headers["Cache-Control"] = NO_STORE
    return {"status": "live"}


class ReadyView(BaseModel):
    status: Literal["ready"]
    revision: int
    detail: Annotated[dict[str, Any], Field(description="For keys with `status:read`.", default_factory=dict)]


@router.get("/ready", summary="Readiness", operation_id="check_ready", response_model=ReadyView)
async def ready(
    request: Request,
    readiness: Annotated[Readiness, service(Readiness)],
    status_detail: Annotated[StatusDetail, service(StatusDetail)],
) -> JSONResponse:
    """200 once the database is reached, its schema current and the index up to date; otherwise 503, within three
    seconds."""
    view: JsonObject = {"status": "ready", "revision": await readiness.revision()}
    detail = await status_detail.for_sender(request)
    if detail is not None:
        view["detail"] = detail
    return JSONResponse(view, headers={"Cache-Control": NO_STORE})


class ClientView(BaseModel):
    """How a request arrives."""

    arrival: Arrival = Field(
        description="`unknown-proxy`: `KB_TRUSTED_PROXIES` lacks who sent `X-Forwarded-For`.",
        examples=["trusted-proxy"],
    )
    address: str | None = Field(
        description="Of the client, as limits take it; of IPv6, its network. `null` from an unknown proxy.",
        examples=["192.0.2.1"],
    )


@router.get("/client", summary="How this request arrives", operation_id="check_client")
async def client(
    request: Request, response: Response, addresses: Annotated[ClientAddressResolver, service(ClientAddressResolver)]
) -> ClientView:
    """For operators: whether a proxy in front of the service is trusted."""
    response.headers["Cache-Control"] = NO_STORE
    arrival = addresses.arrival(request)
    return ClientView(
        arrival=arrival, address=None if arrival is Arrival.unknown_proxy else addresses.resolve(request) or None
    )
