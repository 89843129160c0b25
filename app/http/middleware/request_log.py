"""The outermost middleware: a request gets its id, an unhandled error its problem document, the access log its line."""

from time import perf_counter

from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.cache.response_cache import ResponseCache
from app.http.config import HttpConfig
from app.http.context import RequestContext, attach_context
from app.http.logging.access_log import AccessLog
from app.http.middleware.fast_path import CurrentRevision, FastPath
from app.http.middleware.request_checks import RequestChecks
from app.http.middleware.response_headers import ResponseHeadersMiddleware
from app.http.problems.handlers import ProblemHandlers


class RequestLogMiddleware:
    """What the response cache has is answered here, before any other middleware; the rest goes to `app`. `other` takes
    what is not HTTP, such as the lifespan. `current_revision` reads the published revision, where that needs no
    waiting: then servers may ask the `fast_path` first."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        other: ASGIApp,
        response_cache: ResponseCache,
        config: HttpConfig,
        checks: RequestChecks,
        problems: ProblemHandlers,
        log: AccessLog | None,
        current_revision: CurrentRevision | None,
    ) -> None:
        self._app = app
        self._other = other
        self._response_cache = response_cache
        self._config = config
        self._checks = checks
        self._problems = problems
        self._log = log
        self.fast_path = None if current_revision is None else FastPath(response_cache, checks, current_revision, log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        started = perf_counter()
        context = RequestContext(scope)
        try:
            answer = self._response_cache.lookup(scope, context) if self._checks.is_ordinary(scope, context) else None
            if answer is not None and answer.revision == await self._response_cache.revision(context):
                context.cache = "hit"
                await self._response_cache.send(answer, context, send)
            else:
                attach_context(scope, context)
                await self._app(scope, receive, ResponseHeadersMiddleware(context, send, self._config))
        except Exception as error:
            attach_context(scope, context)
            if not await self._answered(error, context, scope, receive, send):
                raise
        finally:
            if self._log is not None:
                query_bytes = len(scope["query_string"])
                self._log.write(context, query_bytes=query_bytes, seconds=perf_counter() - started)

    async def _answered(
        self, error: Exception, context: RequestContext, scope: Scope, receive: Receive, send: Send
    ) -> bool:
        """False for an answer that broke off: the server has to cut the connection."""
        if not context.status:
            context.cache = "-"
            reply = ResponseHeadersMiddleware(context, send, self._config)
            await self._problems.respond(error, scope)(scope, receive, reply)
        else:
            self._problems.report(error, context)
        return context.complete
