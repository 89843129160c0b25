"""HEAD and OPTIONS wherever there is a route, and which methods a path really has."""

from collections.abc import Iterable
from typing import Final

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.config import HttpConfig
from app.http.context import request_context
from app.http.cors import preflight

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "QUERY")


class MethodsMiddleware:
    """HEAD goes on as GET (`ResponseHeadersMiddleware` drops the body); OPTIONS is answered here, once the application
    has said by its refusal that the address exists."""

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute], config: HttpConfig) -> None:
        self._app = app
        self._routes = routes
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await self._options(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)

    async def _options(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "*" and not await self._is_there(scope, receive, send):
            return
        found = _METHODS if scope["path"] == "*" else allowed_methods(self._routes, scope)
        allow = ", ".join(found)
        more = preflight(self._config, request_context(scope), allow)
        headers = [(b"allow", allow.encode("ascii")), (b"cache-control", b"no-store"), *more]
        if "QUERY" in found:
            headers.append((b"accept-query", b"application/json"))  # RFC 10008
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _is_there(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Whether the application refuses nothing but the method; any other answer of its is passed on."""
        refused = False

        async def pass_on(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                refused = message["status"] == 405
            if not refused:
                await send(message)

        await self._app({**scope}, receive, pass_on)
        return refused


def allowed_methods(routes: Iterable[BaseRoute], scope: Scope) -> tuple[str, ...]:
    """The value of `Allow` for the scope's path: the union over all routes that match it, or nothing."""
    methods = [method for method in _METHODS if _has(routes, scope, method)]
    if not methods:
        return ()
    head = ["HEAD"] if "GET" in methods else []
    return tuple(sorted([*methods, *head, "OPTIONS"]))


def _has(routes: Iterable[BaseRoute], scope: Scope, method: str) -> bool:
    probe = {
        "type": "http",
        "method": method,
        "path": scope["path"],
        "root_path": scope.get("app_root_path", scope.get("root_path", "")),
        "headers": [],
    }
    return any(route.matches(probe)[0] is Match.FULL for route in routes)
