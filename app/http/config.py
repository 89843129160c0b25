"""What the http room has to be told: values only, no behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MIB: Final = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpConfig:
    """`base_url` has no slash at its end. Paths below a `private` prefix see credentials, are never
    kept, and are open to scripts from `origins` alone; every other path is public. `max_body` is in
    bytes, `max_body_by_prefix` gives prefixes of their own. An empty `hosts` accepts every `Host`;
    `any_host` prefixes (probes) accept it always. Paths below an
    `unkept` prefix are public, see credentials, and are never kept."""

    base_url: str
    private: tuple[str, ...] = ("/v1/staff",)
    origins: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    uncached: tuple[str, ...] = ()
    any_host: tuple[str, ...] = ("/health/",)
    max_body: int = MIB
    max_body_by_prefix: Mapping[str, int] = field(default_factory=dict)
