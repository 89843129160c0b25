"""Buffering a response until it is complete, where it may be cached."""

from typing import Final

from starlette.types import Message, Send

from app.http.headers import Headers, get_header, vary

MAX_SIZE: Final = 8 * 2**20
"""Bytes up to which a response is buffered; a larger one is passed on as it comes, without an ETag."""

VARIES: Final = ("Accept", "Accept-Encoding")
"""Request fields by which the response cache distinguishes responses, beside their URL."""

STREAMED: Final = "streamed"
"""In the message that starts a response: it has an ETag of its own, and may have any size."""

_CACHEABLE_STATUSES: Final = frozenset((200, 301, 410))


class ResponseBuffer:
    """A `send` that holds back a response which may be cached, and passes every other one on.

    `complete` says that the whole response is here, and nothing of it has been sent.
    """

    def __init__(self, send: Send, max_size: int = MAX_SIZE) -> None:
        self.status = 0
        self.headers: Headers = []
        self.complete = False
        self._send = send
        self._max_size = max_size
        self._held: list[Message] = []
        self._size = 0
        self._is_passing = False

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self._held[1:])

    async def __call__(self, message: Message) -> None:
        if not self._is_passing:
            self._is_passing = not self._holds(message)
            self._held.append(message)
            if not self._is_passing:
                return
            for held in self._held:
                await self._send(held)
            self._held.clear()
            return
        await self._send(message)

    def _holds(self, message: Message) -> bool:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(name.lower(), value) for name, value in message.get("headers", ())]
            return not message.get(STREAMED) and self.status in _CACHEABLE_STATUSES and _is_cacheable(self.headers)
        if message["type"] != "http.response.body":
            return False
        self._size += len(message.get("body", b""))
        if self._size > self._max_size:
            return False
        self.complete = not message.get("more_body", False)
        return True


def _is_cacheable(headers: Headers) -> bool:
    """Public, the same for everybody, and varying by nothing that is not in the cache key."""
    control = get_header(headers, b"cache-control") or b""
    known = {name.lower() for name in VARIES}
    return (
        control.startswith(b"public")
        and get_header(headers, b"set-cookie") is None
        and all(name.lower() in known for name in vary(headers))
    )
