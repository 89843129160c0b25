"""Which addresses of the internet the service may speak to: public ones, and nothing of its own network."""

import ipaddress
import socket
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread

from app.outbound.errors import DestinationForbidden, TimedOut, Unreachable

Resolve = Callable[[str, int, float], list[str]]
"""Host, port and seconds to the numeric addresses of the host. Raises `Unreachable` and `TimedOut`."""
IsPermitted = Callable[[str], bool]

_V4_REFUSED = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",  # this network (RFC 791)
            "10.0.0.0/8",  # private (RFC 1918)
            "100.64.0.0/10",  # shared by the customers of a provider (RFC 6598); Alibaba's metadata
            "127.0.0.0/8",  # loopback (RFC 1122)
            "168.63.129.16/32",  # Azure's own services, metadata among them
            "169.254.0.0/16",  # link-local (RFC 3927); nearly everybody's metadata
            "172.16.0.0/12",  # private (RFC 1918)
            "192.0.0.0/24",  # protocol assignments (RFC 6890); Oracle's metadata
            "192.0.2.0/24",  # documentation (RFC 5737)
            "192.31.196.0/24",  # AS112, where questions about private addresses end (RFC 7535)
            "192.52.193.0/24",  # AMT relays (RFC 7450)
            "192.88.99.0/24",  # 6to4 relays, deprecated (RFC 7526)
            "192.168.0.0/16",  # private (RFC 1918)
            "192.175.48.0/24",  # AS112 (RFC 7534)
            "198.18.0.0/15",  # benchmarks (RFC 2544)
            "198.51.100.0/24",  # documentation (RFC 5737)
            "203.0.113.0/24",  # documentation (RFC 5737)
            "224.0.0.0/4",  # multicast (RFC 5771)
            "240.0.0.0/4",  # reserved (RFC 1112), the broadcast address among them
        ),
    )
)
_V6_UNICAST = ipaddress.IPv6Network("2000::/3")
"""The only addresses that were ever given out to the public; loopback, mapped, local, unique local, site-local,
multicast and translating ones lie outside."""
_V6_REFUSED = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocol assignments (RFC 2928): Teredo, benchmarks, ORCHID, AMT, AS112, drone identifiers
            "2001:db8::/32",  # documentation (RFC 3849)
            "2002::/16",  # 6to4 (RFC 3056)
            "2620:4f:8000::/48",  # AS112 (RFC 7534)
            "3ffe::/16",  # the 6bone, given back (RFC 3701)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 as a network that has only IPv6 reaches it (RFC 6052); as public as what is inside."""
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})
"""In the middle of an address, before an IPv4 address of the network inside (RFC 5214)."""


def is_public(text: str) -> bool:
    """Whether a numeric address is one of the public internet: by the special-purpose address registries of IANA as
    they were on 1 September 2025, whatever the release of Python knows of them. An address with a zone is not."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        return not address.scope_id and _is_public_v6(address)
    return _is_public_v4(address)


def is_inside(host: str) -> bool:
    """Whether a host is known not to be public before it is looked up: a numeric address that is none, or this machine
    by its name (RFC 6761)."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.rstrip(".").rpartition(".")[2] == "localhost"
    return not is_public(host)


def _is_public_v4(address: ipaddress.IPv4Address) -> bool:
    return not any(address in network for network in _V4_REFUSED)


def _is_public_v6(address: ipaddress.IPv6Address) -> bool:
    number = int(address)
    if address in _NAT64:
        return _is_public_v4(ipaddress.IPv4Address(number & 0xFFFFFFFF))
    if number >> 32 & 0xFFFFFFFF in _ISATAP:
        return False
    return address in _V6_UNICAST and not any(address in network for network in _V6_REFUSED)


def resolve(host: str, port: int, seconds: float) -> list[str]:
    """By the operating system, whose call cannot be stopped: it is left behind when the time is up."""
    answer: SimpleQueue[list[str] | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.put(list(dict.fromkeys(str(each[4][0]) for each in found)))
        except (OSError, UnicodeError) as error:
            answer.put(OSError(str(error)))

    Thread(target=ask, daemon=True).start()
    try:
        found = answer.get(timeout=max(seconds, 0.001))
    except Empty:
        raise TimedOut("The host name was not resolved in time.") from None
    if isinstance(found, OSError):
        raise Unreachable("There is no server with this name.") from found
    return found


def resolve_permitted(host: str, port: int, seconds: float, *, resolve: Resolve, permitted: IsPermitted) -> list[str]:
    """The addresses of a host, all of them permitted. Raises `DestinationForbidden`: one that is not spoils the
    rest."""
    addresses = resolve(host, port, seconds)
    if not addresses:
        raise Unreachable("There is no server with this name.")
    if not all(map(permitted, addresses)):
        raise DestinationForbidden("The address of the server is not public.")
    return addresses
