"""What hears of every request after it was answered: the access log, and through it metrics and counts of use."""

import sys
from typing import Final

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from app.config.settings import Settings
from app.db.sessions import Sessions
from app.harvest.changes import PATH as CHANGES
from app.http.logging.access_log import AccessLog, Observer
from app.http.services import Services
from app.kit.clock import Clock
from app.ops.metrics import DatabaseCollector, RequestMetrics, path_prefixes
from app.ops.usage.recorder import UsageRecorder
from app.search.index.live_index import Index
from app.staff.auth.context import StaffContext

PATIENT: Final = frozenset((CHANGES,))
"""Paths on which clients wait for what has not happened yet."""


def make_access_log(
    settings: Settings,
    services: Services,
    api: FastAPI,
    sessions: Sessions,
    clock: Clock,
    version: str,
    concealed: tuple[str, ...],
) -> AccessLog:
    """Of paths below one of `concealed` the log shows no more. If a port for metrics is set, their registry becomes a
    service."""
    stream = sys.stdout if settings.access_log else None
    recorder = services.add(UsageRecorder, UsageRecorder(sessions))
    observers: list[Observer] = [services[StaffContext].use.observe]
    if settings.usage:
        observers.append(recorder.observe)
    if settings.metrics_port is not None:
        metrics = services.add(CollectorRegistry, CollectorRegistry())
        metrics.register(DatabaseCollector(sessions, settings, services[Index], version, clock))
        prefixes = {prefix for route in api.routes for prefix in path_prefixes(getattr(route, "path", ""))}
        collections = {f"/v1/{name}" for name in services[Index].current_snapshot().registry.collections}
        observers.append(RequestMetrics(metrics, prefixes | collections).observe)
    return AccessLog(stream, concealed, tuple(observers), slow=settings.slow_request, patient=PATIENT)
