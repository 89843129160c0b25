"""Some routes are run without what FastAPI puts around every route."""

from collections.abc import Awaitable, Collection
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.problems.handlers import ProblemHandlers

MAX_REMEMBERED: Final = 1024
"""Paths whose routes are remembered."""
MAX_LENGTH: Final = 256
"""Characters of a path that is remembered."""

Found = tuple[BaseRoute, Scope] | None


class DirectRoutes:
    """Requests of one of the `direct` routes of an application go straight to it, all others to the application: a
    filter takes less time than FastAPI's own middleware and comparing a path with every route before the right one.

    Direct routes are plain Starlette's, and need neither form limits nor dependencies. An error of theirs is answered
    as the application's handlers would; what nobody foresaw is raised again, for traces, and so is what comes after an
    answer has begun. What has a `root_path` is the application's business.
    """

    def __init__(self, app: FastAPI, direct: Collection[BaseRoute], problems: ProblemHandlers) -> None:
        self._app: ASGIApp = app
        self._routes = app.routes
        self._direct = frozenset(map(id, direct))
        self._problems = problems
        self._find_known = lru_cache(MAX_REMEMBERED)(self._find)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        find = self._find_known if len(path) <= MAX_LENGTH else self._find
        found = None if scope.get("root_path") else find(scope["method"], path)
        if found is None:
            await self._app(scope, receive, send)
            return
        response_started = False

        def sender(message: Message) -> Awaitable[None]:
            nonlocal response_started
            response_started = True
            return send(message)

        route, child_scope = found
        scope.update(child_scope, path_params={**child_scope["path_params"]}, app=self._app)
        try:
            await route.handle(scope, receive, sender)
        except Exception as error:
            if response_started:
                raise
            answer = self._problems.respond(error, scope, self._routes)
            await answer(scope, receive, send)
            if answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
                raise

    def _find(self, method: str, path: str) -> Found:
        """The direct route and what it adds to the scope; None where the first that takes the request is none of
        them."""
        probe = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
        for route in self._routes:
            match, child_scope = route.matches(probe)
            if match is Match.FULL:
                return (route, child_scope) if id(route) in self._direct else None
        return None
