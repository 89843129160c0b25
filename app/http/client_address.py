"""The client address of a request, for limits: that of the connection, or the one that a trusted proxy forwards."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from starlette.requests import Request

from app.http.services import services_of

Network = IPv4Network | IPv6Network
NETWORK: Final = 64
"""Bits of an IPv6 address that identify a customer (RFC 6177), who has 2 to the 64 addresses."""


WITH_PORT: Final = re.compile(r"(?:\[(?P<six>[^\]]*)\]|(?P<four>[^:]*))(?::\d+)?")
"""An address as proxies may write it, with a port."""


class Arrival(StrEnum):
    """How a request arrived. `unknown_proxy`: it was forwarded by something that is not a trusted proxy."""

    direct = "direct"
    trusted_proxy = "trusted-proxy"
    unknown_proxy = "unknown-proxy"


@dataclass(frozen=True, slots=True)
class ClientAddressResolver:
    """`proxies` are those whose `X-Forwarded-For` is believed; what anybody else writes there is not read."""

    proxies: Sequence[Network] = ()

    def resolve(self, request: Request) -> str:
        """The nearest address that is no proxy of ours; of IPv6, its network."""
        nearest = request.client.host if request.client else ""
        before = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
        while self._is_proxy(nearest) and before:
            nearest = before.pop().strip() or nearest
        return _client_key(nearest)

    def arrival(self, request: Request) -> Arrival:
        nearest = request.client.host if request.client else ""
        if "x-forwarded-for" not in request.headers:
            return Arrival.direct
        return Arrival.trusted_proxy if self._is_proxy(nearest) else Arrival.unknown_proxy

    def direct(self, host: str) -> str | None:
        """The client that a connection from this address counts for; None for a proxy's."""
        return None if self._is_proxy(host) else _client_key(host)

    def proxied(self, request: Request) -> str | None:
        """The client that a request forwarded by a trusted proxy counts for; None for any other request."""
        nearest = request.client.host if request.client else ""
        return self.resolve(request) if self._is_proxy(nearest) else None

    def _is_proxy(self, host: str) -> bool:
        address = _address(host)
        return address is not None and any(address in network for network in self.proxies)


def _client_key(host: str) -> str:
    address = _address(host)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, NETWORK), strict=False))
    return host if address is None else str(address)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """None for what is none. An IPv4 address that is written as one of IPv6 is the same one."""
    try:
        written = WITH_PORT.fullmatch(host)
        address = ip_address(host if written is None else written["six"] or written["four"])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def client_address(request: Request) -> str:
    """By the application's own `ClientAddressResolver`."""
    return services_of(request)[ClientAddressResolver].resolve(request)
