"""A served knowledge base, with the seed data, for programs that are not Python or not ours."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import wait_for_service

KB = str(Path(sys.executable).with_name("kb"))


@contextmanager
def served(**settings: str) -> Iterator[str]:
    """The address of a service over a database of its own, migrated and seeded; stopped at the end."""
    with tempfile.TemporaryDirectory() as folder, running(environment_in(folder) | settings) as address:
        yield address


def environment_in(folder: str | Path) -> dict[str, str]:
    """What `kb` needs to know of a service whose data, secret, mails and files are in that folder."""
    port = _free_port()
    settings = {
        "KB_DATABASE_URL": f"sqlite:///{folder}/knowledge-base.sqlite",
        "KB_SECRET_FILE": f"{folder}/secrets",
        "KB_MAIL_DIRECTORY": f"{folder}/mail",
        "KB_DUMP_DIRECTORY": f"{folder}/dumps",
        "KB_INDEX_DIRECTORY": f"{folder}/index",
        "KB_HOST": "127.0.0.1",
        "KB_PORT": str(port),
        "KB_BASE_URL": f"http://127.0.0.1:{port}",
        "KB_ACCESS_LOG": "false",
        "KB_LOG_LEVEL": "warning",
    }
    return os.environ | settings


@contextmanager
def running(environment: dict[str, str]) -> Iterator[str]:
    """The address of the service of that environment, migrated and seeded; stopped at the end."""
    for command in ("migrate", "seed"):
        subprocess.run([KB, command], env=environment, check=True, stdout=subprocess.DEVNULL)
    service = subprocess.Popen([KB, "serve"], env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_for_service(environment["KB_BASE_URL"], service)
        yield environment["KB_BASE_URL"]
    finally:
        service.terminate()
        service.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
