"""What Prometheus reads: requests by route, and what the database says when it is asked."""

import re
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import text

from app.config.version import VERSION
from app.http.context import RequestContext
from app.kit.clock import utc_now
from app.ops.metrics import DatabaseCollector, RequestMetrics, path_prefixes
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


def test_rules_and_dashboard_name_metrics_that_there_are(kb: Corpus) -> None:
    registry = CollectorRegistry()
    RequestMetrics(registry, PREFIXES).observe([(0.0, requested("/v1/publications"), 0, 0.1)])
    registry.register(DatabaseCollector(kb.service.sessions, kb.service.settings, kb.service.index, VERSION, utc_now))
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
