"""Metrics for Prometheus: requests as they were logged, the event loop, and what the database and the connections to it
are at the moment of the scrape.

Names follow prometheus.io/docs/practices/naming. No label holds anything that a client may choose freely.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Histogram, Metric, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from app.config.settings import Settings
from app.db.pools import PoolUsage
from app.db.sessions import Sessions
from app.http.logging.access_log import LogEntry
from app.kit.clock import Clock
from app.ops.status import ServiceStatus, service_status
from app.search.index.live_index import Index

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Seconds."""
OTHER: Final = "other"
METHODS: Final = frozenset(("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "QUERY"))


def path_prefixes(path: str) -> Iterator[str]:
    """Of a route: its first segment, and its first two, as far as they are fixed."""
    fixed = [segment.partition(".")[0] for segment in path.partition("{")[0].split("/") if segment]
    for length in (1, 2):
        if len(fixed) >= length:
            yield "/" + "/".join(fixed[:length])


class RequestMetrics:
    """Counts what the access log hears of, a batch at a time: a request itself pays nothing for it."""

    def __init__(self, registry: CollectorRegistry, prefixes: Iterable[str]) -> None:
        """`prefixes` are the path prefixes that are counted separately, such as `/v1/publications`."""
        self._prefixes = frozenset(prefixes)
        labels = ("method", "route", "status")
        self._requests = Counter("kb_requests", "Requests answered.", labels, registry=registry)
        self._seconds = Histogram(
            "kb_request_seconds",
            "Time from the head of a request to its response.",
            ("route",),
            buckets=BUCKETS,
            registry=registry,
        )
        self._bytes = Counter("kb_response_bytes", "Bytes of response bodies.", registry=registry)
        self._cache = Counter(
            "kb_cache_requests", "Public requests by outcome of the cache.", ("result",), registry=registry
        )

    def observe(self, entries: Sequence[LogEntry]) -> None:
        for _, context, _, seconds in entries:
            route = self._route(context.path)
            method = context.method if context.method in METHODS else OTHER
            self._requests.labels(method, route, str(context.status)).inc()
            self._seconds.labels(route).observe(seconds)
            self._bytes.inc(context.sent)
            if context.cache != "-":
                self._cache.labels(context.cache).inc()

    def _route(self, path: str) -> str:
        """At most two segments, of those that are known; below them a slug counts as one."""
        first, second, *rest = [*path.removeprefix("/").split("/"), ""]
        prefix = f"/{first}/{second.partition('.')[0]}" if second else f"/{first.partition('.')[0]}"
        if prefix in self._prefixes:
            return f"{prefix}/…" if any(rest) else prefix
        return f"/{first}/…" if f"/{first}" in self._prefixes else OTHER


def event_loop_lag(registry: CollectorRegistry) -> Histogram:
    """In seconds."""
    meaning = "By how much a timer, due ten times a second, came late because the event loop was held up."
    return Histogram("kb_event_loop_lag_seconds", meaning, buckets=BUCKETS, registry=registry)


@dataclass(frozen=True, eq=False)
class PoolCollector(Collector):
    """The connections of this process to the database. Reading them needs none, so they are told when all are in use
    as well."""

    pools: Callable[[], Mapping[str, PoolUsage]]
    """By name."""

    def collect(self) -> Iterator[Metric]:
        connections = GaugeMetricFamily(
            "kb_database_connections", "Open connections to the database.", labels=["pool", "state"]
        )
        size = GaugeMetricFamily("kb_database_pool_size", "Connections that are kept open.", labels=["pool"])
        overflow = GaugeMetricFamily(
            "kb_database_pool_overflow", "Open connections beyond those that are kept.", labels=["pool"]
        )
        for name, usage in self.pools().items():
            connections.add_metric([name, "used"], usage.used)
            connections.add_metric([name, "idle"], usage.idle)
            size.add_metric([name], usage.size)
            overflow.add_metric([name], usage.overflow)
        yield from (connections, size, overflow)


@dataclass(frozen=True, eq=False)
class DatabaseCollector(Collector):
    """Read at each scrape, as `kb status` reads it."""

    sessions: Sessions
    settings: Settings
    index: Index
    version: str
    clock: Clock

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("kb_database_up", "Whether the database answers.")
        try:
            status = service_status(self.sessions, self.settings, version=self.version, now=self.clock())
        except SQLAlchemyError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from _numbers(status, self.index.current_snapshot().revision.number)
        yield from _families(status)


def _numbers(status: ServiceStatus, indexed: int) -> Iterator[Metric]:
    gauges = {
        "kb_database_bytes": ("Size of the database.", status.facts["database_bytes"]),
        "kb_disk_free_bytes": ("Bytes left on the disk of the database.", status.facts["disk_free_bytes"]),
        "kb_published_revision": ("Newest published revision in the database.", status.facts["published_revision"]),
        "kb_indexed_revision": ("Newest published revision in this process's index.", indexed),
        "kb_broken_links": ("Links that failed when they were last visited.", status.facts["broken_links"]),
        "kb_problems": ("Problems that `kb status` names.", len(status.problems)),
        "kb_oldest_job_seconds": ("How long the oldest job that is due has waited.", status.oldest_job_seconds),
        "kb_backup_age_seconds": ("Age of the newest backup; absent without one.", status.backup_age_seconds),
    }
    for name, (meaning, value) in gauges.items():
        if isinstance(value, int | float):
            yield GaugeMetricFamily(name, meaning, value=value)


def _families(status: ServiceStatus) -> Iterator[Metric]:
    for name, label, meaning in (
        ("jobs", "job", "Jobs that are not done, by kind and state."),
        ("deliveries", "state", "Deliveries by state."),
    ):
        family = GaugeMetricFamily(f"kb_{name}", meaning, labels=[label])
        counted = status.facts[name]
        for key, number in counted.items() if isinstance(counted, dict) else ():
            family.add_metric([key], number)
        yield family


def serve_metrics(registry: CollectorRegistry, host: str, port: int) -> tuple[WSGIServer, threading.Thread]:
    """On a port of its own, in a thread of its own. Raises OSError."""
    return start_http_server(port, addr=host, registry=registry)
