"""Databases that fail, and many who ask meanwhile."""

import asyncio
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import make_url

from tests.client import BASE
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details
from tests.outages.postgresql import TroubledServer

SIGN_UP = {"address": "reader@example.org", "queries": [{"collection": "publications"}]}


@pytest.fixture(scope="session")
def troubled_server() -> Iterator[TroubledServer]:
    server = TroubledServer(Path(tempfile.mkdtemp(prefix="kb-")))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def troubled_databases(troubled_server: TroubledServer) -> Databases:
    return Databases(troubled_server)


@pytest.fixture
def troubled_url(troubled_databases: Databases) -> Iterator[str]:
    with troubled_databases.copied(troubled_databases.template("furnished", add_details)) as url:
        yield url


@pytest.fixture
def troubled(troubled_url: str) -> Iterator[Corpus]:
    """A knowledge base on that server."""
    with closing(Corpus(troubled_url)) as kb:
        yield kb


@pytest.fixture
def sqlite(databases_of: Any) -> Iterator[Corpus]:
    databases: Databases = databases_of("sqlite")
    with databases.copied(databases.template("furnished", add_details)) as url, closing(Corpus(url)) as kb:
        yield kb


def file_of(kb: Corpus) -> Path:
    return Path(str(make_url(kb.service.settings.database_url).database))


class Crowd:
    """Asks many things at once. Times are those of the loop."""

    def __init__(self, kb: Corpus) -> None:
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app=kb.service), base_url=BASE, timeout=120)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self._client.get(path, headers={name.replace("_", "-"): each for name, each in headers.items()})

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self._client.post(path, json=body, headers=headers)

    async def timed(self, request: Coroutine[Any, Any, httpx.Response]) -> tuple[int, float]:
        """Status and seconds."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        response = await request
        if response.status_code == 503:
            assert int(response.headers["retry-after"]) > 0
            assert response.headers["content-type"] == "application/problem+json"
        return response.status_code, loop.time() - began
