"""Which URLs may be requested, by their syntax. `outbound.ip_policy` checks the IP addresses that they resolve to."""

import ipaddress
import re
from typing import Final

import httpx

from app.outbound.errors import DestinationForbidden

MAX_ADDRESS_LENGTH: Final = 4096
_NAME: Final = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*+\.?")
_MAX_NAME_LENGTH: Final = 254
_NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]++|0x[0-9a-f]*+)\.?")
"""A name whose last part is a number is one of the many spellings of an IPv4 address (WHATWG URL, section 3.5)."""

_USUAL_PORTS: Final = frozenset({80, 443})
_OTHER_PROTOCOLS: Final = frozenset(
    {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, *range(6665, 6670), 6679, 6697, 10080}
)
"""Ports above 1023 that browsers block (WHATWG Fetch, section 2.9); below, only the usual ports are allowed."""


def checked_url(url: str, *, base: httpx.URL | None = None) -> httpx.URL:
    """The address, made absolute; raises `DestinationForbidden` for anything but plain http and https to a host
    that is named plainly, on a port where the web may be."""
    try:
        target = httpx.URL(url) if base is None else base.join(url)
        target = target.copy_with(fragment=None)
        long = len(str(target)) > MAX_ADDRESS_LENGTH
        named = bool(target.host) and _is_plain(target.raw_host.decode("ascii"))  # `host` refuses wrong A-labels
        port = target.port
    except (httpx.InvalidURL, ValueError) as error:
        raise DestinationForbidden("The URL is not valid.") from error
    if target.scheme not in ("http", "https") or not target.raw_host or long:
        raise DestinationForbidden("Only http and https URLs are supported.")
    if target.userinfo:
        raise DestinationForbidden("The URL must not contain a user name or a password.")
    if not named:
        raise DestinationForbidden("The URL does not name its server plainly.")
    if port is not None and not _is_of_the_web(port):
        raise DestinationForbidden("The port of the URL is not a web port.")
    return target


def _is_plain(host: str) -> bool:
    """A name in ASCII, or an address in its usual form and without a zone."""
    if ":" in host or not _NUMBER.fullmatch(host):
        return _is_address(host, 6) or (len(host) <= _MAX_NAME_LENGTH and _NAME.fullmatch(host) is not None)
    return _is_address(host, 4)


def _is_address(host: str, version: int) -> bool:
    try:
        return "%" not in host and ipaddress.ip_address(host).version == version
    except ValueError:
        return False


def _is_of_the_web(port: int) -> bool:
    return port in _USUAL_PORTS or (1024 <= port <= 65535 and port not in _OTHER_PROTOCOLS)
