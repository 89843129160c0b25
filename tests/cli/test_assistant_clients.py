"""The SDK's own client, by HTTP with a served knowledge base and by `kb mcp`: what an assistant's program sees."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import TextContent, TextResourceContents

from app.assistants import prompts
from tests.cli.test_serving import served
from tests.conftest import fill_with_seeds
from tests.databases import Databases


@pytest.fixture
def seeded_url(databases_of: Callable[[str], Databases]) -> Iterator[str]:
    """The client has nothing to do with what database there is."""
    sqlite = databases_of("sqlite")
    with sqlite.copied(sqlite.template("seeded", fill_with_seeds)) as url:
        yield url


async def text_of(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def follow_the_prompt(client: Client) -> None:
    """From the question to the citation, as the prompt tells an assistant to go."""
    prompt = await client.get_prompt(prompts.NAME, {"question": "How can we innovate and stay ethical?"})
    content = prompt.messages[0].content
    assert isinstance(content, TextContent)
    assert "How can we innovate and stay ethical?" in content.text
    found = json.loads(await text_of(client, "search", q="ethical innovation", per_page=3))
    ids = [each["id"] for each in found["results"]]
    assert ids
    read = json.loads(await text_of(client, "get", id=ids[0], select=["title"]))
    assert read["document"]["title"] == found["results"][0]["title"]
    cited = json.loads(await text_of(client, "cite", ids=ids))
    assert [each["id"] for each in cited["results"]] == ids
    assert [each["url"] for each in cited["results"]] == [each["url"] for each in found["results"]]


async def read_frameworks(client: Client) -> None:
    resources = (await client.list_resources()).resources
    assert resources
    (content,) = (await client.read_resource(resources[0].uri)).contents
    assert isinstance(content, TextResourceContents)
    assert json.loads(content.text)["document"]["title"] == resources[0].title
    (template,) = (await client.list_resource_templates()).resource_templates
    assert template.uri_template.endswith("/v1/{collection}/{slug}")


async def look_around(client: Client) -> None:
    assert len((await client.list_tools()).tools) == 7
    assert [each.name for each in (await client.list_prompts()).prompts] == [prompts.NAME]
    await follow_the_prompt(client)
    await read_frameworks(client)


def test_a_served_knowledge_base_answers_clients_of_the_last_and_the_present_protocol(
    environment: dict[str, str], seeded_url: str, tmp_path: Path
) -> None:
    async def ask(port: int) -> None:
        for mode in ("legacy", "auto"):
            async with Client(f"http://127.0.0.1:{port}/mcp", mode=mode) as client:
                await look_around(client)

    with served(environment | {"KB_ASSISTANTS": "true"}, seeded_url, tmp_path) as (_, port):
        asyncio.run(ask(port))


def test_an_assistant_on_this_machine_is_answered_by_standard_input_and_output(
    environment: dict[str, str], seeded_url: str, tmp_path: Path
) -> None:
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "app.cli.main", "mcp"],
        env=environment | {"KB_DATABASE_URL": seeded_url},
        cwd=tmp_path,
    )

    async def ask(look: Callable[[Client], Awaitable[None]]) -> None:
        async with Client(stdio_client(command)) as client:
            await look(client)

    asyncio.run(ask(look_around))
