"""The last hand on every answer: it is dressed, counted, and given the request's id."""

from collections.abc import Awaitable
from typing import Final

from starlette.types import Message, Send

from app.http.cors import dress
from app.http.exchange import Exchange
from app.http.headers import NO_STORE, with_missing
from app.http.manners import Manners
from app.http.stale import age_fields
from app.kit.meters import fields

_NOT_KEPT: Final = (b"cache-control", NO_STORE.encode("ascii"))


class Reply:
    """A `send` for answers that the front does not give. One that says nothing of caching must not be
    cached; a HEAD is answered without its body."""

    __slots__ = ("_exchange", "_manners", "_send")

    def __init__(self, exchange: Exchange, send: Send, manners: Manners) -> None:
        self._exchange = exchange
        self._send = send
        self._manners = manners

    def __call__(self, message: Message) -> Awaitable[None]:
        exchange = self._exchange
        if exchange.cache != "-":
            return self._send(message)
        kind = message["type"]
        if kind == "http.response.body":
            exchange.complete = not message.get("more_body", False)
            if exchange.method == "HEAD":
                message = {**message, "body": b""}
            else:
                exchange.sent += len(message.get("body", b""))
        elif kind == "http.response.start":
            exchange.status = message["status"]
            request_id = (b"x-request-id", exchange.request_id.encode("ascii"))
            quotas = ((name.lower().encode(), value.encode()) for name, value in fields(exchange.quotas).items())
            age = () if exchange.age is None else age_fields(exchange.age)
            extra = [*dress(self._manners, exchange), _NOT_KEPT, request_id, *quotas, *age]
            message = {**message, "headers": with_missing(message.get("headers", ()), extra)}
        return self._send(message)
