"""What Prometheus reads: requests by route, and what the database says when it is asked."""

import re
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import text

from app.config.version import VERSION
from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.http.context import RequestContext
from app.http.server.loop_lag import LoopLag
from app.kit.clock import utc_now
from app.ops.metrics import DatabaseCollector, PoolCollector, RequestMetrics, event_loop_lag, path_prefixes
from tests.corpus import Corpus

PROJECT = Path(__file__).parents[2]
PREFIXES = {*path_prefixes("/v1/publications/{slug}"), *path_prefixes("/health/ready"), *path_prefixes("/docs/{name}")}


def requested(path: str, *, status: int = 200, method: str = "GET") -> RequestContext:
    context = RequestContext({"method": method, "path": path, "headers": []})
    context.status, context.sent, context.cache = status, 10, "miss"
    return context


def shown(registry: CollectorRegistry) -> str:
    return generate_latest(registry).decode()


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/v1/publications", "/v1/publications"),
        ("/v1/publications.ris", "/v1/publications"),
        ("/v1/publications/some-slug", "/v1/publications/…"),
        ("/v1/publications/doi:10.1234/x", "/v1/publications/…"),
        ("/health/ready", "/health/ready"),
        ("/docs/swagger.css", "/docs/…"),
        ("/v1/made-up-by-a-client", "/v1/…"),
        ("/wp-login.php", "other"),
        ("/", "other"),
    ],
)
def test_a_request_is_counted_by_a_route_that_is_known(path: str, route: str) -> None:
    registry = CollectorRegistry()
    RequestMetrics(registry, PREFIXES).observe([(0.0, requested(path), 0, 0.004)])
    assert f'kb_requests_total{{method="GET",route="{route}",status="200"}} 1.0' in shown(registry)
    assert f'kb_request_seconds_bucket{{le="0.005",route="{route}"}} 1.0' in shown(registry)
    assert f'kb_request_seconds_bucket{{le="0.0025",route="{route}"}} 0.0' in shown(registry)


def test_what_a_client_chooses_makes_no_series() -> None:
    registry = CollectorRegistry()
    metrics = RequestMetrics(registry, PREFIXES)
    before = 0
    for round_ in range(2):
        metrics.observe(
            [(0.0, requested(f"/{round_}{n}/x", method=f"M{round_}{n}", status=404), 0, 0.1) for n in range(100)]
        )
        series = len(shown(registry).splitlines())
        assert round_ == 0 or series == before
        before = series


def test_the_database_is_asked_at_the_scrape(kb: Corpus) -> None:
    registry = CollectorRegistry()
    service = kb.service
    registry.register(DatabaseCollector(kb.service.sessions, service.settings, service.index, VERSION, utc_now))
    found = shown(registry)
    assert "kb_database_up 1.0" in found
    assert re.search(r"^kb_database_bytes [1-9]", found, re.MULTILINE)
    published = re.search(r"^kb_published_revision (\S+)", found, re.MULTILINE)
    assert published is not None
    assert f"kb_indexed_revision {published[1]}" in found
    with kb.service.sessions.write() as session:
        session.execute(text("ALTER TABLE job RENAME TO job_away"))
    try:
        assert shown(registry).count("kb_database_up 0.0") == 1
    finally:
        with kb.service.sessions.write() as session:
            session.execute(text("ALTER TABLE job_away RENAME TO job"))


@pytest.mark.one_engine
def test_a_held_up_event_loop_is_seen_in_the_histogram() -> None:
    registry = CollectorRegistry()
    lag = LoopLag(0.1, event_loop_lag(registry).observe)
    for now in (0.0, 0.1, 0.2, 0.54, 0.64):  # held up once, for about a quarter of a second
        lag.tick(now)
    found = shown(registry)
    assert 'kb_event_loop_lag_seconds_bucket{le="0.001"} 3.0' in found
    assert 'kb_event_loop_lag_seconds_bucket{le="0.1"} 3.0' in found
    assert 'kb_event_loop_lag_seconds_bucket{le="0.25"} 4.0' in found
    assert "kb_event_loop_lag_seconds_count 4.0" in found


def test_a_connection_that_is_held_is_in_use(empty_database: str) -> None:
    def told(pool: str) -> dict[str, float | None]:
        value = registry.get_sample_value
        states = {each: value("kb_database_connections", {"pool": pool, "state": each}) for each in ("used", "idle")}
        return states | {each: value(f"kb_database_pool_{each}", {"pool": pool}) for each in ("size", "overflow")}

    sessions = Sessions(
        make_engine(empty_database, pool_size=1, max_overflow=1),
        make_engine(empty_database, pool_size=2, max_overflow=0),
    )
    registry = CollectorRegistry()
    registry.register(PoolCollector(lambda: dict(zip(("reading", "writing"), sessions.pools(), strict=True))))
    try:
        with sessions.read() as first, sessions.read() as second:
            for session in (first, second):
                session.execute(text("SELECT 1"))
            assert told("reading") == {"used": 2, "idle": 0, "size": 1, "overflow": 1}
            assert told("writing") == {"used": 0, "idle": 0, "size": 2, "overflow": 0}
        assert told("reading") == {"used": 0, "idle": 1, "size": 1, "overflow": 0}
        with sessions.write() as session:
            session.execute(text("SELECT 1"))
            assert told("writing") == {"used": 1, "idle": 0, "size": 2, "overflow": 0}
    finally:
        sessions.dispose()


def test_rules_and_dashboard_name_metrics_that_there_are(kb: Corpus) -> None:
    registry = CollectorRegistry()
    RequestMetrics(registry, PREFIXES).observe([(0.0, requested("/v1/publications"), 0, 0.1)])
    registry.register(DatabaseCollector(kb.service.sessions, kb.service.settings, kb.service.index, VERSION, utc_now))
    registry.register(PoolCollector(lambda: {"reading": kb.service.sessions.pools()[0]}))
    event_loop_lag(registry)
    known = set(re.findall(r"^# TYPE (kb_\w+) ", shown(registry), re.MULTILINE)) | {"kb_backup_age_seconds"}
    known |= {f"{name}_bucket" for name in known} | {f"{name}_total" for name in known}
    folder = PROJECT / "deploy" / "prometheus"
    for file in ("alerts.yaml", "dashboard.json"):
        named = set(re.findall(r"\bkb_\w+", (folder / file).read_text(encoding="utf-8")))
        assert named
        assert named <= known, file
    alerts = yaml.safe_load((folder / "alerts.yaml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    assert len(alerts) >= 6
    assert all(alert["annotations"]["summary"] for alert in alerts)
