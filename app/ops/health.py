"""Whether it lives, and whether it can answer."""

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from app.db.migrating import is_current
from app.db.sessions import Sessions
from app.http.headers import NO_STORE
from app.kit.errors import Unavailable
from app.search.index import Index

router = APIRouter(tags=["explore"], prefix="/health")
"""Two probes: `live` never touches the database, `ready` asks everything an answer needs, by `sessions` and `index` of
the application's state."""


@router.get("/live", summary="Whether the process answers", operation_id="check_live")
async def live(response: Response) -> dict[str, str]:
    """Answers as long as the process can answer at all; the database is not asked."""
    response.headers["Cache-Control"] = NO_STORE
    return {"status": "live"}


@router.get("/ready", summary="Whether the service can answer questions", operation_id="check_ready")
async def ready(request: Request) -> JSONResponse:
    """200 once the database is reached, its schema is current and the index has seen every change; else 503."""
    sessions: Sessions = request.app.state.sessions
    index: Index = request.app.state.index
    try:
        if not await asyncio.to_thread(_has_current_schema, sessions):
            raise Unavailable("The database's schema is not current: run `kb migrate`.", retry_after=30)
        snapshot = await index.fresh()
    except SQLAlchemyError as error:
        raise Unavailable("The database cannot be reached.", retry_after=5) from error
    return JSONResponse({"status": "ready", "revision": snapshot.head.number}, headers={"Cache-Control": NO_STORE})


def _has_current_schema(sessions: Sessions) -> bool:
    with sessions.read() as session:
        return is_current(session.connection())
