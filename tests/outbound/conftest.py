"""Servers on this machine that answer as a test says, and a client that may speak to them."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from app.outbound.client import Outbound

Answer = Callable[[BaseHTTPRequestHandler], None]


def say(
    status: int = 200, body: bytes = b"", *, zipped: bool = False, length: int | None = None, **headers: str
) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        sent = gzip.compress(body) if zipped else body
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if zipped:
            handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(sent) if length is None else length))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(sent)

    return answer


@dataclass
class Server:
    """`paths` are its answers; `seen` are requests: method, path, headers."""

    port: int = 0
    paths: dict[str, Answer] = field(default_factory=dict)
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str, host: str = "server.test") -> str:
        return f"http://{host}:{self.port}{path}"


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            server.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
            server.paths.get(self.path, say(404))(self)

        do_GET = do_HEAD = do_POST = answer

        def log_message(self, *_: Any) -> None:
            """Silent."""

        def handle(self) -> None:
            try:
                super().handle()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        listening.daemon_threads = True
        server.port = listening.server_address[1]
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    with ExitStack() as stack:
        yield stack.enter_context(serving())


HOSTS = {"server.test": ["127.0.0.1"], "inside.test": ["10.1.2.3"], "both.test": ["127.0.0.1", "10.1.2.3"]}


@pytest.fixture
def outbound() -> Outbound:
    """A client to which this machine is public, and 10.1.2.3 is not."""
    return Outbound(
        user_agent="kb-tests (+https://kb.example)",
        seconds=5,
        max_bytes=1000,
        resolve=lambda host, port, seconds: HOSTS.get(host, [host]),
        permitted=lambda address: address == "127.0.0.1",
    )
