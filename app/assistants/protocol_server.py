"""The Model Context Protocol, by its Python SDK: the one module that needs the extra `assistants`."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar

import orjson
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    Prompt,
    PromptArgument,
    PromptMessage,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextContent,
    TextResourceContents,
    ToolAnnotations,
)
from mcp.types import Tool as ToolDescription
from starlette.types import Receive, Scope, Send

from app.assistants import prompts
from app.assistants.allowed_callers import AllowedCallers
from app.assistants.context import AssistantContext
from app.assistants.resources import MEDIA_TYPE, list_frameworks, read_resource, resource_uri, uri_template
from app.assistants.tools import TOOLS, Tool
from app.kit.errors import AppError, Unavailable
from app.kit.json_types import JsonObject
from app.search.index.live_index import StaleSnapshot
from app.search.index.snapshot import Snapshot

TRIES: Final = 5
NAME: Final = "knowledge-base"
_READ_ONLY: Final = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

T = TypeVar("T")


class ProtocolServer:
    """One for each application. It remembers nothing of a client: each request stands alone."""

    def __init__(self, context: AssistantContext) -> None:
        self._context = context
        about = context.reading.about
        logging.getLogger("mcp").setLevel(logging.ERROR)  # below that it logs every request with its errors
        self._server: Server[Any] = Server(
            NAME,
            version=context.version,
            title=context.title,
            instructions=f"{about['description']} Everything here is published; nothing can be changed. Name the "
            f"address of the page of whatever you use. Licence: {about['licence']}.",
            website_url=f"{context.reading.urls.pages.base}/",
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_resource_templates,
            on_read_resource=self._read_resource,
            on_list_prompts=self._list_prompts,
            on_get_prompt=self._get_prompt,
        )

    async def serve_request(
        self, scope: Scope, receive: Receive, send: Send, callers: AllowedCallers, max_body: int
    ) -> None:
        """One exchange of the streamable HTTP transport, without a session; the response is JSON."""
        security = TransportSecuritySettings(allowed_hosts=[*callers.hosts], allowed_origins=[*callers.origins])
        manager = StreamableHTTPSessionManager(
            self._server,
            stateless=True,
            json_response=True,
            security_settings=security,
            max_request_body_size=max_body,
        )
        async with manager.run():
            await manager.handle_request(scope, receive, send)

    async def serve_stdio(self) -> None:
        """Until standard input ends."""
        async with stdio_server() as (incoming, outgoing):
            await self._server.run(incoming, outgoing, self._server.create_initialization_options())

    async def _answer(self, make: Callable[[Snapshot], T]) -> T:
        """In a thread, from one state; made again where that was overtaken by a change. Raises `AppError`."""
        for _ in range(TRIES):
            snapshot = await self._context.reading.index.latest_snapshot()
            try:
                return await asyncio.to_thread(make, snapshot)
            except StaleSnapshot:
                continue
        raise Unavailable("Too many changes are in progress.", retry_after=1)

    async def _list_tools(self, _: object, params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[_describe(each) for each in TOOLS.values()])

    async def _call_tool(self, _: object, params: CallToolRequestParams) -> CallToolResult:
        tool = TOOLS.get(params.name)
        if tool is None:
            raise MCPError(INVALID_PARAMS, f"There is no such tool. There are: {', '.join(TOOLS)}.")
        given = params.arguments or {}
        try:
            answer = await self._answer(lambda snapshot: tool.call(self._context, snapshot, given))
        except AppError as error:
            return CallToolResult(content=[_text(_describe_error(error))], is_error=True)
        return CallToolResult(content=[_text(orjson.dumps(answer).decode())])

    async def _list_resources(self, _: object, params: PaginatedRequestParams | None) -> ListResourcesResult:
        cursor = params.cursor if params is not None else None
        try:
            rows, following = await self._answer(lambda snapshot: list_frameworks(snapshot, cursor))
        except AppError as error:
            raise _protocol_error(error) from None
        resources = [
            Resource(uri=resource_uri(self._context, row), name=row.slug, title=row.label, mime_type=MEDIA_TYPE)
            for row in rows
        ]
        return ListResourcesResult(resources=resources, next_cursor=following)

    async def _list_resource_templates(
        self, _: object, params: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        template = ResourceTemplate(
            uri_template=uri_template(self._context),
            name="document",
            title="Any published document",
            mime_type=MEDIA_TYPE,
        )
        return ListResourceTemplatesResult(resource_templates=[template])

    async def _read_resource(self, _: object, params: ReadResourceRequestParams) -> ReadResourceResult:
        uri = str(params.uri)
        try:
            answer = await self._answer(lambda snapshot: read_resource(self._context, snapshot, uri))
        except AppError as error:
            raise _protocol_error(error) from None
        content = TextResourceContents(uri=uri, mime_type=MEDIA_TYPE, text=orjson.dumps(answer).decode())
        return ReadResourceResult(contents=[content])

    async def _list_prompts(self, _: object, params: PaginatedRequestParams | None) -> ListPromptsResult:
        question = PromptArgument(name=prompts.QUESTION, description=prompts.QUESTION_DESCRIPTION, required=True)
        prompt = Prompt(name=prompts.NAME, title=prompts.TITLE, description=prompts.DESCRIPTION, arguments=[question])
        return ListPromptsResult(prompts=[prompt])

    async def _get_prompt(self, _: object, params: GetPromptRequestParams) -> GetPromptResult:
        if params.name != prompts.NAME:
            raise MCPError(INVALID_PARAMS, f"There is no such prompt. There is: {prompts.NAME}.")
        try:
            text = prompts.render_prompt(self._context, params.arguments or {})
        except AppError as error:
            raise _protocol_error(error) from None
        message = PromptMessage(role="user", content=_text(text))
        return GetPromptResult(description=prompts.DESCRIPTION, messages=[message])


def _describe(tool: Tool) -> ToolDescription:
    schema = tool.arguments.model_json_schema()
    return ToolDescription(
        name=tool.name, title=tool.title, description=tool.description, input_schema=schema, annotations=_READ_ONLY
    )


def _text(text: str) -> TextContent:
    return TextContent(text=text)


def _describe_error(error: AppError) -> str:
    """A sentence, and what helps to ask better, as problem documents have it."""
    errors = []
    for each in error.errors:
        described: JsonObject = {"at": each.parameter or each.pointer, "message": each.message}
        described |= {"suggestion": each.suggestion, "allowed": list(each.allowed)}
        errors.append({name: value for name, value in described.items() if value})
    return orjson.dumps(
        {"error": error.code, "detail": error.detail, "errors": errors, **error.extension_members()}
    ).decode()


def _protocol_error(error: AppError) -> MCPError:
    return MCPError(INVALID_PARAMS, error.detail)
