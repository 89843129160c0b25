"""Tracing, from its extra where it is wanted."""

from collections.abc import Sequence
from typing import Final, Protocol, TypeVar

from fastapi.telemetry import TelemetryConfig
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from app.config.settings import Settings
from app.http.client_address import ClientAddressResolver
from app.jobs.commit_task import CommitTask
from app.jobs.kinds import JobKind
from app.jobs.periodic import PeriodicTask
from app.kit.system.extras import import_extra

NO_TELEMETRY: Final[TelemetryConfig] = {"auto_configure": False, "tracing": False, "metrics": False, "logs": False}
"""FastAPI's own telemetry would send addresses, queries and exception messages to wherever an environment variable
says."""
AnyTask = TypeVar("AnyTask", PeriodicTask, CommitTask)


class Tracing(Protocol):
    """What is given back does the same, and is traced."""

    def application(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> ASGIApp: ...

    def job_kind(self, kind: JobKind) -> JobKind: ...

    def task(self, task: AnyTask) -> AnyTask: ...

    def close(self) -> None:
        """Send what is waiting, in seconds."""


class Untraced:
    """Everything stays as it is."""

    def application(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> ASGIApp:
        return app

    def job_kind(self, kind: JobKind) -> JobKind:
        return kind

    def task(self, task: AnyTask) -> AnyTask:
        return task

    def close(self) -> None:
        """There is nothing."""


UNTRACED: Final[Tracing] = Untraced()


def load_tracing(settings: Settings, version: str) -> Tracing:
    """Raises `MissingExtra`."""
    if settings.otlp_endpoint is None:
        return UNTRACED
    module = import_extra("app.ops.tracing.spans", extra="tracing", wanted_by="KB_OTLP_ENDPOINT is set")
    proxies = ClientAddressResolver(settings.trusted_proxies)
    tracing: Tracing = module.Spans(str(settings.otlp_endpoint), settings.trace_ratio, version, proxies)
    return tracing
