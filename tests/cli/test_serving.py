"""`kb serve` as a process: it tells where to look, answers, and leaves when it is told to."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest


@contextmanager
def served(environment: dict[str, str], url: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The process and its port, once it answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, "-m", "app.cli.main", "serve", "--port", str(port)],
        cwd=folder,
        env=environment | {"KB_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            wait_for(port, process)
            yield process, port
        finally:
            process.kill()


def wait_for(port: int, process: subprocess.Popen[str], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1]
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the service is not ready")


def test_what_it_tells_to_try_works(environment: dict[str, str], seeded_url: str, tmp_path: Path) -> None:
    with served(environment, seeded_url, tmp_path) as (process, port):
        assert process.stdout is not None
        greeting = "".join(iter(process.stdout.readline, f"  everything      http://127.0.0.1:{port}/v1\n"))
        assert f"documentation   http://127.0.0.1:{port}/docs" in greeting
        lines = [process.stdout.readline() for _ in range(5)]
        addresses = re.findall(r'^  curl "(.+)"$', "".join(lines), re.MULTILINE)
        assert len(addresses) == 3
        for address in addresses:
            answer = httpx.get(address)
            assert answer.status_code == 200, address
            assert answer.json()["meta"]["count"] if "json" in answer.headers["content-type"] else answer.text


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_to(
    environment: dict[str, str], seeded_url: str, tmp_path: Path, told: signal.Signals
) -> None:
    with served(environment, seeded_url, tmp_path) as (process, port), httpx.Client() as client:
        assert client.get(f"http://127.0.0.1:{port}/v1").status_code == 200  # and the connection stays open
        began = time.monotonic()
        process.send_signal(told)
        _, errors = process.communicate(timeout=5)
        assert process.returncode == 0, errors
        assert time.monotonic() - began < 5
        assert "Traceback" not in errors


def test_a_port_that_is_taken_is_told(environment: dict[str, str], seeded_url: str, tmp_path: Path) -> None:
    with served(environment, seeded_url, tmp_path) as (_, port):
        second = subprocess.run(
            [sys.executable, "-m", "app.cli.main", "serve", "--port", str(port)],
            cwd=tmp_path,
            env=environment | {"KB_DATABASE_URL": seeded_url},
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert second.returncode == 1
    assert "address already in use" in second.stderr
