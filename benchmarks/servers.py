"""Servers under measurement: subprocesses whose processor time and memory are read from outside."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from benchmarks import bare, baseline
from benchmarks.databases import ROOT, SECRETS, VAR

BASE_URL = "http://127.0.0.1:8000"
"""What the answers call the service, whatever its port: the same bytes, the same ETag every time."""
START_LIMIT = 300.0
"""Seconds that a server may take to answer for the first time."""


class ServerFailed(RuntimeError):
    """The server ended or never answered; the message holds the end of its log."""


@dataclass(frozen=True)
class Server:
    pid: int
    port: int
    started_in: float
    """Seconds from starting the process to its first 200 for `ready`."""

    def cpu(self) -> float:
        """Seconds of processor time so far, all threads, user and system.

        Read from the process's own clock (clock_getcpuclockid(3)): `/proc/<pid>/stat` counts in hundredths.
        """
        return time.clock_gettime((~self.pid << 3) | 2)

    def memory(self, field: str = "VmRSS") -> int:
        """Bytes, by the name that proc(5) gives them: `VmRSS` now, `VmHWM` at most so far."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == field:
                return int(value.split()[0]) * 1024
        raise KeyError(field)


@contextmanager
def service(database: Path, ready: str) -> Iterator[Server]:
    """The service itself on SQLite, one worker, as `kb serve` starts it, its access log off."""
    with service_on(f"sqlite:///{database}", f"service-{database.stem}", ready) as server:
        yield server


@contextmanager
def service_on(url: str, name: str, ready: str) -> Iterator[Server]:
    """The same on any database; `name` is its log's."""
    settings = {
        "KB_BASE_URL": BASE_URL,
        "KB_DATABASE_URL": url,
        "KB_SECRET_FILE": str(SECRETS),
        "KB_INDEX_DIRECTORY": str(VAR / "index" / name),
        "KB_ACCESS_LOG": "false",
        "KB_LOG_LEVEL": "warning",
    }
    with running(name, ("-m", "app.cli.main", "serve"), settings, ready) as server:
        yield server


@contextmanager
def control(database: Path) -> Iterator[Server]:
    with running("baseline", uvicorn("baseline"), {baseline.DATABASE: str(database)}, "/v1/publications") as server:
        yield server


@contextmanager
def fixed(answer: bare.Answer) -> Iterator[Server]:
    """Bare Uvicorn giving one answer, its body, status and headers."""
    path = VAR / "answer.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    answer.save(path)
    with running("bare", uvicorn("bare"), {bare.ANSWER: str(path)}, "/", expect=answer.status) as server:
        yield server


def uvicorn(module: str) -> tuple[str, ...]:
    quiet = ("--no-access-log", "--log-level", "warning")
    return (
        "-m",
        "uvicorn",
        f"benchmarks.{module}:make_app",
        "--factory",
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        *quiet,
    )


@contextmanager
def running(
    name: str,
    arguments: Sequence[str],
    settings: Mapping[str, str],
    ready: str,
    *,
    expect: int = 200,
    python: str = sys.executable,
    port_in: str | None = None,
) -> Iterator[Server]:
    """A process on a free port until the block ends; raises `ServerFailed` if it does not come up.

    The port is passed as `--port`, or in the environment variable `port_in`.
    """
    port = free_port()
    log = VAR / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [python, *arguments] if port_in else [python, *arguments, "--port", str(port)]
    given_port = {port_in: str(port)} if port_in else {}
    began = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | settings | given_port, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait(process, port, ready, expect, log)
        yield Server(process.pid, port, time.perf_counter() - began)
    finally:
        _stop(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], port: int, ready: str, expect: int, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while _status(port, ready) != expect:
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServerFailed(f"{ready} never answered {expect}:\n{log.read_text()[-2000:]}")
        time.sleep(0.02)


def _status(port: int, path: str) -> int | None:
    connection = HTTPConnection("127.0.0.1", port, timeout=START_LIMIT)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (ConnectionError, HTTPException):
        return None
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
