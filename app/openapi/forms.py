"""What FastAPI does not know of subscribing, for the description: bodies that are forms, and answers that are pages."""

from typing import Any, Final

from pydantic import BaseModel

from app.kit.json_types import JsonObject

Responses = dict[int | str, JsonObject]

NAMES: Final = {
    401: "LinkNeeded",
    404: "NotFound",
    410: "Gone",
    413: "ContentTooLarge",
    415: "Unsupported",
    422: "Invalid",
    429: "TooMany",
}
"""Of the answers, in the description."""
PUBLIC: Final[JsonObject] = {"security": []}
TEXT: Final = {"type": "string"}
PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
PAGE: Final = {"text/html": {"schema": TEXT}}
WAITING: Final = (429, 503)
"""Statuses with `Retry-After`."""
FILTERS: Final = (
    "A plain form on any site. Further fields are filters of a list, such as `topic`; `collection` names the list, and "
    "`q` has the search words."
)


def problems(*statuses: int) -> Responses:
    """Problem documents."""
    return {status: {"$ref": f"#/components/responses/{NAMES[status]}"} for status in statuses}


def problems_or_pages(*statuses: int) -> Responses:
    """Problem documents, or pages to whom a form or a link of a mail has brought here."""
    names = {status: "FormWait" if status in WAITING else "FormProblem" for status in statuses}
    return {status: {"$ref": f"#/components/responses/{name}"} for status, name in names.items()}


def form_or_json_body(model: type[BaseModel], *forms: str) -> JsonObject:
    """The body's example, and that forms say the same."""
    schema: Any = model.model_config["json_schema_extra"]
    content: JsonObject = {"application/json": {"example": schema["examples"][0]}}
    return {"requestBody": {"content": content | {each: {"schema": _form(model)} for each in forms}}}


def _form(model: type[BaseModel]) -> JsonObject:
    """Of the same members where they are texts or lists of texts. A form has no null; empty members are left out."""
    schema = model.model_json_schema()
    members = {name: each for name, each in schema["properties"].items() if name != "queries"}
    properties = {name: each | each.get("anyOf", [{}])[0] for name, each in members.items()}
    for each in properties.values():
        each.pop("anyOf", None)
        each.pop("minLength", None)
    form: JsonObject = {"type": "object", "properties": properties, "required": schema["required"]}
    if "queries" in schema["properties"]:
        form["properties"] |= {"collection": TEXT, "q": TEXT}
        form["description"] = FILTERS
    return form
