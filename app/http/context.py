"""The request context: what is known of one request and its response, shared by all middleware, read by the log."""

import re
import secrets
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from contextvars import ContextVar
from itertools import count
from typing import Any, Final, Literal, NamedTuple

from app.kit.rate_limiter import AnyQuota

Scope = MutableMapping[str, Any]

Give = Callable[[bytes, bytes], bool]
"""Sends status line and fields, as bytes of HTTP/1.1, and the body; False, and nothing sent, where that would have to
wait."""
GIVE: Final = "kb.give"
"""The member of the scope in which a server says how it is given whole answers, if it can be."""


class Use(NamedTuple):
    """What is counted of an answer: what was done, the id of the document that it was done with, and how."""

    use: Literal["view", "api", "download", "export", "link", "search"]
    document: str
    detail: str


current_request_id: ContextVar[str | None] = ContextVar("current_request_id", default=None)

_current: ContextVar["RequestContext | None"] = ContextVar("current_request", default=None)

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_KEY: Final = "kb.request_context"
_PROCESS: Final = secrets.token_hex(5)
_NUMBERS: Final = count()


class RequestContext:
    """`fields` are the request's header fields, repeated ones joined (RFC 9110 section 5.3). `sent` counts bytes of
    the response's body, `complete` says that all of them were sent; `cache` says whether the response cache answered;
    `age`, of a stale response, how many seconds ago it was known to be current; `reported` is the error that is already
    in the log; `quotas` are sent as rate limit headers; `key` is the public id of the API key, if that was valid;
    `use` is what is counted of it; `give` is there where the server can be given a whole answer."""

    __slots__ = (
        "age",
        "cache",
        "complete",
        "fields",
        "give",
        "key",
        "method",
        "path",
        "quotas",
        "reported",
        "request_id",
        "sent",
        "status",
        "use",
    )

    def __init__(self, scope: Scope) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        headers = scope["headers"]
        self.fields: dict[bytes, bytes] = dict(headers)
        if len(self.fields) != len(headers):
            self.fields = _joined(headers)
        offered = self.fields.get(b"x-request-id")
        fitting = offered is not None and _REQUEST_ID.fullmatch(offered)
        self.request_id = offered.decode("ascii") if offered and fitting else f"{_PROCESS}{next(_NUMBERS):06x}"
        self.give: Give | None = scope.get(GIVE)
        self.status = 0
        self.sent = 0
        self.age: int | None = None
        self.complete = False
        self.cache: Literal["hit", "miss", "-"] = "-"
        self.reported: BaseException | None = None
        self.quotas: Sequence[AnyQuota] = ()
        self.key: str | None = None
        self.use: Use | None = None


def attach_context(scope: Scope, context: RequestContext) -> RequestContext:
    """Put the context into the scope for the middleware and handlers inside; its request id becomes the current one."""
    scope[_KEY] = context
    current_request_id.set(context.request_id)
    _current.set(context)
    return context


def note_use(use: Use) -> None:
    """Let the answer to the current request be counted as that, now and whenever it is answered from the cache."""
    context = _current.get()
    if context is not None:
        context.use = use


def request_context(scope: Scope) -> RequestContext:
    """The context that `attach_context` put into the scope; a new one where no middleware stack is around."""
    found: RequestContext | None = scope.get(_KEY)
    return attach_context(scope, RequestContext(scope)) if found is None else found


def _joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        found[name] = found[name] + b", " + value if name in found else value
    return found
