"""The command line of the MCP inspector, the protocol's own judge of servers, asks `/mcp`: by both generations of the
protocol that it speaks."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import HERE, TOOLS

NAMES = {"search", "get", "related", "facets", "cite", "list_vocabularies", "changes"}
REFUSED = 5
"""What it ends with where a tool answers with an error."""
Inspect = Callable[..., Any]


@pytest.fixture(params=["legacy", "modern"])
def inspect(request: pytest.FixtureRequest, address: str, tmp_path: Path) -> Inspect:
    """What it prints for a method and its options, once it has ended with that status."""
    command = HERE / "node_modules" / ".bin" / "mcp-inspector"
    path = f"{TOOLS}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "HOME": str(tmp_path)}  # where it keeps what it knows of servers

    def run(method: str, *options: str, status: int = 0) -> Any:
        arguments = (
            str(command),
            "--cli",
            f"{address}/mcp",
            "--protocol-era",
            request.param,
            "--method",
            method,
            *options,
        )
        done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == status, done.stdout + done.stderr
        return json.loads(done.stdout)

    return run


def called(inspect: Inspect, tool: str, status: int = 0, **arguments: Any) -> Any:
    options = ("--tool-name", tool, "--tool-args-json", json.dumps(arguments))
    (content,) = inspect("tools/call", *options, status=status)["content"]
    return json.loads(content["text"])


def test_the_inspector_finds_nothing_wrong_with_the_tools_and_can_use_them(inspect: Inspect) -> None:
    assert {each["name"] for each in inspect("tools/list", "--strict")["tools"]} == NAMES
    found = called(inspect, "search", q="ethical innovation", per_page=2)["results"]
    ids = [each["id"] for each in found]
    assert len(ids) == 2
    assert called(inspect, "get", id=ids[0], select=["title"])["document"]["title"] == found[0]["title"]
    assert [each["id"] for each in called(inspect, "cite", ids=ids)["results"]] == ids
    assert called(inspect, "search", REFUSED, filters={"topik": "x"})["errors"][0]["suggestion"] == "topic"


def test_the_inspector_reads_frameworks_and_asks_for_guidance(inspect: Inspect) -> None:
    first = inspect("resources/list")["resources"][0]
    (content,) = inspect("resources/read", "--uri", first["uri"])["contents"]
    assert json.loads(content["text"])["document"]["title"] == first["title"]
    (template,) = inspect("resources/templates/list")["resourceTemplates"]
    assert template["uriTemplate"].endswith("/v1/{collection}/{slug}")
    options = ("--prompt-name", "find_guidance", "--prompt-args", "question=How is power shared?")
    (message,) = inspect("prompts/get", *options)["messages"]
    assert "How is power shared?" in message["content"]["text"]
