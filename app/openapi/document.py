"""The OpenAPI document: every collection there is, with every parameter, generated from what the index knows; whole
and in two parts."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from itertools import count, islice
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.catalogue.registry import KINDS
from app.config.settings import Settings
from app.documents.revisions import PublishedRevision
from app.kit.json_types import JsonMapping, JsonObject
from app.openapi.components import COMMON, PARAMETER, REFERENCE, headers, problem, responses
from app.openapi.member_descriptions import describe_members
from app.openapi.public.operations import collection_paths, completion_path, map_path, root_path
from app.openapi.public.schemas import add_documents, collection_schemas
from app.openapi.response_models import RESPONSE_MODELS, ListMeta, Problem
from app.openapi.staff.plain_words import in_plain_words
from app.openapi.staff.tasks import group_operations
from app.search.index.live_index import Index
from app.search.index.snapshot import Snapshot

TAGS: Final = (
    (
        "explore",
        "Explore: ask the knowledge base by topic, stage, format, words and more. No key needed.\n\n"
        "Every field that `/v1/{collection}/fields` lists can be queried with each of its operators, even if the "
        "list shows no parameter for it: `topic=` any of these, `topic__all=` all of these, `topic__not=` none "
        "of these, `topic__exact=` without narrower terms, `doi__exists=true` any value, `issued__gte=` and "
        "`issued__lte=` a range. Repeat a filter for several values. Unknown parameters are refused, with the "
        "nearest valid names.",
    ),
    ("subscribe", "Subscribe: receive news by e-mail."),
    ("partners", "Partners: harvest, cite, embed and sync."),
    ("staff", "Staff: add and correct entries. Requires a key. Their forms are at `/docs/staff`."),
)
STAFF: Final = "staff"
SLUG_OF: Final = re.compile(r"\{([a-z-]+)\.([0-9])\}")
COMPONENT: Final = re.compile(rb'"#/components/([A-Za-z]+)/([^"]+)"')


class DescriptionPart(StrEnum):
    """Which operations a document has."""

    whole = "whole"
    public = "public"
    staff = "staff"


class OpenApiDocument:
    """Makes the document anew when the index has moved on; the bytes are the same for the same content. each of
    `describe` is given the document of the operations that are FastAPI's own, to complete it."""

    def __init__(
        self,
        api: FastAPI,
        version: str,
        about: JsonMapping,
        base: str,
        describe: Sequence[Callable[[JsonObject], None]],
    ) -> None:
        self._api = api
        self._describe = describe
        self._info = {
            "title": about["title"],
            "version": version,
            "description": about["description"],
            "contact": contact(about, base),
            "license_info": {"name": about["licence"], "identifier": about["licence"]},
        }
        self._known: tuple[PublishedRevision | None, Mapping[DescriptionPart, bytes]] = (None, {})

    def render(self, snapshot: Snapshot, part: DescriptionPart = DescriptionPart.whole) -> bytes:
        """Compact JSON in UTF-8."""
        revision, parts = self._known  # together: another thread may put there what is of another revision
        if revision != snapshot.revision:
            whole = self.build(snapshot)
            parts = {each: orjson.dumps(part_of(whole, each)) for each in DescriptionPart}
            self._known = (snapshot.revision, parts)
        return parts[part]

    def current(self, index: Index) -> JsonObject:
        """The whole document, as FastAPI's `openapi()` answers."""
        document: JsonObject = orjson.loads(self.render(index.current_snapshot()))
        return document

    @cached_property
    def _operations(self) -> JsonObject:
        """FastAPI's description with our additions; the content changes nothing but its examples."""
        document: JsonObject = get_openapi(**self._info, routes=self._api.routes, servers=[{"url": "/"}])
        document["tags"] = [{"name": name, "description": text} for name, text in TAGS]
        for describe in self._describe:
            describe(document)
        return document

    def build(self, snapshot: Snapshot) -> JsonObject:
        document: JsonObject = filled(self._operations, snapshot)
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
            "/v1/map": map_path(snapshot),
            **collection_paths(snapshot),
            **document["paths"],
        }
        for path in document["paths"].values():
            for operation in path.values():
                operation["responses"] = dict(sorted((COMMON | operation["responses"]).items()))
        document["components"]["parameters"] = shared_parameters(document["paths"])
        document["components"]["schemas"] = plain = {name: untitled(schema) for name, schema in schemas.items()}
        describe_members(plain)
        return document


def part_of(document: JsonObject, part: DescriptionPart) -> JsonObject:
    """The operations of readers or of staff, with the components that they refer to and no other."""
    if part is DescriptionPart.whole:
        return document
    is_staff = part is DescriptionPart.staff
    paths = {
        path: {method: each for method, each in methods.items() if (STAFF in each["tags"]) == is_staff}
        for path, methods in document["paths"].items()
    }
    paths = {path: methods for path, methods in paths.items() if methods}
    used = {tag for methods in paths.values() for each in methods.values() for tag in each["tags"]}
    schemes = {
        name for methods in paths.values() for each in methods.values() for way in each["security"] for name in way
    }
    extensions = group_operations(paths) if is_staff else {}
    components = reachable(document["components"], paths)
    if is_staff:
        paths, components, words = in_plain_words(paths, components)
        extensions |= words
    known = document["components"].get("securitySchemes", {})
    components["securitySchemes"] = {name: each for name, each in known.items() if name in schemes}
    tags = [tag for tag in document["tags"] if tag["name"] in used]
    return document | {"tags": tags, "paths": paths, "components": components} | extensions


