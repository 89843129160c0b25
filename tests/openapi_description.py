"""The OpenAPI document as tests read it: operations, what they are sent, and what may be answered."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker

Json = dict[str, Any]


@dataclass
class Operation:
    """One method of one path, with its references resolved."""

    document: Json
    path: str
    method: str
    definition: Json

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[Json]:
        return [self.resolved(each) for each in self.definition.get("parameters", ())]

    def resolved(self, part: Json) -> Json:
        while "$ref" in part:
            *_, kind, name = part["$ref"].split("/")
            part = self.document["components"][kind][name]
        return part

    def example_path(self) -> str:
        path = self.path
        for each in self.parameters:
            if each["in"] == "path":
                path = path.replace(f"{{{each['name']}}}", str(example(each)))
        return path

    def query_of(self, name: str | None) -> dict[str, Any]:
        return {each["name"]: sent(each) for each in self.parameters if each["in"] == "query" and each["name"] == name}

    def required_query(self) -> dict[str, Any]:
        wanted = (each for each in self.parameters if each["in"] == "query" and each.get("required"))
        return {each["name"]: sent(each) for each in wanted}

    @property
    def texts(self) -> dict[str, str]:
        """The examples of bodies that are sent as another media type than JSON's own, by media type; of files that are
        no texts there are none."""
        described = self.definition.get("requestBody", {}).get("content", {})
        content = {media: each for media, each in described.items() if "contentEncoding" not in each["schema"]}
        found = {media: each["example"] for media, each in content.items() if media != "application/json"}
        return {media: text if isinstance(text, str) else json.dumps(text) for media, text in found.items()}

    @cached_property
    def body(self) -> Any:
        content = self.definition.get("requestBody", {}).get("content", {})
        return content["application/json"]["example"] if "application/json" in content else None

    def problems_of(self, response: httpx.Response) -> list[str]:
        """What is wrong with an answer, by its description."""
        described = self.definition["responses"].get(
            str(response.status_code), self.definition["responses"].get("default")
        )
        if described is None:
            return [f"{response.status_code} is not described"]
        content = self.resolved(described).get("content", {})
        if not content and not response.content:
            return []
        sent_type = response.headers["content-type"].removesuffix("; charset=utf-8")
        if sent_type not in content:
            sent_type = response.headers["content-type"]
        if sent_type not in content:
            return [f"{sent_type} is not described"]
        schema = content[sent_type]["schema"]
        body = response.json() if re.search(r"[/+]json\b", sent_type) else response.text
        return self.mismatches(schema, body)

    def mismatches(self, schema: Json, body: Any) -> list[str]:
        whole = {**schema, "components": self.document["components"]}
        validator = Draft202012Validator(whole, format_checker=FormatChecker())
        return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(body)]


def example(parameter: Json) -> Any:
    """Of the parameter itself, or of its schema."""
    found = [parameter["example"]] if "example" in parameter else parameter["schema"].get("examples")
    assert found, f"{parameter['name']} has no example"
    return found[0]


def sent(parameter: Json) -> Any:
    """The example as it stands in a query."""
    value = example(parameter)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        texts = [str(each).lower() if isinstance(each, bool) else str(each) for each in value]
        return texts if parameter.get("explode", True) else ",".join(texts)
    return value


def operations_of(document: Json) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, definition in methods.items():
            yield Operation(document, path, method, definition)
