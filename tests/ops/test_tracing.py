"""Traces tell which route, job and statement took how long, and nothing of what anybody sent."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from sqlalchemy import text

from app.jobs.queue import JobRequest, enqueue
from app.kit.clock import utc_now
from app.kit.system.extras import MissingExtra
from app.ops.tracing.loader import UNTRACED, load_tracing
from app.staff.editing.recording import RENDER_ENTRIES
from app.worker import make_worker
from tests.api_keys import api_key_client
from tests.corpus import Corpus
from tests.factories import make_publication
from tests.waiting import free_port

CANARY = "canary7f3"
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-00"


class Collector(ThreadingHTTPServer):
    """Takes what is sent by OTLP."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Intake)
        self.bodies: list[bytes] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/traces"

    @property
    def spans(self) -> list[Span]:
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        resources = [resource for request in requests for resource in request.resource_spans]
        return [span for resource in resources for scope in resource.scope_spans for span in scope.spans]


class Intake(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def collecting() -> Iterator[Collector]:
    server = Collector()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def traced(database: str, use: Callable[[Corpus], None], **settings: object) -> list[Span]:
    """What came of it at the collector, once the service has stopped."""
    with collecting() as collector:
        with closing(Corpus(database, otlp_endpoint=collector.endpoint, **settings)) as kb:
            use(kb)
        assert not any(CANARY.encode() in body for body in collector.bodies)
        return collector.spans


def attributes(span: Span) -> dict[str, object]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


def test_a_request_is_a_span_with_its_statements_below(database: str) -> None:
    def use(kb: Corpus) -> None:
        staff = api_key_client(kb)
        assert staff("GET", "/v1/staff/publications").status_code == 200
        for _ in range(2):  # the second is answered from the cache
            kb.client.json("/v1/publications")

    spans = traced(database, use)
    (public,) = [span for span in spans if span.name == "GET /v1/{collection}"]
    (staff,) = [span for span in spans if "staff" in span.name]
    assert attributes(public)["http.response.status_code"] == 200
    assert attributes(staff)["http.route"] == staff.name.removeprefix("GET ")
    below = [span for span in spans if span.parent_span_id == staff.span_id]
    assert "SELECT api_key" in {span.name for span in below}, {span.name for span in below}
    assert all(span.trace_id == staff.trace_id for span in below)
    assert {span.name.split(" ")[0] for span in spans if not span.parent_span_id} <= {"GET"}


def send_canaries(kb: Corpus) -> None:
    """Into every input, and through every sort of error."""
    staff = api_key_client(kb)
    with kb.write() as session:
        make_publication(session, slug=f"a-{CANARY}", title=f"On {CANARY}")
    given = {"Authorization": f"Bearer kb_{CANARY}", "User-Agent": CANARY, "Cookie": CANARY, "Referer": CANARY}
    given |= {"X-Forwarded-For": CANARY, "traceparent": CANARY, "tracestate": f"kb={CANARY}", "baggage": f"a={CANARY}"}
    ask: Callable[..., httpx.Response] = kb.client.request
    seen = {
        ask("GET", f"/v1/publications/a-{CANARY}", headers=given).status_code,
        ask("GET", f"/v1/publications?q={CANARY}", headers=given).status_code,
        ask("GET", f"/v1/{CANARY}", headers=given).status_code,
        ask("GET", f"/v1/publications?{CANARY}={CANARY}", headers=given).status_code,
        ask(CANARY.upper(), "/v1/publications", headers=given).status_code,
        ask("GET", f"/v1/staff/publications/{CANARY}", headers=given).status_code,
        ask("POST", "/v1/subscriptions", json={"email": f"{CANARY}@example.org", "query": "topic=x"}).status_code,
        ask("POST", "/v1/subscriptions", json={"email": f"{CANARY}@example.org", "query": "publications"}).status_code,
        ask("POST", "/v1/subscriptions/confirmations", json={"token": CANARY}).status_code,
        ask("POST", f"/v1/unsubscribe/{CANARY}", content=CANARY).status_code,
        staff("POST", "/v1/staff/people", json={"name": f"Dr {CANARY}", "email": CANARY}).status_code,
        staff("POST", "/v1/staff/people", json={"family": CANARY, "given": CANARY, "slug": CANARY}).status_code,
        staff("POST", "/v1/staff/publications", content=CANARY, headers={"Content-Type": "text/plain"}).status_code,
    }
    assert {200, 400, 401, 404} <= seen, seen
    with kb.write() as session:  # the driver's message has the words that the statement had
        session.execute(text("ALTER TABLE api_key RENAME TO lost_key"))
    assert staff("GET", f"/v1/staff/publications/{CANARY}").status_code >= 500
    with kb.write() as session:
        session.execute(text("ALTER TABLE lost_key RENAME TO api_key"))


def test_no_span_has_anything_that_anybody_sent(database: str) -> None:
    spans = traced(database, send_canaries)
    failed = [attributes(span)["error.type"] for span in spans if span.status.code]
    assert failed
    assert not any(span.events for span in spans)
    assert {key for span in spans for key in attributes(span)} <= {
        *("http.request.method", "http.route", "http.response.status_code", "kb.request_id", "error.type"),
        *("db.system.name", "db.query.text"),
    }


@pytest.mark.one_engine
def test_a_trace_goes_on_from_a_proxy_that_is_trusted_and_from_nobody_else(database: str) -> None:
    def use(kb: Corpus) -> None:
        kb.client.get("/v1/publications", traceparent=PARENT)

    (span, *_) = [each for each in traced(database, use) if not each.name.startswith("SELECT")]
    assert span.trace_id.hex() != TRACE
    trusted = traced(database, use, trusted_proxies=["127.0.0.1"])
    assert [each.trace_id.hex() for each in trusted if each.name == "GET /v1/{collection}"] == [TRACE]


def test_a_job_is_a_trace_of_its_own(database: str) -> None:
    def use(kb: Corpus) -> None:
        with kb.write() as session:
            enqueue(session, JobRequest(RENDER_ENTRIES, CANARY, {"after": 0}), now=utc_now())
        worker = make_worker(kb.service.sessions, kb.service.settings, tracing=kb.service.tracing)
        while worker.step():
            pass

    spans = traced(database, use)
    (job,) = [span for span in spans if span.name.startswith("job ")]
    assert not job.parent_span_id
    assert attributes(job)["kb.attempt"] == 1
    assert any(span.name.startswith("task ") for span in spans) or any(
        span.parent_span_id == job.span_id for span in spans
    )


@pytest.mark.one_engine
def test_without_a_collector_the_service_serves_and_stops(database: str) -> None:
    with closing(Corpus(database, otlp_endpoint=f"http://127.0.0.1:{free_port()}/v1/traces")) as kb:
        assert kb.client.get("/v1/publications").status_code == 200


@pytest.mark.one_engine
def test_nothing_is_loaded_until_it_is_wanted_and_a_missing_extra_is_reported(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "app.ops.tracing.spans", raising=False)
    with closing(Corpus(database)) as kb:
        assert kb.service.tracing is UNTRACED
        assert "app.ops.tracing.spans" not in sys.modules
        wanted = kb.service.settings.model_copy(update={"otlp_endpoint": "http://127.0.0.1:4318/v1/traces"})
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(MissingExtra, match=r"opentelemetry\.sdk\.trace is not installed.*make run TRACING=1"):
        load_tracing(wanted, "1.0")


@pytest.mark.one_engine
def test_frameworks_of_ours_send_nothing_by_themselves(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """FastAPI can be told by the environment to export addresses, queries and messages of exceptions."""
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    with closing(Corpus(database)) as kb:
        telemetry = kb.service.api._telemetry
    assert not any(telemetry[name] for name in ("auto_configure", "tracing", "metrics", "logs"))
