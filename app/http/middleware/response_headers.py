"""The headers that every response carries, its request id among them; its bytes are counted for the access log."""

from collections.abc import Awaitable
from typing import Final

from starlette.types import Message, Send

from app.http.cache.stale_responses import age_headers
from app.http.config import HttpConfig
from app.http.context import RequestContext
from app.http.cors import default_headers
from app.http.headers import NO_STORE, with_defaults
from app.kit.rate_limiter import rate_limit_headers

_NO_STORE: Final = (b"cache-control", NO_STORE.encode("ascii"))


class ResponseHeadersMiddleware:
    """A `send` for responses that do not come from the response cache. One that says nothing of caching must not be
    cached; a response to HEAD loses its body."""

    __slots__ = ("_config", "_context", "_send")

    def __init__(self, context: RequestContext, send: Send, config: HttpConfig) -> None:
        self._context = context
        self._send = send
        self._config = config

    def __call__(self, message: Message) -> Awaitable[None]:
        context = self._context
        if context.cache != "-":
            return self._send(message)
        kind = message["type"]
        if kind == "http.response.body":
            context.complete = not message.get("more_body", False)
            if context.method == "HEAD":
                message = {**message, "body": b""}
            else:
                context.sent += len(message.get("body", b""))
        elif kind == "http.response.start":
            context.status = message["status"]
            request_id = (b"x-request-id", context.request_id.encode("ascii"))
            quotas = (
                (name.lower().encode(), value.encode()) for name, value in rate_limit_headers(context.quotas).items()
            )
            age = () if context.age is None else age_headers(context.age)
            extra = [*default_headers(self._config, context), _NO_STORE, request_id, *quotas, *age]
            message = {**message, "headers": with_defaults(message.get("headers", ()), extra)}
        return self._send(message)
