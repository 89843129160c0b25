"""The OpenAPI document: every collection there is, with every parameter, generated from what the index knows."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.catalogue.registry import KINDS
from app.reading.answers import ANSWERS, ListMeta, Problem
from app.reading.collection_paths import NOT_MODIFIED, collection_paths, completion_path, json_answer, problem
from app.reading.collection_schemas import REFERENCE, add_documents, collection_schemas, reference
from app.search.snapshot import Snapshot

TAGS = (
    ("explore", "Explore: ask the knowledge base by topic, stage, format, words and more. No key needed."),
    ("subscribe", "Subscribe: hear of what is new."),
    ("partners", "Partners: harvest, cite, embed and sync."),
    ("staff", "Staff: add and correct entries. Needs a key."),
)
REFERENCES = "#/components/parameters/"
Json = dict[str, Any]
ANYWHERE: Json = {
    "400": problem("BadQuery"),
    "414": problem("TooLong"),
    "500": problem("Broken"),
    "503": problem("Unavailable"),
}
"""What any address may answer."""


class OpenApi:
    """Makes the document anew when the index has moved on; the bytes are the same for the same content."""

    def __init__(self, api: FastAPI, version: str, about: Mapping[str, Any], base: str) -> None:
        self._api = api
        self._info = {
            "title": about["title"],
            "version": version,
            "description": about["description"],
            "contact": contact(about, base),
            "license_info": {"name": about["licence"], "identifier": about["licence"]},
        }
        self._base = base
        self._known: tuple[int, bytes] = (-1, b"")

    def document(self, snapshot: Snapshot) -> bytes:
        if self._known[0] != snapshot.head:
            self._known = (snapshot.head, orjson.dumps(self.build(snapshot), option=orjson.OPT_INDENT_2))
        return self._known[1]

    def build(self, snapshot: Snapshot) -> Json:
        document = get_openapi(**self._info, routes=self._api.routes, servers=[{"url": "/"}])
        document["tags"] = [{"name": name, "description": text} for name, text in TAGS]
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas |= schemas_of(snapshot)
        document["components"] |= {"responses": responses(), "headers": headers()}
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        for path, methods in document["paths"].items():
            for operation in methods.values():
                operation["responses"].pop("422", None)
                operation["responses"] |= {"404": problem("NotFound")} if "{" in path else {}
                operation["security"] = []
        document["paths"] = {
            "/v1": root_path(),
            "/v1/autocomplete": completion_path(),
            **collection_paths(snapshot),
            **document["paths"],
        }
        for path in document["paths"].values():
            for operation in path.values():
                operation["responses"] = dict(sorted((ANYWHERE | operation["responses"]).items()))
        document["components"]["parameters"] = shared_parameters(document["paths"])
        return document


def contact(about: Mapping[str, Any], base: str) -> Json:
    """Where to write to; the documentation where nobody is named."""
    given = about["contact"]
    if given and "@" in given and "/" not in given:
        return {"name": about["title"], "email": given}
    return {"name": about["title"], "url": given or f"{base}/docs"}


def schemas_of(snapshot: Snapshot) -> Json:
    """Every published model, what each collection answers and is asked, and the problem document."""
    models: list[type[BaseModel]] = [*(kind.output for kind in KINDS), ListMeta, Problem, *ANSWERS]
    _, schema = models_json_schema([(model, "serialization") for model in models], ref_template=REFERENCE)
    schemas = {name: _open(each) for name, each in schema["$defs"].items()}
    add_documents(schemas)
    return schemas | collection_schemas(snapshot)


def _open(schema: Json) -> Json:
    """Within `/v1` only additions: what is served may grow, so readers are told to expect it."""
    schema.pop("additionalProperties", None)
    schema["required"] = [name for name in schema["properties"] if name in schema.get("required", ())]
    if not schema["required"]:
        del schema["required"]
    return schema


def headers() -> Json:
    texts = {
        "ETag": "Strong validator of these bytes.",
        "Last-Modified": "When it last changed.",
        "Link": "Pages and other formats (RFC 8288).",
        "X-Request-ID": "Name this when you report a problem.",
        "Retry-After": "Seconds to wait.",
    }
    return {name: {"description": text, "schema": {"type": "string"}} for name, text in texts.items()}


def responses() -> Json:
    texts = {
        "BadQuery": "The question or the address cannot be understood: an unknown, repeated or wrong parameter.",
        "NotFound": "There is nothing at this address.",
        "Gone": "This has been withdrawn: reason, date and replacement.",
        "NotAcceptable": "There is no such representation.",
        "TooLarge": "The body is too large.",
        "TooLong": "The address is too long; `POST …/search` takes longer questions.",
        "Unsupported": "A body of this type is not read here.",
        "Invalid": "The body says something that is not allowed.",
        "Broken": "The service made a mistake.",
        "Unavailable": "The service cannot answer just now.",
    }
    content = {"application/problem+json": {"schema": reference("Problem")}}
    named: Json = {name: {"description": text, "content": content} for name, text in texts.items()}
    named["Unavailable"]["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return named


def root_path() -> Json:
    return {
        "get": {
            "tags": ["explore"],
            "operationId": "describe_knowledge_base",
            "summary": "What is here",
            "description": "Collections with their counts and addresses, formats, licence and the current revision.",
            "security": [],
            "responses": {
                "200": json_answer(reference("Overview"), "What is here."),
                "304": NOT_MODIFIED,
                "406": problem("NotAcceptable"),
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
