"""The OpenAPI document: every collection there is, with every parameter, generated from what the index knows."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import count, islice
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
SLUG_OF = re.compile(r"\{([a-z-]+)\.([0-9])\}")
Json = dict[str, Any]
ANYWHERE: Json = {
    "400": problem("BadQuery"),
    "414": problem("TooLong"),
    "500": problem("Broken"),
    "503": problem("Unavailable"),
}
"""What any address may answer."""


class OpenApi:
    """Makes the document anew when the index has moved on; the bytes are the same for the same content. `finish` is
    given the document of the operations that are FastAPI's own, to describe those that need a key."""

    def __init__(
        self, api: FastAPI, version: str, about: Mapping[str, Any], base: str, finish: Callable[[Json], None]
    ) -> None:
        self._api = api
        self._finish = finish
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

    @cached_property
    def _operations(self) -> Json:
        """What FastAPI knows; no content changes it."""
        return get_openapi(**self._info, routes=self._api.routes, servers=[{"url": "/"}])

    def build(self, snapshot: Snapshot) -> Json:
        document: Json = filled(self._operations, snapshot)
        document["tags"] = [{"name": name, "description": text} for name, text in TAGS]
        self._finish(document)
        public = schemas_of(snapshot)
        document = apart(document, public)
        schemas = document["components"]["schemas"]
        schemas |= public
        document["components"].setdefault("responses", {}).update(responses())
        document["components"].setdefault("headers", {}).update(headers())
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        for path, methods in document["paths"].items():
            for operation in methods.values():
                if "{" in path:
                    operation["responses"].setdefault("404", problem("NotFound"))
                if "HTTPValidationError" in str(operation["responses"].get("422")):
                    del operation["responses"]["422"]  # the framework's own, which is never answered
                operation.setdefault("security", [])
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


def apart(document: Json, public: Json) -> Json:
    """The same, where a schema that has the name of another one in `public` is called `…In`: what may be sent is not
    what is answered."""
    schemas: Json = document.setdefault("components", {}).setdefault("schemas", {})
    new = {name: f"{name}In" for name, schema in schemas.items() if public.get(name, schema) != schema}
    titled = {name: schema | {"title": new[name]} if name in new else schema for name, schema in schemas.items()}
    document["components"]["schemas"] = {new.get(name, name): schema for name, schema in titled.items()}
    renamed: Json = _renamed(
        document, {REFERENCE.format(model=old): REFERENCE.format(model=name) for old, name in new.items()}
    )
    return renamed


def _renamed(part: Any, references: Mapping[str, str]) -> Any:
    if isinstance(part, list):
        return [_renamed(each, references) for each in part]
    if not isinstance(part, dict):
        return references.get(part, part) if isinstance(part, str) else part
    return {name: _renamed(each, references) for name, each in part.items()}


def filled(part: Any, snapshot: Snapshot) -> Any:
    """The same with every example `{people.0}` replaced by the slug of the first of that collection, and so on;
    `{terms.0}` is of the first vocabulary. A collection too small has its own name as the example."""
    if isinstance(part, dict):
        return {name: filled(value, snapshot) for name, value in part.items()}
    if isinstance(part, list):
        return [filled(value, snapshot) for value in part]
    found = SLUG_OF.fullmatch(part) if isinstance(part, str) else None
    if found is None:
        return part
    vocabularies = [row.collection for row in snapshot.layout.vocabularies.values()]
    collection = vocabularies[0] if found[1] == "terms" and vocabularies else found[1]
    slugs = [row.slug for row in islice(snapshot.live(collection), int(found[2]) + 1)]
    return slugs[-1] if slugs else found[1]


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
        "RateLimit-Policy": "How many requests (`q`) may come in how many seconds (`w`).",
        "RateLimit": "How many of them are left (`r`), and in how many seconds there are all again (`t`).",
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
        "LinkNeeded": "No valid link to manage subscriptions came with the request.",
        "TooMany": "Too many requests came from you: wait as `Retry-After` says.",
    }
    content = {"application/problem+json": {"schema": reference("Problem")}}
    named: Json = {name: {"description": text, "content": content} for name, text in texts.items()}
    for name in ("Unavailable", "TooMany"):
        named[name]["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    for limit in ("RateLimit", "RateLimit-Policy"):
        named["TooMany"]["headers"][limit] = {"$ref": f"#/components/headers/{limit}"}
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
    """Its own name, or its name after that of the collection, and so on, where another one has it."""
    return next(name for name in _names(path, parameter) if shared.setdefault(name, parameter) == parameter)


def _names(path: str, parameter: Json) -> Iterator[str]:
    collection, *rest = (part.split(".")[0].strip("{}") for part in path.removeprefix("/v1/").split("/"))
    name = parameter["name"]
    yield name
    yield f"{collection}.{name}"
    yield f"{collection}.{parameter['in']}.{name}"
    for length in range(1, len(rest) + 1):
        yield ".".join([collection, *rest[:length], name])
    yield from (f"{collection}.{name}.{number}" for number in count(1))
