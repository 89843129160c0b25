"""A server of the S3 protocol on this machine, and a connection to it that can be watched."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from socket import SHUT_WR, create_connection, socket
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import httpx
import pytest

MOTO = Path(__file__).parents[2] / ".venv" / "object_storage" / "bin" / "moto_server"
BUCKET = "backups"
EMPTY = {"Content-Type": "application/xml", "Content-Length": "0"}
Watcher = Callable[[bytes], None]
"""Sees what a client sends, before the server does."""


class ObjectServer:
    """What is in its bucket, and its answers to requests that nobody signed."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url)

    @property
    def url(self) -> str:
        return str(self.client.base_url).rstrip("/")

    def begin_anew(self) -> None:
        for method, path in (("POST", "/moto-api/reset"), ("PUT", f"/{BUCKET}")):
            self.client.request(method, path, headers=EMPTY).raise_for_status()

    def check_credentials(self, after: str) -> None:
        """After so many requests: nobody has an account there."""
        self.client.post("/moto-api/reset-auth", content=after).raise_for_status()

    def names(self) -> list[str]:
        listing = self.client.get(f"/{BUCKET}", params={"list-type": "2"}).raise_for_status().text
        return re.findall("<Key>(.*?)</Key>", listing)

    def unfinished_uploads(self) -> int:
        return self.client.get(f"/{BUCKET}?uploads").raise_for_status().text.count("<UploadId>")

    def write(self, name: str, content: bytes) -> None:
        self.client.put(f"/{BUCKET}/{name}", content=content).raise_for_status()


@pytest.fixture(scope="session")
def started_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    assert MOTO.exists(), f"{MOTO} is missing: run `make test-deploy`"
    command = [str(MOTO), "--host", "127.0.0.1", "--port", "0"]
    folder = tmp_path_factory.mktemp("moto")
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=folder, text=True) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        port = next(found[1] for line in lines if (found := re.search(r"http://127\.0\.0\.1:(\d+)", line)))
        reader = Thread(target=lambda: [None for _ in lines])  # its log must not fill the pipe
        reader.start()
        server = ObjectServer(f"http://127.0.0.1:{port}")
        try:
            with server.client:
                yield server
        finally:
            process.terminate()
            process.wait()
            reader.join()


@pytest.fixture
def server(started_server: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> ObjectServer:
    """With an empty bucket; the environment says where it is."""
    started_server.begin_anew()
    for name in [name for name in os.environ if name.startswith(("AWS_", "KB_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", started_server.url)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "an-access-key-of-ours")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-of-ours")
    return started_server


@contextmanager
def watched(server: ObjectServer, watcher: Watcher) -> Iterator[str]:
    """The URL of a proxy that shows the watcher what comes, then hands it on."""
    target = (str(server.client.base_url.host), int(server.client.base_url.port or 0))

    class Connection(BaseRequestHandler):
        def handle(self) -> None:
            with closing(create_connection(target)) as upstream:
                back = Thread(target=forward, args=(upstream, self.request, lambda _: None))
                back.start()
                forward(self.request, upstream, watcher)
                back.join()

    with ThreadingTCPServer(("127.0.0.1", 0), Connection) as proxy:
        thread = Thread(target=proxy.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{proxy.server_address[1]}"
        finally:
            proxy.shutdown()
            thread.join()


def forward(source: socket, target: socket, watcher: Watcher) -> None:
    with suppress(ConnectionError, BrokenPipeError):
        while received := source.recv(2**16):
            watcher(received)
            target.sendall(received)
    with suppress(OSError):
        target.shutdown(SHUT_WR)


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """`kb` as a process of its own, in an empty folder; environment variables by keyword."""
    command = Path(sys.executable).with_name("kb")

    def started(*arguments: str, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [command, *arguments],
            cwd=tmp_path,
            env=os.environ | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return started


@pytest.fixture
def run(start: Callable[..., subprocess.Popen[str]]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """As `start`, to its end."""

    def finished(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        with start(*arguments, **variables) as process:
            stdout, stderr = process.communicate()
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    return finished
