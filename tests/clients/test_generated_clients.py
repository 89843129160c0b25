"""Clients that four generators make of the description compile strictly, and ask by topic, stage and format."""

import re
import shutil
from pathlib import Path

from tests.clients.conftest import HERE, TOOLS, Call

SEVERAL_BODIES = r"/(import_records|subscribe_address|send_manage_link)\.py$"
"""Operations with bodies of several media types: the generator gives these a type that it does not import
(openapi-generators/openapi-python-client, issue 1451)."""


def run_client(call: Call, compiled: str, **environment: str) -> None:
    output = call("node", "--test", "--test-reporter=tap", compiled, **environment)
    assert re.search(r"^# pass 7$", output, re.MULTILINE)
    assert "# fail 0" in output


def test_types_for_openapi_fetch_compile_and_ask(call: Call, description: Path, address: str) -> None:
    call("openapi-typescript", description, "--output", "build/schema.d.ts")
    call("tsc", "--project", "tsconfig.json")
    run_client(call, "build/openapi-fetch.test.js", BASE=address)


def test_a_client_of_hey_api_compiles_and_asks(call: Call, description: Path, address: str) -> None:
    where = ("--input", f"./{description.relative_to(HERE)}", "--output", "build/hey-api")
    call("openapi-ts", *where, "--client", "@hey-api/client-fetch", "--no-log-file")
    call("tsc", "--project", "tsconfig.hey-api.json")
    run_client(call, "build/compiled/hey-api.test.js", BASE=address)


def test_a_client_of_orval_compiles_and_asks(call: Call, description: Path, address: str) -> None:
    call("orval", "--config", "orval.config.mjs", "--fail-on-warnings", BASE=address)
    call("tsc", "--project", "tsconfig.orval.json")
    run_client(call, "build/compiled/orval.test.js")


def test_a_python_client_is_whole_compiles_and_asks(call: Call, description: Path, address: str) -> None:
    made = HERE / "build" / "python"
    shutil.rmtree(made, ignore_errors=True)
    options = ("--config", "openapi-python-client.yaml", "--output-path", made)
    output = call("openapi-python-client", "generate", "--path", description, *options)
    assert "WARNING" not in output
    call("mypy", "--strict", "--cache-dir", "build/mypy", "generated_client.py", MYPYPATH=str(made))
    call("mypy", "--cache-dir", "build/mypy", "--exclude", SEVERAL_BODIES, made / "generated_knowledge_base")
    output = call(TOOLS / "python", "generated_client.py", address, PYTHONPATH=str(made))
    assert output.count("ok ") == 5
