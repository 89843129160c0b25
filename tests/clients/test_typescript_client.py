"""The client of TypeScript is made of the description, compiles strictly with its tests, and asks the service."""

import os
import subprocess
from pathlib import Path

import httpx

from tests.clients.conftest import TOOLS

CLIENT = Path(__file__).parents[2] / "clients" / "typescript"


def run(*command: str, **environment: str) -> str:
    path = f"{TOOLS}{os.pathsep}{CLIENT / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": path, **environment}
    done = subprocess.run(command, cwd=CLIENT, env=env, capture_output=True, text=True)
    output = done.stdout + done.stderr
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{output[-6000:]}"
    return output


def test_it_compiles_and_asks(address: str) -> None:
    public = CLIENT / "build" / "public.json"
    public.parent.mkdir(exist_ok=True)
    public.write_bytes(httpx.get(f"{address}/openapi/public.json").raise_for_status().content)
    run("npm", "run", "--silent", "generate")
    run("tsc", "--project", "tsconfig.tests.json")
    output = run("vitest", "run", "--reporter=json", BASE=address)
    assert '"numFailedTests":0' in output
    assert '"numPassedTests":14' in output
