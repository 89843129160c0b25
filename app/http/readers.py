"""Who reads, as far as limits go: nothing that is answered depends on it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request

from app.http.client_address import client_address
from app.http.context import request_context
from app.http.services import services_of

CONTACT: Final = re.compile(r"\bmailto:[^\s@;,()<>]+@[^\s@;,()<>]+\.[^\s@;,()<>]+", re.IGNORECASE)
"""The contact that a program gives in its `User-Agent`."""
MAX_AGENT_LENGTH: Final = 1000


class Pool(StrEnum):
    """How much is known of a reader, and so how much is left to others before it is refused."""

    anonymous = "anonymous"
    polite = "polite"
    partner = "partner"


@dataclass(frozen=True, slots=True)
class Reader:
    """`client` is one for the limits: the holder of a key, or whoever has an address."""

    client: str
    pool: Pool = Pool.anonymous


@dataclass(frozen=True, slots=True)
class ReaderIdentifier:
    """`partner_key` gives the public id of a key for reading that is good now, of `Authorization` fields."""

    partner_key: Callable[[Sequence[str]], str | None]

    async def identify(self, request: Request) -> Reader:
        """For work that is limited, and for nothing else: looks a key up. A key that is not good counts as none.

        Handlers of public addresses do not see credentials: they are read where the request has them as it came."""
        fields = request_context(request.scope).fields
        sent = fields.get(b"authorization")
        key = None if sent is None else await run_in_threadpool(self.partner_key, (sent.decode("latin-1"),))
        if key is not None:
            return Reader(f"key {key}", Pool.partner)
        agent = fields.get(b"user-agent", b"")[:MAX_AGENT_LENGTH].decode("latin-1")
        return Reader(client_address(request), Pool.polite if CONTACT.search(agent) else Pool.anonymous)


async def identify_reader(request: Request) -> Reader:
    """By the application's own `ReaderIdentifier`."""
    return await services_of(request)[ReaderIdentifier].identify(request)
