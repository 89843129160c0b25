"""Who may call `/mcp`: requests to one of our own hosts, from no website but the allowed origins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class AllowedCallers:
    """`hosts` are values of `Host`, `origins` of `Origin`; `:*` at the end means any port."""

    hosts: Sequence[str]
    origins: Sequence[str]


def allowed_callers(base: str, hosts: Sequence[str], origins: Sequence[str]) -> AllowedCallers:
    """The host of the base URL and those of the setting; this machine itself, where the base URL is on it."""
    own = urlsplit(base)
    names = [own.hostname or "", *hosts]
    found = [own.netloc, *(each for name in names for each in (name, f"{name}:*"))]
    if own.hostname in ("127.0.0.1", "localhost", "::1"):
        found += [each for name in LOOPBACK for each in (name, f"{name}:*")]
    return AllowedCallers(tuple(dict.fromkeys(found)), (f"{own.scheme}://{own.netloc}", *origins))
