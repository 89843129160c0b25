"""`kb serve` as a process: it tells where to look, answers, and leaves when it is told to."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.conftest import Run
from tests.waiting import free_port, wait_for_service, wait_until

PROGRAM = ("-m", "app.cli.main")
FEW_FILES = partial(resource.setrlimit, resource.RLIMIT_NOFILE, (100, 100))


@contextmanager
def served(
    environment: dict[str, str],
    url: str,
    folder: Path,
    command: Sequence[str] = PROGRAM,
    arguments: Sequence[str] = (),
    **more: Any,
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The process and its port, once it answers."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, *command, "serve", "--port", str(port), *arguments],
        cwd=folder,
        env=environment | {"KB_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    ) as process:
        try:
            wait_for_service(f"http://127.0.0.1:{port}", process)
            yield process, port
        finally:
            process.kill()


def ended(
    environment: dict[str, str], url: str, folder: Path, *arguments: str, program: Sequence[str] = PROGRAM, **more: Any
) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(
        [sys.executable, *program, *arguments],
        cwd=folder,
        env=environment | {"KB_DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        **more,
    )


def greeting(process: subprocess.Popen[str]) -> str:
    """What the process says before it serves: up to the last of its examples."""
    assert process.stdout is not None
    lines: list[str] = []
    while "".join(lines).count("curl ") < 3:
        line = process.stdout.readline()
        assert line, "it tells fewer than three things to try"
        lines.append(line)
    return "".join(lines)


def test_the_printed_commands_work_and_it_stops_on_a_signal(
    environment: dict[str, str], seeded_url: str, tmp_path: Path
) -> None:
    with served(environment, seeded_url, tmp_path) as (process, port), httpx.Client() as client:
        printed = greeting(process)
        assert f"documentation   http://127.0.0.1:{port}/docs" in printed
        assert client.get(f"http://127.0.0.1:{port}/docs").status_code == 200
        for address in re.findall(r"^  curl '(.+)'$", printed, re.MULTILINE):
            answer = client.get(address)
            assert answer.status_code == 200, address
            assert len(answer.content) > 100
        stop(process, signal.SIGTERM)  # while the client's connection is open


@pytest.mark.one_engine
def test_a_port_in_use_is_reported_and_an_interrupt_stops_it_too(
    environment: dict[str, str], seeded_url: str, tmp_path: Path
) -> None:
    with served(environment, seeded_url, tmp_path) as (process, port):
        second = ended(environment, seeded_url, tmp_path, "serve", "--port", str(port))
        assert second.returncode == 1
        assert second.stdout == ""
        assert second.stderr == (
            f"127.0.0.1 port {port} cannot be listened on: Address already in use. "
            "Stop what listens there, or choose another with --port.\n"
        )
        stop(process, signal.SIGINT)


LATER = """
from app.cli.entry_point import run
from app.cli.service import server
from app.http.server.uvicorn_server import bind

rivals = []

def bind_both(host, port):
    bound = bind(host, port)
    rivals.extend(bind(host, port))
    rivals[-1].listen()
    return bound

