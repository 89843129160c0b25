"""A partner's server: real HTTP, and the public library that verifies Standard Webhooks."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

Answer = Callable[[bytes, dict[str, str]], tuple[int, dict[str, str]]]
"""From the body and the fields of a request to the status and the fields of its answer."""


@dataclass
class Receiver:
    """Accepts what is signed with one of `secrets`, unless `answers` has a status (and headers) for the next requests.
    `messages` are what it accepted, `seen` the headers of everything that came."""

    port: int = 0
    secrets: list[str] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    seen: list[dict[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://partner.test:{self.port}/hook"

    @property
    def lines(self) -> list[dict[str, Any]]:
        """All changes that it was told of."""
        return [
            line for message in self.messages if message["type"] == "changes" for line in message["data"]["results"]
        ]

    def answer(self, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
        self.seen.append(headers)
        if self.answers:
            return self.answers.pop(0)
        for secret in self.secrets:
            try:
                Webhook(secret).verify(body, headers)
            except WebhookVerificationError:
                continue
            self.messages.append(json.loads(body))
            return 204, {}
        return 401, {}


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    with listening(receiver.answer) as receiver.port:
        yield receiver


@contextmanager
def listening(answer: Answer) -> Iterator[int]:
    """The port on which every request is answered so."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers = answer(body, {name.lower(): value for name, value in self.headers.items()})
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
