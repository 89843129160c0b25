"""The outermost layer: a request gets its id, an error that nobody caught its problem, the log its line."""

from time import perf_counter

from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.access_log import AccessLog
from app.http.exchange import Exchange, enter
from app.http.front import Front
from app.http.manners import Manners
from app.http.problems import Problems
from app.http.prompt import HeadNow, Prompt
from app.http.reply import Reply
from app.http.request_checks import RequestChecks


class Access:
    """What the front knows is answered here, before any other layer; the rest goes to `app`. `other` takes
    what is not HTTP, such as the lifespan. `head_now` is the front's head, where it need not be
    awaited: then servers may ask the `prompt` first."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        other: ASGIApp,
        front: Front,
        manners: Manners,
        checks: RequestChecks,
        problems: Problems,
        log: AccessLog | None,
        head_now: HeadNow | None,
    ) -> None:
        self._app = app
        self._other = other
        self._front = front
        self._manners = manners
        self._checks = checks
        self._problems = problems
        self._log = log
        self.prompt = None if head_now is None else Prompt(front, checks, head_now, log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        started = perf_counter()
        exchange = Exchange(scope)
        try:
            answer = self._front.peek(scope, exchange) if self._checks.is_ordinary(scope, exchange) else None
            if answer is not None and answer.head == await self._front.head(exchange):
                exchange.cache = "hit"
                start, body = self._front.messages(answer, exchange)
                await send(start)
                await send(body)
                exchange.complete = True
            else:
                enter(scope, exchange)
                await self._app(scope, receive, Reply(exchange, send, self._manners))
        except Exception as error:
            enter(scope, exchange)
            if not await self._answered(error, exchange, scope, receive, send):
                raise
        finally:
            if self._log is not None:
                query_bytes = len(scope["query_string"])
                self._log.write(exchange, query_bytes=query_bytes, seconds=perf_counter() - started)

    async def _answered(self, error: Exception, exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> bool:
        """False for an answer that broke off: the server has to cut the connection."""
        if not exchange.status:
            exchange.cache = "-"
            reply = Reply(exchange, send, self._manners)
            await self._problems.answer(error, scope)(scope, receive, reply)
        else:
            self._problems.report(error, exchange)
        return exchange.complete
