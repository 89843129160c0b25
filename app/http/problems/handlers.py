"""Problem documents (RFC 9457): errors are raised as `AppError` and become responses here, all in one shape."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import fields
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import Scope

from app.db.engine import sqlite3
from app.db.outages import map_outage
from app.http.config import HttpConfig
from app.http.context import RequestContext, request_context
from app.http.cors import is_private
from app.http.headers import NO_STORE, PUBLIC
from app.http.http_errors import BadRequest, HttpError, InternalError, MethodNotAllowed
from app.http.methods import allowed_methods
from app.http.problems.problem_types import problem_type_of
from app.http.problems.validation_errors import map_validation_error
from app.kit.errors import (
    AppError,
    ContentTooLarge,
    ErrorDetail,
    Forbidden,
    Gone,
    Malformed,
    Moved,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
)

MEDIA_TYPE: Final = "application/problem+json"
MAX_SIZE: Final = 14 * 1024
"""Bytes of a problem document that its errors may take, of 16 kB."""

_LOG = logging.getLogger(__name__)
_MEMBERS: Final = tuple(member.name for member in fields(ErrorDetail))

_ACCEPTS: Final = {"PATCH": "Accept-Patch", "QUERY": "Accept-Query"}


class ProblemHandlers:
    """Install it once in the application; the middleware around it calls `respond` itself."""

    def __init__(self, config: HttpConfig) -> None:
        self._config = config

    def install(self, app: FastAPI) -> None:
        async def handle(request: Request, error: Exception) -> Response:
            return self.respond(error, request.scope, app.routes)

        outages = (SQLAlchemyError, sqlite3.Error)
        for kind in (AppError, HTTPException, RequestValidationError, ClientDisconnect, *outages, Exception):
            app.add_exception_handler(kind, handle)

    def respond(self, error: Exception, scope: Scope, routes: list[BaseRoute] | None = None) -> Response:
        """The problem document of an error. An unexpected error is described in the log, and not in the response; of an
        outage of the database, the log has the driver's message."""
        context = request_context(scope)
        app_error = _map_exception(error, scope, routes or [])
        if isinstance(app_error, TooManyRequests) and app_error.quotas:
            context.quotas = app_error.quotas
        if isinstance(app_error, InternalError):
            self.report(error, context)
        elif isinstance(error, SQLAlchemyError | sqlite3.Error):
            _LOG.warning("the database failed: %s", str(error).partition("\n")[0])
        lasting = isinstance(app_error, Gone | Moved) and self._is_public_read(context)
        # A lasting answer is kept for others, so it must not name one request.
        document = self.document(app_error, None if lasting else context.request_id)
        headers = {"Cache-Control": PUBLIC if lasting else NO_STORE, **_headers(app_error, context)}
        return Response(_encoded(document), _status(app_error), headers, MEDIA_TYPE)

    def document(self, error: AppError, instance: str | None) -> dict[str, object]:
        """The members, without those that have nothing to say."""
        status = _status(error)
        document: dict[str, object] = {
            "type": f"{self._config.base_url}/problems/{error.code}",
            "title": error.title,
            "status": status,
            "detail": error.detail,
            "instance": instance,
            "errors": _within_size(error.errors),
            **error.extension_members(),
        }
        if isinstance(error, HttpError):
            document |= {"type": "about:blank", "title": HTTPStatus(status).phrase}
        return {name: value for name, value in document.items() if value not in (None, [])}

    def report(self, error: BaseException, context: RequestContext) -> None:
        """Write the error into the log, once."""
        if context.reported is not error:
            context.reported = error
            _LOG.error("unexpected error", exc_info=error)

    def _is_public_read(self, context: RequestContext) -> bool:
        return context.method in ("GET", "HEAD") and not is_private(self._config, context)


def map_exception(error: Exception) -> AppError | None:
    """The `AppError` for an error wherever it is raised; None for an error that only the framework and its routes can
    map."""
    match error:
        case AppError():
            return error
        case RequestValidationError():
            return map_validation_error(error)
        case _:
            return map_outage(error)


def _map_exception(error: Exception, scope: Scope, routes: list[BaseRoute]) -> AppError:
    match error:
        case ClientDisconnect():
            return Malformed("The body is incomplete.")  # the client has disconnected
        case HTTPException(__cause__=AppError() as cause):
            # FastAPI makes a 400 of anything that is raised while a body is being received.
            return cause
        case HTTPException(status_code=404):
            return NotFound()
        case HTTPException(status_code=405):
            return MethodNotAllowed(allowed=allowed_methods(routes, scope))
        case HTTPException():
            return HttpError(error.status_code, error.headers)
        case _:
            return map_exception(error) or InternalError("The error is on our side and has been logged.")


def _status(error: AppError) -> int:
    return error.status if isinstance(error, HttpError) else problem_type_of(type(error)).status


def _within_size(errors: Sequence[ErrorDetail]) -> list[dict[str, object]]:
    """What they say; where that is too much for one answer, without what is allowed, then without where they are."""
    for left_out in ((), ("allowed",), ("allowed", "pointer", "parameter")):
        names = [name for name in _MEMBERS if name not in left_out]
        shown = [{name: value for name in names if (value := getattr(each, name)) not in (None, ())} for each in errors]
        if len(_encoded(shown)) <= MAX_SIZE:
            break
    return shown


def _encoded(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")


def _headers(error: AppError, context: RequestContext) -> Mapping[str, str]:
    match error:
        case TooManyRequests() | Unavailable():
            return {"Retry-After": str(error.retry_after)}
        case MethodNotAllowed():
            return {"Allow": ", ".join(error.allowed)}
        case Moved():
            return {"Location": error.location}
        case UnsupportedMediaType():
            return {_ACCEPTS.get(context.method, "Accept-Post"): ", ".join(error.accepts)}
        case Unauthenticated() | Forbidden():
            return {"WWW-Authenticate": _challenge(error)}
        case ContentTooLarge() | BadRequest():
            # What is still to come is not going to be read.
            return {"Connection": "close"}
        case HttpError():
            return error.headers
        case _:
            return {}


def _challenge(error: Unauthenticated | Forbidden) -> str:
    """RFC 6750 section 3."""
    match error:
        case Unauthenticated(error=None):
            return "Bearer"
        case Unauthenticated():
            return f'Bearer error="{error.error}"'
        case Forbidden(scope=None):
            return 'Bearer error="insufficient_scope"'
        case Forbidden():
            return f'Bearer error="insufficient_scope", scope="{error.scope}"'
