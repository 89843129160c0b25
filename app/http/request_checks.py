"""What a request must be before anything is asked of the service: HTTP that is read here, to a host of ours."""

import re
from typing import Final

from app.http.exchange import Exchange, Scope
from app.http.manners import Manners
from app.http.refusals import BadRequest, Refused, UnknownHost
from app.kit.errors import AppError
from app.kit.host_names import to_ascii

CLOSE: Final = {"Connection": "close"}
"""Told with every refusal behind which the end of the request is in doubt."""

_HOST = re.compile(rb"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.\-_~%!$&'()*+;=]+)(?::[0-9]*)?")
"""RFC 9110 section 7.2, without an empty name and without commas: they tell of two fields."""
_MOST_REMEMBERED: Final = 256
_LONGEST_REMEMBERED: Final = 300


class RequestChecks:
    """By the request's version, its framing and its `Host`."""

    def __init__(self, manners: Manners) -> None:
        self._names = frozenset(to_ascii(host).encode("ascii") for host in manners.hosts)
        self._any_host = manners.any_host
        self._known: set[bytes | None] = set()

    def is_ordinary(self, scope: Scope, exchange: Exchange) -> bool:
        """Whether it may be answered without a further look: without a body, and to a host that has been checked."""
        fields = exchange.fields
        return (
            fields.get(b"host") in self._known
            and b"content-length" not in fields
            and b"transfer-encoding" not in fields
            and scope["http_version"] == "1.1"
        )

    def check(self, scope: Scope, exchange: Exchange) -> None:
        """Raises BadRequest, Refused (505 for a version, 501 for a transfer coding) and UnknownHost."""
        version = scope["http_version"]
        error = _framing_error(version, exchange) or self._host_error(version, exchange)
        if error is not None:
            raise error

    def _host_error(self, version: str, exchange: Exchange) -> AppError | None:
        host = exchange.fields.get(b"host")
        if host in self._known:
            return None
        found = _HOST.fullmatch(host or b"")
        if found is None and (host or version == "1.1"):
            return BadRequest("A request has one Host field: a name or an address, and perhaps a port.")
        if self._names and (found is None or found["name"].lower() not in self._names):
            if exchange.path.startswith(self._any_host):
                return None
            return UnknownHost("The service does not answer under the name in the Host field.")
        if found is not None:
            self._remember(found[0])
        return None

    def _remember(self, host: bytes) -> None:
        if len(host) <= _LONGEST_REMEMBERED:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known.add(host)


def _framing_error(version: str, exchange: Exchange) -> AppError | None:
    """RFC 9112 sections 2.3 and 6.1."""
    coding = exchange.fields.get(b"transfer-encoding")
    if version not in ("1.0", "1.1", "2", "3"):
        return Refused(505, CLOSE)
    if coding is None:
        return None
    if version == "1.0" or b"content-length" in exchange.fields:
        return BadRequest("Where this body ends cannot be told.")
    return None if coding.lower() == b"chunked" else Refused(501, CLOSE)
