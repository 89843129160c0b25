"""Services as processes of their own, which may be killed, and somebody who asks one after the other."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import httpx

from tests.waiting import free_port, wait_for_service

PROJECT = Path(__file__).parents[2]


class ServiceProcess:
    """One machine, as it were: a process with a port and a folder of its own."""

    def __init__(self, url: str, folder: Path, **settings: str) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
        own = {"KB_DATABASE_URL": url, "KB_ACCESS_LOG": "false", "PYTHONPATH": str(PROJECT), "KB_LOG_LEVEL": "warning"}
        self._environment = kept | own | settings
        self.port = free_port()
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "app.cli.main", "serve", "--port", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=self._environment, stdout=subprocess.DEVNULL, stderr=log
            )

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it has said since the test began."""
        return (self.folder / "log").read_text()

    def wait(self) -> None:
        wait_for_service(self.address, self.process, seconds=120)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class RoundRobinClient:
    """What a proxy does: the next process each time, and the one after it where nobody answers."""

    def __init__(self, services: list[ServiceProcess]) -> None:
        self._services = services
        self._turns = cycle(range(len(services)))
        self._client = httpx.Client(timeout=60)

    def get(self, path: str) -> httpx.Response:
        for _ in self._services:
            try:
                return self._client.get(f"{self._services[next(self._turns)].address}{path}")
            except httpx.TransportError:
                continue  # it was killed
        raise AssertionError("nobody answers")

    def ask(self, service: ServiceProcess, path: str) -> httpx.Response:
        return self._client.get(f"{service.address}{path}")

    def close(self) -> None:
        self._client.close()


@contextmanager
def running(url: str, folder: Path, count: int, **settings: str) -> Iterator[list[ServiceProcess]]:
    """So many, once all of them answer; they share one file of secrets, as machines have to."""
    folder.mkdir(exist_ok=True)
    services: list[ServiceProcess] = []
    try:
        for number in range(count):
            shared = {"KB_SECRET_FILE": str(folder / "secrets"), "KB_WORKER": str(number == 0), **settings}
            services.append(ServiceProcess(url, folder / f"machine-{number}", **shared))
            if number == 0:
                services[0].wait()  # it makes the secrets
        for each in services:
            each.wait()
        yield services
    finally:
        for each in services:
            each.kill()
