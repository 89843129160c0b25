"""The OpenAPI document: every collection there is, with every parameter, generated from what the index knows."""

from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.catalogue.registry import KINDS
from app.reading.answers import ANSWERS, ListMeta, Problem
from app.reading.asking import SearchBody
from app.reading.collection_paths import NOT_MODIFIED, collection_paths, completion_path, json_answer
from app.search.snapshot import Snapshot

TAGS = (
    ("explore", "Explore: ask the knowledge base by topic, stage, format, words and more. No key needed."),
    ("subscribe", "Subscribe: hear of what is new."),
    ("partners", "Partners: harvest, cite, embed and sync."),
    ("staff", "Staff: add and correct entries. Needs a key."),
)
REFERENCE = "#/components/schemas/{model}"
REFERENCES = "#/components/parameters/"
Json = dict[str, Any]


class OpenApi:
    """Makes the document anew when the index has moved on; the bytes are the same for the same content."""

    def __init__(self, api: FastAPI, title: str, version: str, description: str, base: str) -> None:
        self._api = api
        self._info = {"title": title, "version": version, "description": description}
        self._base = base
        self._known: tuple[int, bytes] = (-1, b"")

    def document(self, snapshot: Snapshot) -> bytes:
        if self._known[0] != snapshot.head:
            self._known = (snapshot.head, orjson.dumps(self.build(snapshot), option=orjson.OPT_INDENT_2))
        return self._known[1]

    def build(self, snapshot: Snapshot) -> Json:
        document = get_openapi(**self._info, routes=self._api.routes, servers=[{"url": self._base}])  # type: ignore[arg-type]
        document["tags"] = [{"name": name, "description": text} for name, text in TAGS]
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas |= schemas_of(snapshot)
        document["components"]["responses"] = responses()
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        for path in document["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
                operation["security"] = []
        document["paths"] = {
            "/v1": root_path(),
            "/v1/autocomplete": completion_path(),
            **collection_paths(snapshot),
            **document["paths"],
        }
        document["components"]["parameters"] = shared_parameters(document["paths"])
        return document


def schemas_of(snapshot: Snapshot) -> Json:
    """Every published model, the envelope of each collection, and the problem document."""
    models: list[type[BaseModel]] = [
        *(kind.output for kind in KINDS),
        SearchBody,
        ListMeta,
        Problem,
        *ANSWERS,
    ]
    _, schema = models_json_schema([(model, "serialization") for model in models], ref_template=REFERENCE)
    return {name: _closed(each) for name, each in schema["$defs"].items()}


def _closed(schema: Json) -> Json:
    """Within `/v1` only additions: what is served may grow, so readers are told to expect it."""
    if schema.get("type") == "object" and "properties" in schema and "where" not in schema["properties"]:
        schema.pop("additionalProperties", None)
        schema["required"] = [name for name in schema["properties"] if name in schema.get("required", ())]
        if not schema["required"]:
            del schema["required"]
    return schema


def responses() -> Json:
    names = {
        "BadQuery": "The question cannot be understood: an unknown, repeated or wrong parameter.",
        "NotFound": "There is nothing at this address.",
        "Gone": "This has been withdrawn: reason, date and replacement.",
        "NotAcceptable": "There is no such representation.",
        "TooLarge": "The body is too large.",
        "Unsupported": "A body of this type is not read here.",
        "Invalid": "The body says something that is not allowed.",
    }
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {name: {"description": text, "content": content} for name, text in names.items()}


def root_path() -> Json:
    return {
        "get": {
            "tags": ["explore"],
            "operationId": "describe_knowledge_base",
            "summary": "What is here",
            "description": "Collections with their counts and addresses, formats, licence and the current revision.",
            "security": [],
            "responses": {
                "200": json_answer({"$ref": "#/components/schemas/Overview"}, "What is here."),
                "304": NOT_MODIFIED,
            },
        }
    }


def shared_parameters(paths: Json) -> Json:
    """Put every parameter in one place, with a reference where it was: most collections share most of them."""
    shared: Json = {}
    for path, operations in paths.items():
        for operation in operations.values():
            parameters = operation.get("parameters", [])
            operation["parameters"] = [{"$ref": REFERENCES + _shared_name(shared, path, each)} for each in parameters]
            if not parameters:
                del operation["parameters"]
    return shared


def _shared_name(shared: Json, path: str, parameter: Json) -> str:
    """Its own name, or its name after that of the collection where another one has it."""
    collection = path.removeprefix("/v1/").split("/")[0].split(".")[0]
    for name in (parameter["name"], f"{collection}.{parameter['name']}"):
        if shared.setdefault(name, parameter) == parameter:
            return str(name)
    name = f"{collection}.{parameter['in']}.{parameter['name']}"
    shared[name] = parameter
    return name
