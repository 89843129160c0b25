"""What FastAPI does not know of staff operations, put into the description: what `StaffRoute` does for all of them."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic.json_schema import models_json_schema

from app.catalogue.kind import Kind
from app.catalogue.registry import KINDS
from app.kit.json_types import JsonObject
from app.openapi.components import REFERENCE, any_of, reference
from app.staff.auth.authorisation import KEY
from app.staff.auth.idempotency import FIELD, REPLAYED
from app.staff.auth.preconditions import ETAG_PATTERN
from app.staff.auth.query_parameters import DRY_RUN
from app.staff.resource_types import BY_COLLECTION
from app.staff.scopes import BY_TYPE

WRITING: Final = frozenset({"post", "patch", "delete"})
PROBLEMS: Final = {
    "Unauthenticated": "The request carries no valid key.",
    "Forbidden": "The key lacks the required scope.",
    "Conflict": "The change conflicts with existing data, or the same request is still in progress.",
    "Stale": "Changed since you fetched it.",
    "PreconditionRequired": "State the version with If-Match or `version`.",
}
HEADERS: Final = {
    "WWW-Authenticate": "Why the key was rejected (RFC 6750 section 3).",
    REPLAYED: "`true` if this is the stored response to an earlier, identical request.",
}
VERBS_BY_OPERATION: Final = {"create_resource": "Add", "edit_resource": "Correct"}
"""Operations that the description has once for each kind."""
LIMITS: Final = ("RateLimit", "RateLimit-Policy")
SCOPES_MEMBER: Final = "x-scopes"
"""Of an operation. OpenAPI 3.1 lets `security` name roles of a bearer token, but linters know those of OAuth alone."""
SCOPES_BY_TYPE: Final = "x-scopes-by-resource-type"
"""Of an operation whose scopes depend on the resource type that its path names."""


_MADE_BY_ITSELF: Final = frozenset({"slug", "scheme"})
"""Members of inputs: the slug is made of the name, and the address of a term says its vocabulary."""
MADE_OF_THE_NAME: Final = "The name used in URLs; made from the name if you leave it out."
_BODIES: Final = {f"create_{kind.name}": kind.input.__name__ for kind in KINDS}

DRY_RUN_ANSWER: Final[JsonObject] = {
    "description": "For a dry run: the change would succeed.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {DRY_RUN: {"type": "boolean", "const": True}},
                "required": [DRY_RUN],
            },
        }
    },
}
DRY_RUN_PARAMETER: Final[JsonObject] = {
    "name": DRY_RUN,
    "in": "query",
    "description": (
        'Dry run: validate everything, change nothing, and return the would-be result with `"dry_run": true`. '
        "For what cannot be undone, `effects` say what it will change."
    ),
    "schema": {"type": "boolean", "default": False, "examples": [True]},
}
IDEMPOTENCY_PARAMETER: Final[JsonObject] = {
    "name": FIELD,
    "in": "header",
    "description": (
        "A unique name for this request, such as a UUID. A repeat within 24 hours is not executed "
        "again; it returns the first response."
    ),
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": 200,
        "examples": ["5f0c9a4e-1d3b-4c58-9d0e-6f1f2ab7c0d4"],
    },
}


def describe_staff(document: JsonObject) -> None:
    """`document` is FastAPI's own, before anything public is put into it."""
    components = document.setdefault("components", {})
    components["schemas"] |= _inputs()
    document["paths"] = _operations_by_kind(document["paths"], components["schemas"])
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses: JsonObject = {name: {"description": text, "content": content} for name, text in PROBLEMS.items()}
    for name in ("Unauthenticated", "Forbidden"):
        responses[name]["headers"] = {"WWW-Authenticate": {"$ref": "#/components/headers/WWW-Authenticate"}}
    components["responses"] = responses
    components["headers"] = {
        name: {"description": text, "schema": {"type": "string"}} for name, text in HEADERS.items()
    }
    for methods in document["paths"].values():
        for method, operation in methods.items():
            if "staff" in operation["tags"]:
                _describe(operation, method, components["schemas"])


