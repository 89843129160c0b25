"""The operation of assistants, for the OpenAPI document."""

from typing import Final

from app.assistants.router import PATH
from app.kit.json_types import JsonObject
from app.openapi.components import problem

EXAMPLE: Final[JsonObject] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
MESSAGE: Final[JsonObject] = {
    "type": "object",
    "required": ["jsonrpc", "method"],
    "properties": {
        "jsonrpc": {"type": "string", "const": "2.0"},
        "id": {"type": ["string", "integer"]},
        "method": {"type": "string"},
        "params": {"type": "object"},
    },
}


def describe_assistants(document: JsonObject) -> None:
    """Add the route, which reads its messages itself."""
    answer = {"application/json": {"schema": {"type": "object"}}}
    document["paths"][PATH] = {
        "post": {
            "tags": ["partners"],
            "operationId": "call_assistant_tool",
            "summary": "Answer an assistant",
            "description": "The Model Context Protocol (streamable HTTP, without sessions): read-only tools over the "
            "same queries. `Accept` takes JSON.",
            "security": [],
            "requestBody": {"required": True, "content": {"application/json": {"schema": MESSAGE, "example": EXAMPLE}}},
            "responses": {
                "200": {"description": "The answer, or an error of the protocol.", "content": answer},
                "202": {"description": "Accepted: it needs no response."},
                "400": {"description": "Not a message of the protocol.", "content": answer},
                "403": {"description": "A website that is not allowed.", "content": {"text/plain": {}}},
                "406": {"description": "`Accept` does not allow JSON.", "content": answer},
                "413": problem("ContentTooLarge"),
                "415": problem("Unsupported"),
                "421": {"description": "Another host.", "content": {"text/plain": {}}},
                "422": problem("Invalid"),
                "429": problem("TooMany"),
            },
        }
    }
