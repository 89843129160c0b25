"""Waiting for another process: until what is waited for is so, however long the machine takes, within a limit."""

import socket
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx

PAUSE = 0.05
"""Seconds between two looks. Nothing depends on it but the patience of whoever runs the tests."""


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Raises AssertionError where it does not become true."""
    deadline = time.monotonic() + seconds
    between = threading.Event()
    while not true():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        between.wait(PAUSE)


def wait_for_service(address: str, process: subprocess.Popen[Any], seconds: float = 60) -> None:
    """Until the service that the process is to be is ready. Raises AssertionError where it ends or never is."""

    def ready() -> bool:
        assert process.poll() is None, f"the service ended: {process.communicate()[1]!r}"
        try:
            return client.get("/health/ready").status_code == 200
        except httpx.TransportError:
            return False

    with httpx.Client(base_url=address, timeout=2, verify=False) as client:  # reading certificates takes 25 ms a client
        wait_until(ready, seconds)
