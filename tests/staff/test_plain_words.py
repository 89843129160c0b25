"""What the page of staff says is in their words: no names of members, of standards or of headers."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kit.json_types import JsonObject
from app.openapi.document import DescriptionPart, part_of
from app.openapi.staff.plain_words import HINTS, OPERATIONS, TITLES, hint
from app.openapi.staff.tasks import GROUP, INPUT

pytestmark = pytest.mark.one_engine
FOR_PROGRAMS = re.compile(
    r"`\w+_\w+`|`/|=true|\bslugs?\b|\bmembers?\b|\bscopes?\b|payload|\b[23]0\d\b|RFC|EDTF|ISO \d|SKOS|DataCite"
    r"|PRISM|CommonMark"
    r"|BCP|SPDX|patch|If-Match|ETag|\brequest body|\bresponse|parameter|JSON Pointer|resource type|transaction"
    r"|keyed hash|\bkb |\bresources?\b|\brevisions?\b|working copy|^Get a"
)
OF_PROGRAMMERS = "Webhooks"
"""The heading of what is about a partner's server."""
NOT_SHOWN = {"version", "scheme", "dry_run", "Idempotency-Key", "If-Match"}
"""What the page sends by itself."""


@pytest.fixture(scope="module")
def whole() -> JsonObject:
    found: JsonObject = json.loads((Path(__file__).parents[2] / "openapi.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def document(whole: JsonObject) -> JsonObject:
    return part_of(whole, DescriptionPart.staff)


def test_forms_say_nothing_that_is_for_programs(document: JsonObject) -> None:
    texts = {
        f"{operation['operationId']} {where}": text
        for methods in document["paths"].values()
        for operation in methods.values()
        if operation[GROUP] != OF_PROGRAMMERS
        for where, text in shown(document, operation)
    }
    assert {where: text for where, text in texts.items() if FOR_PROGRAMS.search(text)} == {}
    assert len(texts) > 500


def test_what_is_said_instead_stands_for_something_that_programmers_read(
    whole: JsonObject, document: JsonObject
) -> None:
    assert set(HINTS) <= set(descriptions(whole))
    assert set(OPERATIONS) | set(TITLES) <= {
        each["operationId"] for methods in document["paths"].values() for each in methods.values()
    }


def test_standards_are_left_out_and_confirmations_say_what_to_type() -> None:
    assert hint("Broader term (SKOS broader).") == "Broader term."
    assert (
        hint("Typed confirmation: the name of the key. If it is given, it must match.") == "Type the name of the key."
    )
    assert hint("Journal, website or series.") == "Journal, website or series."


def descriptions(part: object) -> Iterator[str]:
    """Of everything in it."""
    if isinstance(part, list):
        for each in part:
            yield from descriptions(each)
    elif isinstance(part, dict):
        if isinstance(text := part.get("description"), str):
            yield text
        for each in part.values():
            yield from descriptions(each)


def shown(document: JsonObject, operation: JsonObject) -> Iterator[tuple[str, str]]:
    """What its form says, and where: of what the key must be allowed it says nothing."""
    yield "summary", operation["summary"]
    yield "description", operation["description"].partition("Requires ")[0]
    for each in operation.get("parameters", ()):
        parameter = resolved(document, each)
        if parameter["in"] == "query" and parameter["name"] not in NOT_SHOWN:
            yield parameter["name"], parameter["description"]
    content = operation.get("requestBody", {}).get("content", {})
    body = operation.get(INPUT) or content.get("application/json", {}).get("schema")
    if body and "text/plain" not in content:
        yield from members(document, body)


def members(document: JsonObject, schema: JsonObject, above: str = "") -> Iterator[tuple[str, str]]:
    """What is said beside each member, and each member of a member."""
    whole = resolved(document, schema)
    for name, each in whole.get("properties", {}).items():
        if name in NOT_SHOWN or name in above.split("."):
            continue
        member = resolved(document, each)
        yield f"{above}.{name}", member.get("description", "")
        yield from members(document, member, f"{above}.{name}")
    if "items" in whole:
        yield from members(document, whole["items"], above)


def resolved(document: JsonObject, schema: JsonObject) -> JsonObject:
    """As the page reads it: what stands beside a reference is said in place of what stands there."""
    while "$ref" in schema:
        kind, name = schema["$ref"].split("/")[-2:]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = document["components"][kind][name] | beside
    choices = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if not choices:
        return schema
    return resolved(document, choices[0]) | {key: value for key, value in schema.items() if key != "anyOf"}
