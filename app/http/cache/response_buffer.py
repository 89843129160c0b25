"""Holding an answer back until it is whole, where it is one that may be kept."""

from typing import Final

from starlette.types import Message, Send

from app.http.headers import Headers, get_header, vary

MAX_SIZE: Final = 8 * 2**20
"""Bytes up to which an answer is collected; a larger one goes through as it comes, without a tag."""

VARIES: Final = ("Accept", "Accept-Encoding")
"""What the front tells answers apart by, beside their address."""

STREAMED: Final = "streamed"
"""In the message that starts an answer: it has a tag of its own, and may have any size."""

_CACHEABLE_STATUSES: Final = frozenset((200, 301, 410))


class ResponseBuffer:
    """A `send` that holds back an answer which may be kept, and lets every other one through.

    `complete` says that the answer is here, whole, and nothing of it has been sent.
    """

    def __init__(self, send: Send, largest: int = MAX_SIZE) -> None:
        self.status = 0
        self.headers: Headers = []
        self.complete = False
        self._send = send
        self._largest = largest
        self._held: list[Message] = []
        self._size = 0
        self._through = False

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self._held[1:])

    async def __call__(self, message: Message) -> None:
        if not self._through:
            self._through = not self._holds(message)
            self._held.append(message)
            if not self._through:
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
        if self._size > self._largest:
            return False
        self.complete = not message.get("more_body", False)
        return True


def _is_cacheable(headers: Headers) -> bool:
    """Public, for everybody, and told apart by nothing that is not in the key."""
    control = get_header(headers, b"cache-control") or b""
    known = {name.lower() for name in VARIES}
    return (
        control.startswith(b"public")
        and get_header(headers, b"set-cookie") is None
        and all(name.lower() in known for name in vary(headers))
    )
