"""The limit: an ASGI application that answers everything with one captured answer, headers and all."""

import base64
import http.client
import json
import os
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Message, Receive, Send], Awaitable[None]]

ANSWER = "BENCH_ANSWER"
"""Environment variable with the path of the captured answer."""
SET_BY_THE_SERVER = frozenset({"date", "server", "connection", "transfer-encoding"})


@dataclass(frozen=True)
class Answer:
    """What a server said to one request; an empty body and no length for a 304."""

    status: int
    headers: list[tuple[str, str]]
    body: str
    """Base64."""

    def header(self, name: str) -> str:
        """The first header of this name; raises `KeyError` when there is none."""
        return {key.lower(): value for key, value in reversed(self.headers)}[name]

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))


def capture(port: int, path: str, headers: Mapping[str, str]) -> Answer:
    """Ask a server on this machine once."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers=dict(headers))
    response = connection.getresponse()
    body = base64.b64encode(response.read()).decode()
    connection.close()
    kept = [(name, value) for name, value in response.getheaders() if name.lower() not in SET_BY_THE_SERVER]
    return Answer(response.status, kept, body)


def make_app() -> Asgi:
    """Answers with the file that `BENCH_ANSWER` names; raises `KeyError` without it."""
    answer = json.loads(Path(os.environ[ANSWER]).read_text())
    headers = [(name.lower().encode(), value.encode()) for name, value in answer["headers"]]
    start = {"type": "http.response.start", "status": answer["status"], "headers": headers}
    body = {"type": "http.response.body", "body": base64.b64decode(answer["body"])}

    async def bare(scope: Message, _receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send(start)
            await send(body)

    return bare
