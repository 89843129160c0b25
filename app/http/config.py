"""Configuration of the HTTP layer: values only, no behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MIB: Final = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpConfig:
    """`base_url` has no slash at its end. Paths below a `private` prefix see credentials, are never cached, and are
    open to scripts from `origins` alone; every other path is public. Paths below an `uncached` prefix are public, see
    credentials, and are never cached. What is at a `fixed` path, and at those below it, is the same
    whatever is asked: neither the query nor `Accept` is looked at there. `max_body` is in bytes; `max_body_by_prefix`
    has the limits of paths with one of their own. An empty `hosts` accepts every `Host`; paths below an `any_host`
    prefix (probes) accept it always. With `practice`, every response says that it comes from a practice copy.
    For `shared_cache_seconds` a shared cache may use a public response without asking."""

    base_url: str
    private: tuple[str, ...] = ("/v1/staff",)
    origins: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    uncached: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    any_host: tuple[str, ...] = ("/health/",)
    practice: bool = False
    max_body: int = MIB
    shared_cache_seconds: int = 0
    max_body_by_prefix: Mapping[str, int] = field(default_factory=dict)
