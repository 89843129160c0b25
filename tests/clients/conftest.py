"""The service, its description in a file, and how generators and linters are called."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.clients.serving import served

HERE = Path(__file__).parent
TOOLS = Path(sys.prefix) / "clients" / "bin"
"""The generator's own environment, as `make test-clients` makes it."""

Call = Callable[..., str]


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    with served(KB_ASSISTANTS="true") as found:
        yield found


@pytest.fixture(scope="session")
def description(address: str) -> Path:
    """`build/openapi.json`, as it is served."""
    path = HERE / "build" / "openapi.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(httpx.get(f"{address}/openapi.json").raise_for_status().content)
    return path


@pytest.fixture(scope="session")
def call() -> Call:
    """Runs a program in this folder; what it says on both channels, once it has succeeded."""

    def run(*command: str | Path, **environment: str) -> str:
        path = f"{TOOLS}{os.pathsep}{HERE / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [str(part) for part in command],
            cwd=HERE,
            env=os.environ | {"PATH": path, **environment},
            capture_output=True,
            text=True,
        )
        output = done.stdout + done.stderr
        assert done.returncode == 0, f"{command[0]} ended with {done.returncode}:\n{output[-6000:]}"
        return output

    return run
