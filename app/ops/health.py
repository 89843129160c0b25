"""Health probes: whether the process lives, and whether it can serve requests."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Final

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.db.migrations import is_current
from app.documents.revision_watcher import RevisionWatcher
from app.http.headers import NO_STORE
from app.http.services import service
from app.kit.errors import Unavailable
from app.search.index.live_index import Index

WITHIN: Final = 3.0
"""Seconds after which a probe gets 503."""
RETRY_AFTER: Final = 5

router = APIRouter(tags=["explore"], prefix="/health")
"""Two probes: `live` never touches the database, `ready` asks everything an answer needs."""


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
