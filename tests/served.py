"""A service of this process behind a socket, for clients that need one."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn

from app.http.client_address import ClientAddressResolver
from app.http.server.listener import ConnectionLimits
from app.http.server.protocol import Protocol
from app.http.server.uvicorn_server import UvicornServer
from tests.corpus import Corpus
from tests.waiting import wait_until


@contextmanager
def served(url: str, dumps: Path, **settings: Any) -> Iterator[Corpus]:
    """The service over that database, at its own `settings.base`, until the end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with closing(Corpus(url, base_url=address, dump_directory=str(dumps), **settings)) as kb:
            config = uvicorn.Config(kb.service, http=Protocol, ws="none", log_config=None, lifespan="off")
            server = UvicornServer(config, ConnectionLimits(100, 100), ClientAddressResolver())
            thread = Thread(target=server.run, args=([listening],))
            thread.start()
            try:
                wait_until(lambda: server.started)
                yield kb
            finally:
                server.should_exit = True
                thread.join(30)
