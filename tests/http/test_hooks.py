"""What we use of FastAPI, Starlette and Uvicorn beyond what they promise is there, in the installed releases."""

import ast
import asyncio
import inspect
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import Depends, Security
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from packaging.requirements import Requirement
from starlette.routing import Match
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.protocols.http import httptools_impl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from app.http.server import protocol
from tests.test_locks_closed import DECLARED

PRIVATE = ("fastapi", "starlette", "uvicorn")
SOURCE = ast.parse(Path(protocol.__file__).read_text("utf-8"))
OURS = next(node for node in SOURCE.body if isinstance(node, ast.ClassDef) and node.name == "Protocol")


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Never run."""


def attributes(owner: str, context: type[ast.expr_context]) -> set[str]:
    """Those of a name in our protocol that are read (Load) or given a value (Store)."""
    return {
        node.attr
        for node in ast.walk(OURS)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == owner
        and isinstance(node.ctx, context)
    }


def made_by_uvicorn() -> HttpToolsProtocol:
    async def make() -> HttpToolsProtocol:
        return HttpToolsProtocol(Config(application, lifespan="off", log_config=None), ServerState(), {})

    return asyncio.run(make())


def test_what_our_protocol_reads_is_its_own_or_uvicorns() -> None:
    own = set(vars(protocol.Protocol)) | attributes("self", ast.Store)
    assert attributes("self", ast.Load) - own <= set(dir(made_by_uvicorn()))


def test_what_our_protocol_hands_on_is_there_with_the_same_parameters() -> None:
    handed_on = attributes("HttpToolsProtocol", ast.Load)
    assert "_start_asgi_task" in handed_on
    for name in handed_on:
        theirs, ours = getattr(HttpToolsProtocol, name), getattr(protocol.Protocol, name)
        assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters), name


def test_uvicorn_begins_every_request_by_the_hook() -> None:
    """Once for a request that may begin at once, once for one that waited for the answer before it."""
    assert inspect.getsource(httptools_impl).count("self._start_asgi_task(") == 2


def test_a_request_of_uvicorns_has_the_members_that_answers_depend_on() -> None:
    assigned = {
        node.attr
        for node in ast.walk(ast.parse(inspect.cleandoc(inspect.getsource(RequestResponseCycle.__init__))))
        if isinstance(node, ast.Attribute)
    }
    assert assigned >= {"scope", "keep_alive", "disconnected", "response_started", "response_complete", "flow"}


def test_a_fastapi_route_has_the_dependencies_and_parameters_that_we_read() -> None:
    """`staff.auth.routing`, `staff.auth.query_parameters` and `staff.auth.authorisation` read them."""
    bearer = HTTPBearer()

    def inner(q: str = "") -> str:
        return q

    async def handler(
        body: dict[str, str],
        of_ours: Annotated[str, Depends(inner)],
        key: Annotated[object, Security(bearer, scopes=["a"])],
    ) -> None:
        """Never run."""

    route = APIRoute("/", handler, methods=["POST"])
    assert [each.call for each in route.dependant.dependencies] == [inner, bearer]
    assert [field.alias for field in route.dependant.dependencies[0].query_params] == ["q"]
    assert route.body_field is not None
    assert inspect.iscoroutinefunction(route.get_route_handler())
    matched, _ = route.matches({"type": "http", "method": "GET", "path": "/", "root_path": ""})
    assert matched is Match.PARTIAL


def test_the_description_is_made_from_what_we_hand_over() -> None:
    assert {"title", "version", "description", "contact", "license_info", "routes", "servers"} <= set(
        inspect.signature(get_openapi).parameters
    )


@pytest.mark.parametrize("name", PRIVATE)
def test_the_range_of_releases_has_an_end_and_the_installed_one_is_in_it(name: str) -> None:
    declared = next(each for each in map(Requirement, DECLARED["dependencies"]) if each.name == name)
    assert {each.operator for each in declared.specifier} == {">=", "<"}
    assert declared.specifier.contains(version(name))