def _describe(operation: JsonObject, method: str, schemas: JsonObject) -> None:
    scopes = [scope for each in operation["security"] for scope in _scopes(each)]
    by_type = _scopes_by_type(operation, scopes)
    operation["description"] = f"{operation['description']}\n\n{_required_scopes(scopes, by_type)}"
    operation["security"] = [{key: [] for key in each} for each in operation["security"]]
    operation |= {SCOPES_BY_TYPE: by_type} if by_type else {SCOPES_MEMBER: scopes}
    parameters = operation.setdefault("parameters", [])
    parameters += [DRY_RUN_PARAMETER] if method in WRITING else []
    parameters += [IDEMPOTENCY_PARAMETER] if method == "post" else []
    for each in parameters:
        if each["name"] == "If-Match":
            each["schema"] = {"type": "string", "pattern": ETAG_PATTERN, "examples": each["schema"]["examples"]}
            each["required"] = method == "delete"  # a body that could say the version instead is not read
    if not parameters:
        del operation["parameters"]
    for each in parameters:  # what is required is filled in on the documentation page, the rest is left empty
        if each.get("required") and "examples" in each["schema"]:
            each["example"] = each["schema"]["examples"][0]
    for media in operation.get("requestBody", {}).get("content", {}).values():
        if operation["operationId"] in _BODIES:
            media["schema"] = reference(_BODIES[operation["operationId"]])
        _hoist_example(media, schemas)
    if method == "patch" and "requestBody" in operation:
        content = operation["requestBody"]["content"]
        _name_body(content["application/json"], "".join(map(str.title, operation["operationId"].split("_"))), schemas)
        content["application/merge-patch+json"] = content["application/json"]
    found = _problems(operation, method)
    operation["responses"] |= {status: _problem(name) for status, name in found}
    if not any(status == "422" for status, _ in found):
        operation["responses"].pop("422", None)
    if "204" in operation["responses"]:
        operation["responses"]["200"] = DRY_RUN_ANSWER
    for status, answer in operation["responses"].items():
        if answer.get("description") == "Successful Response":
            answer["description"] = f"{operation['summary']}."
        if status.startswith("2"):
            names = (*LIMITS, REPLAYED) if method == "post" else LIMITS
            answer.setdefault("headers", {}).update({name: {"$ref": f"#/components/headers/{name}"} for name in names})


def _inputs() -> JsonObject:
    """What may be sent of each kind."""
    _, schema = models_json_schema([(kind.input, "validation") for kind in KINDS], ref_template=REFERENCE)
    schemas: JsonObject = schema["$defs"]
    for own in schemas.values():
        if "slug" in own["properties"]:
            own["required"] = [name for name in own["required"] if name not in _MADE_BY_ITSELF]
            own["properties"]["slug"] |= {"description": MADE_OF_THE_NAME}
    return schemas


def _view_name(kind: Kind) -> str:
    return f"Staff{kind.input.__name__.removesuffix('In')}"


def kind_with_article(kind: Kind) -> str:
    """Its name with the article."""
    return f"{'an' if kind.name[0] in 'aeiou' else 'a'} {kind.name}"


def _operations_by_kind(paths: JsonObject, schemas: JsonObject) -> JsonObject:
    """The same, with creating and changing described once for each kind: each has a body of its own."""
    view = schemas["StaffView"]
    for kind in KINDS:
        if kind.collection is not None:
            properties = view["properties"] | {"data": reference(kind.input.__name__)}
            schema = {
                "properties": properties,
                "description": f"{kind_with_article(kind).capitalize()} as staff see it.",
            }
            schemas[_view_name(kind)] = json.loads(json.dumps(view | schema))
    view["properties"]["data"] = any_of([kind.input.__name__ for kind in KINDS])
    found: JsonObject = {}
    for path, methods in paths.items():
        general = {method: each for method, each in methods.items() if each["operationId"] not in VERBS_BY_OPERATION}
        if general:
            found[path] = general
        for method, each in methods.items():
            if each["operationId"] in VERBS_BY_OPERATION:
                for kind in KINDS:
                    if kind.collection is not None:
                        own = path.replace("{resource_type}", kind.collection)
                        found.setdefault(own, {})[method] = _of_kind(each, kind)
    return found


