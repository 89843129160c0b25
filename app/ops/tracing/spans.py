"""Spans of what the response cache did not answer, of jobs and tasks, and of the statements in them.

Names follow OpenTelemetry's conventions for HTTP and databases. A span says what our own code says: a route's
template, a table, a statement with placeholders. Path, query, header fields, body, addresses, parameters of statements
and the words of exceptions are in none.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from opentelemetry import context as otel_context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, StatusCode, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext, ExecutionContext
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.db.sessions import Sessions
from app.http.client_address import ClientAddressResolver
from app.http.context import request_context
from app.jobs.kinds import BatchHandler, JobHandler, JobKind, Reschedule, ShouldContinue
from app.jobs.lease import Job
from app.ops.tracing.loader import AnyTask

NAME: Final = "knowledge-base"
QUEUE: Final = 1024
BATCH: Final = 512
PATIENCE: Final = 2.0
"""Seconds for sending a batch, which is given up then: at the end at most `QUEUE` spans wait."""
MAX_LENGTH: Final = 2000
"""Characters of an attribute."""
METHODS: Final = frozenset(("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "QUERY"))
OTHER: Final = "_OTHER"
TABLE: Final = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+(\w+)")
_OPEN: Final = "kb.spans"
"""Where a connection keeps the spans of its statements."""


class Spans:
    """Sent to `endpoint` by OTLP over HTTP, of a share `ratio` of requests and jobs. A `traceparent` is taken from
    `proxies` alone: anybody else could write into the traces of others. `close` it."""

    def __init__(self, endpoint: str, ratio: float, version: str, proxies: ClientAddressResolver) -> None:
        share = TraceIdRatioBased(ratio)
        self._provider = TracerProvider(
            sampler=ParentBased(share, remote_parent_sampled=share, remote_parent_not_sampled=share),
            resource=Resource.create({"service.name": NAME, "service.version": version}),
            span_limits=SpanLimits(max_span_attribute_length=MAX_LENGTH),
            shutdown_on_exit=False,
        )
        exporter = OTLPSpanExporter(endpoint, timeout=PATIENCE)
        self._provider.add_span_processor(
            BatchSpanProcessor(exporter, max_queue_size=QUEUE, max_export_batch_size=BATCH)
        )
        self._tracer = self._provider.get_tracer(NAME, version)
        self._parents = TraceContextTextMapPropagator()
        self._proxies = proxies
        self._listeners: dict[str, Callable[..., None]] = {
            "before_cursor_execute": self._begin_statement,
            "after_cursor_execute": self._end_statement,
            "handle_error": self._fail_statement,
        }
        for name, listener in self._listeners.items():
            event.listen(Engine, name, listener)

    def close(self) -> None:
        for name, listener in self._listeners.items():
            event.remove(Engine, name, listener)
        self._provider.shutdown()

    # --- requests

    def application(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> ASGIApp:
        by_endpoint: dict[object, list[Route]] = {}
        for route in routes:
            if isinstance(route, Route):
                by_endpoint.setdefault(route.endpoint, []).append(route)

        async def traced(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            method = scope["method"] if scope["method"] in METHODS else OTHER
            attributes = {"http.request.method": method, "kb.request_id": request_context(scope).request_id}
            with self._span(method, attributes, SpanKind.SERVER, self._parent(scope)) as span:

                async def send_traced(message: Message) -> None:
                    if message["type"] == "http.response.start":
                        _note_status(span, message["status"])
                    await send(message)

                try:
                    await app(scope, receive, send_traced)
                finally:
                    matching = by_endpoint.get(scope.get("endpoint"), ())
                    if route := next((each for each in matching if each.path_regex.match(scope["path"])), None):
                        span.update_name(f"{method} {route.path_format}")
                        span.set_attribute("http.route", route.path_format)

        return traced

    def _parent(self, scope: Scope) -> otel_context.Context:
        host = scope["client"][0] if scope.get("client") else ""
        sent = request_context(scope).fields.get(b"traceparent")
        if sent is None or self._proxies.direct(host) is not None:
            return otel_context.Context()
        return self._parents.extract({"traceparent": sent.decode("latin-1")}, otel_context.Context())

    # --- jobs

    def job_kind(self, kind: JobKind) -> JobKind:
        name, handle = f"job {kind.name}", kind.handle
        return replace(
            kind, handle=self._batch(name, handle) if isinstance(handle, BatchHandler) else self._handler(name, handle)
        )

    def _handler(self, name: str, handle: JobHandler) -> JobHandler:
        def traced(sessions: Sessions, job: Job) -> Reschedule | None:
            with self._span(name, {"kb.job": job.id, "kb.attempt": job.attempt}):
                return handle(sessions, job)

        return traced

    def _batch(self, name: str, batch: BatchHandler) -> BatchHandler:
        def traced(sessions: Sessions, jobs: Sequence[Job], should_continue: ShouldContinue) -> Mapping[int, Exception]:
            with self._span(name, {"kb.jobs": len(jobs)}):
                return batch.handle(sessions, jobs, should_continue)

        return BatchHandler(traced)

    def task(self, task: AnyTask) -> AnyTask:
        run = task.run

        def traced(sessions: Sessions, now: Any) -> None:
            with self._span(f"task {task.name}"):
                run(sessions, now)

        return replace(task, run=traced)

    @contextmanager
    def _span(
        self,
        name: str,
        attributes: Mapping[str, str | int] | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        parent: otel_context.Context | None = None,
    ) -> Iterator[Span]:
        """The current one meanwhile. Of an exception it has the class."""
        with self._tracer.start_as_current_span(
            name,
            context=otel_context.Context() if parent is None else parent,
            kind=kind,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except BaseException as error:
                _note_error(span, type(error).__qualname__)
                raise

    # --- statements

    def _begin_statement(
        self,
        connection: Connection,
        _cursor: object,
        statement: str,
        _parameters: object,
        context: ExecutionContext | None,
        _many: bool,
    ) -> None:
        if not get_current_span().is_recording():
            return
        operation = statement.lstrip(" \n(").partition(" ")[0].upper()
        table = TABLE.search(statement)
        span = self._tracer.start_span(f"{operation} {table[1]}" if table else operation, kind=SpanKind.CLIENT)
        span.set_attribute("db.system.name", connection.dialect.name)
        if getattr(context, "compiled", None) is not None:  # what was not compiled may have values in it
            span.set_attribute("db.query.text", statement)
        connection.info.setdefault(_OPEN, []).append(span)

    def _end_statement(self, connection: Connection, *_: object) -> None:
        if spans := connection.info.get(_OPEN):
            spans.pop().end()

    def _fail_statement(self, failure: ExceptionContext) -> None:
        spans = failure.connection.info.get(_OPEN) if failure.connection is not None else None
        if spans:
            span = spans.pop()
            _note_error(span, type(failure.original_exception).__qualname__)
            span.end()


def _note_status(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        _note_error(span, str(status))


def _note_error(span: Span, what: str) -> None:
    span.set_attribute("error.type", what)
    span.set_status(StatusCode.ERROR)
