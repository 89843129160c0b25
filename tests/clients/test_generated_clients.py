"""Clients that two generators make of the description compile strictly, and ask by topic, stage and format."""

import re
import shutil
from pathlib import Path

from tests.clients.conftest import HERE, TOOLS, Call

SEVERAL_BODIES = r"/(import_records|subscribe_address|send_manage_link)\.py$"
"""Operations with bodies of several media types: the generator gives these a type that it does not import
(openapi-generators/openapi-python-client, issue 1451)."""


def test_a_typescript_client_compiles_and_asks(call: Call, description: Path, address: str) -> None:
    call("openapi-typescript", description, "--output", "build/schema.d.ts")
    call("tsc", "--project", ".")
    told = call("node", "--test", "--test-reporter=tap", "build/generated_client.test.js", BASE=address)
    assert re.search(r"^# pass [1-9]", told, re.MULTILINE)
    assert "# fail 0" in told


def test_a_python_client_is_whole_compiles_and_asks(call: Call, description: Path, address: str) -> None:
    made = HERE / "build" / "python"
    shutil.rmtree(made, ignore_errors=True)
    options = ("--config", "openapi-python-client.yaml", "--output-path", made)
    told = call("openapi-python-client", "generate", "--path", description, *options)
    assert "WARNING" not in told
    call("mypy", "--strict", "--cache-dir", "build/mypy", "generated_client.py", MYPYPATH=str(made))
    call("mypy", "--cache-dir", "build/mypy", "--exclude", SEVERAL_BODIES, made / "knowledge_base_client")
    told = call(TOOLS / "python", "generated_client.py", address, PYTHONPATH=str(made))
    assert told.count("ok ") == 5
