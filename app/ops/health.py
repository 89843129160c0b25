"""Health probes: whether the process lives, and whether it can serve requests."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.db.migrations import is_current
from app.documents.revision_watcher import RevisionWatcher
from app.http.client_address import Arrival, ClientAddressResolver
from app.http.headers import NO_STORE
from app.http.services import service
from app.kit.errors import Unavailable
from app.search.index.live_index import Index

WITHIN: Final = 3.0
"""Seconds after which a probe gets 503."""
RETRY_AFTER: Final = 5

router = APIRouter(tags=["explore"], prefix="/health")
"""Probes: `live` never touches the database, `ready` asks everything an answer needs, `client` looks at the request."""


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


@router.get("/live", summary="Liveness", operation_id="check_live")
async def live(response: Response) -> dict[str, str]:
    """Succeeds as long as the process runs; the database is not checked."""
    response.headers["Cache-Control"] = NO_STORE
    return {"status": "live"}


@router.get("/ready", summary="Readiness", operation_id="check_ready")
async def ready(readiness: Annotated[Readiness, service(Readiness)]) -> JSONResponse:
    """200 once the database is reached, its schema is current and the index is up to date; otherwise 503, within
    three seconds."""
    revision = await readiness.revision()
    return JSONResponse({"status": "ready", "revision": revision}, headers={"Cache-Control": NO_STORE})


class ClientView(BaseModel):
    """How a request arrives."""

    arrival: Arrival = Field(
        description="`unknown-proxy`: it came with an `X-Forwarded-For` from an address that is not in "
        "`KB_TRUSTED_PROXIES`, and was not believed.",
        examples=["trusted-proxy"],
    )
    address: str | None = Field(
        description="What limits take for the client's address; of IPv6, its network. `null` from an unknown proxy.",
        examples=["192.0.2.1"],
    )


@router.get("/client", summary="How this request arrives", operation_id="check_client")
async def client(
    request: Request, response: Response, addresses: Annotated[ClientAddressResolver, service(ClientAddressResolver)]
) -> ClientView:
    """For who runs the service: whether a proxy in front of it is trusted, and says whom it speaks for."""
    response.headers["Cache-Control"] = NO_STORE
    arrival = addresses.arrival(request)
    return ClientView(
        arrival=arrival, address=None if arrival is Arrival.unknown_proxy else addresses.resolve(request) or None
    )
