"""`kb serve`: the service, in one process or several."""

import errno
import logging
import signal
import socket
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Annotated, Any, Final, NoReturn

import typer
from prometheus_client import CollectorRegistry

from app.cli.context import fail, identified, read_settings
from app.config.settings import Settings
from app.db.engine import make_engine
from app.db.pools import PoolUsage
from app.db.sessions import Sessions
from app.http.client_address import ClientAddressResolver
from app.http.server.listener import ACCEPT_BATCH, ConnectionLimits
from app.http.server.supervisor import supervise
from app.http.server.uvicorn_server import TooFewFileDescriptors, bind
from app.http.server.uvicorn_server import serve as serve_until_stopped
from app.kit.system.extras import MissingExtra
from app.kit.system.gc_tuning import gc_frozen, trim_heaps
from app.main import Service, create_app
from app.ops.index_process import IndexNotWritten, index_folder, run_index_process
from app.ops.metrics import PoolCollector, event_loop_lag, serve_metrics
from app.ops.practice import make_practice_copy, practice_room
from app.reading.content.overview import example_urls
from app.reading.requests.urls import UrlBuilder
from app.worker import make_worker

log = logging.getLogger(__name__)

PATIENCE: Final = 3
"""Seconds that responses in progress may take when the server receives a signal to stop."""
STOP_LIMIT: Final = 10.0
"""Seconds after which a process that has not stopped is killed."""
WORKERS: Final = 2
"""Threads of the background worker: while one waits for another server, the other takes urgent jobs."""


def serve(
    host: Annotated[str | None, typer.Option(help="IP address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[
        int,
        typer.Option(
            min=1,
            max=64,
            help="Number of processes that serve; the first also runs the background worker. Limits are per process, "
            "and each has a metrics port of its own: KB_METRICS_PORT and those after it.",
        ),
    ] = 1,
) -> None:
    """Serve the knowledge base."""
    settings = read_settings(**_named(host=host, port=port))
    with identified() as sessions:
        _try_metrics_ports(settings, workers)
        sockets = _bind(settings)
        _store_index(sessions, settings)
    if workers == 1:
        _run(settings, sockets, ACCEPT_BATCH, 0)
    else:  # connections that come together are shared out among them
        supervise(workers, partial(_run, settings, sockets, 1), patience=STOP_LIMIT)


def practice(
    host: Annotated[str | None, typer.Option(help="IP address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve a practice copy, which is deleted when it stops. No mail leaves it."""
    with TemporaryDirectory(prefix="kb-practice-") as folder:
        settings = read_settings(**practice_room(Path(folder)), **_named(host=host, port=port))
        sockets = _bind(settings)
        with identified() as sessions:
            make_practice_copy(sessions.engine, read_settings(), settings)
        _run(settings, sockets, ACCEPT_BATCH, 0)


def _named(**given: Any) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _run(settings: Settings, sockets: list[socket.socket], accept_batch: int, number: int) -> None:
    """Run one process until it receives a signal to stop."""
    try:
        with gc_frozen():
            service = create_app(settings)
    except MissingExtra as error:
        fail(str(error))
    trim_heaps()
    if number == 0:
        _print_greeting(service)
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _exit_now)  # the server raises it again once it has stopped
    sessions = _background_sessions(service)
    background = make_worker(sessions, settings, index=service.index, tracing=service.tracing)
    if settings.worker and number == 0:
        background.start(WORKERS)
    stop_metrics, observe_lag = _serve_metrics(service, sessions, number)
    try:
        limits = ConnectionLimits(settings.max_connections, settings.max_connections_per_client, accept_batch)
        client_addresses = ClientAddressResolver(settings.trusted_proxies)
        serve_until_stopped(service.asgi, sockets, limits, client_addresses, patience=PATIENCE, observe_lag=observe_lag)
    except TooFewFileDescriptors as error:
        fail(str(error))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        fail(_unusable_port(settings, error))  # by another process that began at the same time
    finally:
        stop_metrics()
        background.stop(patience=1)
        sessions.dispose()
        service.close()


def _background_sessions(service: Service) -> Sessions:
    """Sessions for a worker in the process of this service: what the service commits wakes the worker, and neither
    waits for the other's connections."""
    return Sessions(make_engine(service.settings.database_url), after_write=service.sessions.after_write)


def _store_index(sessions: Sessions, settings: Settings) -> None:
    """So that this start and those to come read the index instead of building it; without it each process builds its
    own, in memory."""
    if settings.meaning:
        return
    with sessions.read() as session:
        if not index_folder(settings.index).is_due(session):
            return
    log.info("the index is written to %s, which takes a while", settings.index)
    try:
        run_index_process(settings.database_url, settings.index)
    except IndexNotWritten as error:
        log.warning("the index is not kept on disk but built in memory: %s", error)


def _serve_metrics(
    service: Service, background: Sessions, number: int
) -> tuple[Callable[[], None], Callable[[float], None] | None]:
    """Returns what stops it, and what is to hear of the lag of the event loop."""
    port, host = service.settings.metrics_port, service.settings.host
    if port is None:
        return lambda: None, None
    port += number
    registry = service.services[CollectorRegistry]
    registry.register(PoolCollector(partial(_pools, service.sessions, background)))
    lag = event_loop_lag(registry)
    try:
        server, _ = serve_metrics(registry, host, port)
    except OSError as error:
        fail(_unusable_metrics_port(host, port, error))
    return server.shutdown, lag.observe


def _pools(serving: Sessions, background: Sessions) -> Mapping[str, PoolUsage]:
    reading, writing = serving.pools()
    return {"reading": reading, "writing": writing, "background": background.pools()[0]}


def _bind(settings: Settings) -> list[socket.socket]:
    """Before anything is loaded, so that a port that is taken is said at once."""
    try:
        return bind(settings.host, settings.port)
    except OSError as error:
        fail(_unusable_port(settings, error))


def _try_metrics_ports(settings: Settings, workers: int) -> None:
    """As early as `_bind`: each process listens on its own once it has begun."""
    if settings.metrics_port is None:
        return
    ports = range(settings.metrics_port, settings.metrics_port + workers)
    if settings.port in ports:
        fail(f"KB_METRICS_PORT: the service itself listens on port {settings.port} (KB_PORT).")
    for port in ports:
        try:
            for sock in bind(settings.host, port):
                sock.close()
        except OSError as error:
            fail(_unusable_metrics_port(settings.host, port, error))


def _unusable_port(settings: Settings, error: OSError) -> str:
    reason = f"{settings.host} port {settings.port} cannot be listened on: {error.strerror}."
    taken = error.errno == errno.EADDRINUSE
    return f"{reason} Stop what listens there, or choose another with --port." if taken else reason


def _unusable_metrics_port(host: str, port: int, error: OSError) -> str:
    return f"{host} port {port} (KB_METRICS_PORT) cannot be listened on: {error.strerror}."


def _exit_now(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def _print_greeting(service: Service) -> None:
    """Where to look, and three lines worth trying, made from what is there."""
    base = service.settings.base
    tries = example_urls(service.index.current_snapshot(), UrlBuilder(base))
    lines = [f"  curl '{address}'" for address in tries]
    print(
        f"\n{service.settings.title}\n  documentation   {base}/docs\n  everything      {base}/v1\n\nWorth trying:\n"
        + "\n".join(lines)
        + "\n",
        flush=True,
    )