def _of_kind(operation: JsonObject, kind: Kind) -> JsonObject:
    """Of one kind: its name, its input, and an example of its own."""
    verb = operation["operationId"].removesuffix("_resource")
    own: JsonObject = json.loads(json.dumps(operation))
    own["operationId"] = f"{verb}_{kind.name}"
    own["summary"] = f"{VERBS_BY_OPERATION[operation['operationId']]} {kind_with_article(kind)}"
    own["parameters"] = [each for each in own.get("parameters", ()) if each["name"] != "resource_type"]
    for each in own["parameters"]:
        if each["name"] == "slug":
            each["schema"]["examples"] = [f"{{{kind.collection}.0}}"]
    if not own["parameters"]:
        del own["parameters"]
    if verb == "create":
        own["summary"] += ", as a draft" if kind.is_entry else ""
    for status, answer in own["responses"].items():
        if status.startswith("2"):
            answer["content"]["application/json"]["schema"] = reference(_view_name(kind))
    scopes = [BY_COLLECTION[str(kind.collection)].scope(scope) for each in own["security"] for scope in _scopes(each)]
    own["security"] = [{KEY.scheme_name: scopes}]
    return own


def _scopes(way: JsonObject) -> list[str]:
    return [scope for scopes in way.values() for scope in scopes]


def _scopes_by_type(operation: JsonObject, scopes: Sequence[str]) -> dict[str, list[str]]:
    """By collection; nothing where the scopes are the same for all."""
    if not set(BY_TYPE) & set(scopes):
        return {}
    types = next(each for each in operation["parameters"] if each["name"] == "resource_type")["schema"]["enum"]
    return {name: [BY_COLLECTION[name].scope(scope) for scope in scopes] for name in types}


def _required_scopes(scopes: Sequence[str], by_type: Mapping[str, Sequence[str]]) -> str:
    """In the description as well: the documentation page does not show scopes of bearer tokens."""
    if by_type:
        different = dict.fromkeys(scope for each in by_type.values() for scope in each)
        return (
            f"Requires a key with {' or '.join(f'`{scope}`' for scope in different)}, depending on the resource type."
        )
    named = " and ".join(f"`{scope}`" for scope in scopes)
    return f"Requires a key with {named}." if named else "Requires any valid key."


def _problems(operation: JsonObject, method: str) -> list[tuple[str, str]]:
    found = [("401", "Unauthenticated"), ("403", "Forbidden"), ("429", "TooMany")]
    if method in WRITING:
        found.append(("409", "Conflict"))
        found.append(("413", "ContentTooLarge"))
    if "requestBody" in operation:
        found.append(("415", "Unsupported"))
    if "requestBody" in operation or method == "post":
        found.append(("422", "Invalid"))
    if any(each["name"] == "If-Match" for each in operation.get("parameters", ())):
        found += [("412", "Stale"), ("428", "PreconditionRequired")]
    return found


def _problem(name: str) -> JsonObject:
    return {"$ref": f"#/components/responses/{name}"}


def _name_body(media: JsonObject, name: str, schemas: JsonObject) -> None:
    """One schema for both media types: generated clients have one class for it."""
    schema = media["schema"]
    if "$ref" not in schema:
        schemas[name] = schema | {"title": name}
        media["schema"] = {"$ref": f"#/components/schemas/{name}"}


def _hoist_example(media: JsonObject, schemas: JsonObject) -> None:
    """From the model to the body, where the documentation page and other readers look for it."""
    schema = media["schema"]
    for part in (schema, *schema.get("anyOf", ())):
        resolved = schemas[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
        if "examples" in resolved and "example" not in media:
            media["example"] = _as_declared(json.loads(json.dumps(resolved["examples"][0])), resolved)


def _as_declared(example: object, schema: JsonObject) -> object:
    """Its members in the order of the model, title first: pydantic sorts what stands in a schema."""
    places = {name: place for place, name in enumerate(schema.get("properties", ()))}
    if not isinstance(example, dict):
        return example
    return dict(sorted(example.items(), key=lambda member: places.get(member[0], len(places))))