def reachable(components: JsonObject, paths: JsonObject) -> JsonObject:
    """Those components that `paths` refer to, directly or by another."""
    found: set[tuple[str, str]] = set()
    waiting = _references(paths)
    while waiting:
        kind, name = waiting.pop()
        if (kind, name) not in found:
            found.add((kind, name))
            waiting |= _references(components[kind][name])
    return {
        kind: kept
        for kind, each in components.items()
        if (kept := {name: value for name, value in each.items() if (kind, name) in found})
    }


def _references(part: object) -> set[tuple[str, str]]:
    return {(kind.decode(), name.decode()) for kind, name in COMPONENT.findall(orjson.dumps(part))}


def plain_parameter(parameter: JsonObject) -> JsonObject:
    """Described once, where FastAPI describes the parameter and its schema; null is not sent in a query."""
    schema = untitled(parameter["schema"])
    choices = [each for each in schema.pop("anyOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        schema = choices[0] | schema
    elif choices:
        schema["anyOf"] = choices
    if schema.get("description") == parameter.get("description"):
        schema.pop("description", None)
    return parameter | {"schema": schema}


def untitled(schema: JsonObject) -> JsonObject:
    """Without the titles that pydantic makes of the names of models and members."""
    plain = {key: value for key, value in schema.items() if key != "title"}
    if "properties" in plain:
        plain["properties"] = {
            name: untitled(each) if isinstance(each, dict) else each for name, each in plain["properties"].items()
        }
    return plain


def apart(document: JsonObject, public: JsonObject) -> JsonObject:
    """The same, where a schema that has the name of another one in `public` is called `…In`: what may be sent is not
    what is answered."""
    schemas: JsonObject = document.setdefault("components", {}).setdefault("schemas", {})
    new = {name: f"{name}In" for name, schema in schemas.items() if public.get(name, schema) != schema}
    titled = {name: schema | {"title": new[name]} if name in new else schema for name, schema in schemas.items()}
    document["components"]["schemas"] = {new.get(name, name): schema for name, schema in titled.items()}
    renamed: JsonObject = _renamed(
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
    vocabularies = [row.collection for row in snapshot.registry.vocabularies.values()]
    collection = vocabularies[0] if found[1] == "terms" and vocabularies else found[1]
    slugs = [row.slug for row in islice(snapshot.live(collection), int(found[2]) + 1)]
    return slugs[-1] if slugs else found[1]


def contact(about: JsonMapping, base: str) -> JsonObject:
    """Where to write to; the documentation where nobody is named."""
    given = about["contact"]
    if given and "@" in given and "/" not in given:
        return {"name": about["title"], "email": given}
    return {"name": about["title"], "url": given or f"{base}/docs"}


def schemas_of(snapshot: Snapshot) -> JsonObject:
    """Every published model, the requests and responses of each collection, and the problem document."""
    models: list[type[BaseModel]] = [*(kind.output for kind in KINDS), ListMeta, Problem, *RESPONSE_MODELS]
    _, schema = models_json_schema([(model, "serialization") for model in models], ref_template=REFERENCE)
    schemas = {name: _open(each) for name, each in schema["$defs"].items()}
    add_documents(schemas)
    return schemas | collection_schemas(snapshot)


def _open(schema: JsonObject) -> JsonObject:
    """Within `/v1` only additions: what is served may grow, so the description says that clients must expect it."""
    schema.pop("additionalProperties", None)
    schema["required"] = [name for name in schema["properties"] if name in schema.get("required", ())]
    if not schema["required"]:
        del schema["required"]
    return schema


def shared_parameters(paths: JsonObject) -> JsonObject:
    """Put every parameter in one place, with a reference where it was: most collections share most of them."""
    shared: JsonObject = {}
    for path, operations in paths.items():
        for operation in operations.values():
            parameters = [plain_parameter(each) for each in operation.get("parameters", ())]
            operation["parameters"] = [{"$ref": PARAMETER + _shared_name(shared, path, each)} for each in parameters]
            if not parameters:
                del operation["parameters"]
    return shared


def _shared_name(shared: JsonObject, path: str, parameter: JsonObject) -> str:
    """That of the same parameter elsewhere; otherwise its own name, or its name after that of the collection, and so
    on, where another one has it."""
    same = (name for name, each in shared.items() if each["name"] == parameter["name"] and each == parameter)
    return next(same, None) or next(
        name for name in _names(path, parameter) if shared.setdefault(name, parameter) is parameter
    )


def _names(path: str, parameter: JsonObject) -> Iterator[str]:
    collection, *rest = (
        part.split(".")[0].strip("{}") for part in path.removeprefix("/v1/").removeprefix("/").split("/")
    )
    name = parameter["name"]
    yield name
    yield f"{collection}.{name}"
    yield f"{collection}.{parameter['in']}.{name}"
    for length in range(1, len(rest) + 1):
        yield ".".join([collection, *rest[:length], name])
    yield from (f"{collection}.{name}.{number}" for number in count(1))


def api_info(settings: Settings) -> JsonObject:
    """What the document and the overview say of the whole."""
    return {
        "title": settings.title,
        "description": settings.description,
        "licence": settings.licence,
        "contact": settings.contact,
    }
