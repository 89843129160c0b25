"""The server's own refusals in the shape of all others: bytes that are no request never reach the application."""

import json
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

BODY: Final = json.dumps(
    {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "These bytes are not an HTTP request."}
).encode()
ANSWER: Final = b"\r\n".join(
    (
        b"HTTP/1.1 400 Bad Request",
        b"content-type: application/problem+json",
        b"content-length: %d" % len(BODY),
        b"cache-control: no-store",
        b"access-control-allow-origin: *",
        b"x-content-type-options: nosniff",
        b"connection: close",
        b"",
        BODY,
    )
)


class Protocol(HttpToolsProtocol):
    """Uvicorn's, but for what it says to malformed requests and to addresses beyond the parser's limit."""

    def send_400_response(self, msg: str) -> None:
        """Answer and hang up; nothing of the request is repeated."""
        self.transport.write(ANSWER)
        self.transport.close()
