"""Which addresses of the internet the service may speak to: public ones, and nothing of its own network."""

import ipaddress
import socket
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from threading import Thread

from app.outbound.errors import Forbidden, NotReached, TookTooLong

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int, float], list[str]]
"""Host, port and seconds to the numeric addresses of the host. Raises `NotReached` and `TookTooLong`."""
Permitted = Callable[[str], bool]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_V4_COMPATIBLE = ipaddress.ip_network("::/96")


def is_public(text: str) -> bool:
    """Whether a numeric address, and every IPv4 address inside it, is one of the public internet.

    Loopback, private, link-local, multicast, reserved and unspecified ones are not; nor is what only wraps such
    an address (IPv4-mapped, IPv4-compatible, 6to4, Teredo, NAT64).
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return "%" not in text and all(_is_public(each) for each in (address, *_inside(address)))


def _is_public(address: Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _inside(address: Address) -> Iterator[Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return
    if address in _NAT64 or address in _V4_COMPATIBLE:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo


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
        raise TookTooLong("The name of the server was not resolved in time.") from None
    if isinstance(found, OSError):
        raise NotReached("There is no server of this name.") from found
    return found


def checked(host: str, port: int, seconds: float, *, resolve: Resolve, permitted: Permitted) -> list[str]:
    """The addresses of a host, all of them permitted. Raises `Forbidden`: one that is not spoils the rest."""
    addresses = resolve(host, port, seconds)
    if not addresses:
        raise NotReached("There is no server of this name.")
    if not all(map(permitted, addresses)):
        raise Forbidden("The server's address is not one of the public internet.")
    return addresses