server.bind = bind_both
run()
"""
"""`kb`, beside a process that was bound to the same port, as is allowed, and listens first."""


@pytest.mark.one_engine
def test_of_two_that_start_together_one_says_that_the_port_is_in_use(
    environment: dict[str, str], seeded_url: str, tmp_path: Path
) -> None:
    port = free_port()
    result = ended(environment, seeded_url, tmp_path, "serve", "--port", str(port), program=("-c", LATER))
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert f"127.0.0.1 port {port} cannot be listened on: Address already in use. Stop what" in result.stderr


@pytest.mark.one_engine
def test_a_port_for_metrics_that_is_in_use_is_reported_before_the_greeting(run: Run, seeded_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        taken = run("serve", KB_DATABASE_URL=seeded_url, KB_PORT=str(free_port()), KB_METRICS_PORT=port)
    assert (taken.exit_code, taken.stdout) == (1, "")
    assert taken.stderr == f"127.0.0.1 port {port} (KB_METRICS_PORT) cannot be listened on: Address already in use.\n"
    own = {"KB_DATABASE_URL": seeded_url, "KB_PORT": str(free_port())}
    second = str(int(own["KB_PORT"]) - 1)
    refused = run("serve", "--workers", "2", **own, KB_METRICS_PORT=second)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == f"KB_METRICS_PORT: the service itself listens on port {own['KB_PORT']} (KB_PORT).\n"


@pytest.mark.one_engine
def test_silent_connections_shut_nobody_out_for_good(
    environment: dict[str, str], seeded_url: str, tmp_path: Path
) -> None:
    """More of them than the process may have files open: whoever comes meanwhile is told to come back, and is answered
    once they have gone."""
    limits: dict[str, Any] = {"preexec_fn": partial(resource.setrlimit, resource.RLIMIT_NOFILE, (256, 256))}
    with served(environment, seeded_url, tmp_path, **limits) as (process, port):
        silent = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(300)]
        assert httpx.get(f"http://127.0.0.1:{port}/v1").status_code == 503
        for connection in silent:
            connection.close()
        wait_for_service(f"http://127.0.0.1:{port}", process)
        assert httpx.get(f"http://127.0.0.1:{port}/v1").status_code == 200
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)
        assert "a limit of 256 open files allows" in errors
        assert "there are as many connections as there may be" in errors


@pytest.mark.one_engine
def test_too_few_descriptors_are_reported(environment: dict[str, str], seeded_url: str, tmp_path: Path) -> None:
    done = ended(
        environment,
        seeded_url,
        tmp_path,
        "serve",
        "--port",
        str(free_port()),
        preexec_fn=FEW_FILES,
    )
    assert done.returncode == 1
    assert "The process may have 100 files open" in done.stderr


def stop(process: subprocess.Popen[str], how: signal.Signals) -> None:
    """It leaves in time, in order."""
    process.send_signal(how)
    _, errors = process.communicate(timeout=5)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors


@pytest.mark.one_engine
def test_what_is_no_request_is_refused_as_everything_else_is(
    environment: dict[str, str], seeded_url: str, tmp_path: Path
) -> None:
    with served(environment, seeded_url, tmp_path) as (_, port):
        for sent, status in (
            (b"\x16\x03\x01 not HTTP\r\n\r\n", 400),
            (b"GET /v1?q=" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
            (b"GET /v1 HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        ):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(sent)
                answer = connection.makefile("rb").read()
            head, _, body = answer.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 %d " % status)
            assert b"content-type: application/problem+json" in head
            assert json.loads(body)["status"] == status
        assert httpx.get(f"http://127.0.0.1:{port}/v1").status_code == 200


@pytest.mark.one_engine
def test_metrics_have_a_port_of_their_own(environment: dict[str, str], seeded_url: str, tmp_path: Path) -> None:
    """They count what was logged, which is told at most a second late."""
    own = free_port()
    with served(environment | {"KB_METRICS_PORT": str(own)}, seeded_url, tmp_path) as (process, port):
        assert httpx.get(f"http://127.0.0.1:{port}/v1/publications").status_code == 200
        assert httpx.get(f"http://127.0.0.1:{port}/metrics").status_code == 404
        counted = 'kb_requests_total{method="GET",route="/v1/publications",status="200"} 1.0'
        wait_until(lambda: counted in httpx.get(f"http://127.0.0.1:{own}/metrics").text)
        found = httpx.get(f"http://127.0.0.1:{own}/metrics").text
        assert 'kb_database_connections{pool="background",state="used"}' in found
        ticks = re.search(r"^kb_event_loop_lag_seconds_count (\S+)", found, re.MULTILINE)
        assert ticks is not None
        assert float(ticks[1]) > 0
        stop(process, signal.SIGTERM)


def serving_processes(supervisor: int) -> list[int]:
    """Linux tells them."""
    return [int(pid) for pid in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()]


@pytest.mark.one_engine
def test_several_processes_serve_one_port_and_one_that_is_killed_is_replaced(
    environment: dict[str, str], seeded_url: str, tmp_path: Path
) -> None:
    with served(environment, seeded_url, tmp_path, arguments=("--workers", "2")) as (process, port):
        base = f"http://127.0.0.1:{port}"
        first, second = serving_processes(process.pid)
        os.kill(first, signal.SIGKILL)
        for _ in range(10):  # those that lay with the one that was killed aside, nobody notices
            with httpx.Client(transport=httpx.HTTPTransport(retries=2)) as client:
                assert client.get(f"{base}/v1").status_code == 200
        wait_until(lambda: len(serving_processes(process.pid)) == 2)
        assert second in serving_processes(process.pid)
        assert first not in serving_processes(process.pid)
        both = serving_processes(process.pid)
        stop(process, signal.SIGTERM)
        assert not any(Path(f"/proc/{pid}").exists() for pid in both)


@pytest.mark.one_engine
def test_what_keeps_every_process_from_serving_ends_all_of_them(
    environment: dict[str, str], seeded_url: str, tmp_path: Path
) -> None:
    done = ended(
        environment,
        seeded_url,
        tmp_path,
        "serve",
        "--workers",
        "2",
        "--port",
        str(free_port()),
        preexec_fn=FEW_FILES,
    )
    assert done.returncode == 1
    assert "The process may have 100 files open" in done.stderr


@pytest.mark.one_engine
def test_a_large_catalogue_is_stored_at_its_first_start_and_read_at_the_next(
    environment: dict[str, str], seeded_url: str, tmp_path: Path
) -> None:
    """With a smaller idea of large, which the command is given."""
    change = "from app.search.index import index_folder; index_folder.MIN_DOCUMENTS = 10"
    small = f"{change}; from app.cli.main import run; run()"
    folder = tmp_path / "var" / "index"
    for _ in range(2):
        with served(environment, seeded_url, tmp_path, command=("-c", small)) as (process, port):
            assert httpx.get(f"http://127.0.0.1:{port}/v1/publications").status_code == 200
            (written,) = (each.name for each in folder.glob("index-*"))
            stop(process, signal.SIGTERM)
    assert [each.name for each in folder.glob("index-*")] == [written]
    result = ended(environment, seeded_url, tmp_path, "status", "--json")
    facts = json.loads(result.stdout)
    assert facts["stored_index_revision"] == facts["published_revision"]
    assert facts["stored_index_bytes"] > 0
