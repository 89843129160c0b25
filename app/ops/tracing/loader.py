"""The extra, where it is wanted: found, or missed with a sentence that says what to do."""

from collections.abc import Sequence
from importlib import import_module
from typing import Final, Protocol, TypeVar

from fastapi.telemetry import TelemetryConfig
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from app.config.settings import Settings
from app.http.client_address import ClientAddressResolver
from app.jobs.commit_task import CommitTask
from app.jobs.kinds import JobKind
from app.jobs.periodic import PeriodicTask

NO_TELEMETRY: Final[TelemetryConfig] = {"auto_configure": False, "tracing": False, "metrics": False, "logs": False}
"""FastAPI's own would tell addresses, queries and the words of exceptions to whatever an environment variable names."""
Task = TypeVar("Task", PeriodicTask, CommitTask)


class TracingUnavailable(RuntimeError):
    """What the extra consists of is not installed."""


class Tracing(Protocol):
    """What is given back does the same, and is traced."""

    def application(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> ASGIApp: ...

    def job_kind(self, kind: JobKind) -> JobKind: ...

    def task(self, task: Task) -> Task: ...

    def close(self) -> None:
        """Send what is waiting, in seconds."""


class Untraced:
    """Everything stays as it is."""

    def application(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> ASGIApp:
        return app

    def job_kind(self, kind: JobKind) -> JobKind:
        return kind

    def task(self, task: Task) -> Task:
        return task

    def close(self) -> None:
        """There is nothing."""


UNTRACED: Final[Tracing] = Untraced()


def load_tracing(settings: Settings, version: str) -> Tracing:
    """Raises `TracingUnavailable`."""
    if settings.otlp_endpoint is None:
        return UNTRACED
    try:
        module = import_module("app.ops.tracing.spans")
    except ModuleNotFoundError as error:
        raise TracingUnavailable(
            f"KB_OTLP_ENDPOINT is set, but {error.name} is not installed. Install the extra with "
            "`pip install .[tracing]`, or run `make run TRACING=1`."
        ) from None
    proxies = ClientAddressResolver(settings.trusted_proxies)
    tracing: Tracing = module.Spans(str(settings.otlp_endpoint), settings.trace_ratio, version, proxies)
    return tracing
