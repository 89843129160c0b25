"""The description is true and whole: what it says is served, and what is served it says."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.cli.service.openapi import fresh_description
from app.harvest.dumps import make_dump
from app.http.headers import EXPOSED
from app.kit.clock import utc_now
from app.openapi.document import DescriptionPart
from app.openapi.member_descriptions import MEMBERS, OF_A_MODEL
from app.openapi.staff.tasks import FOLDED, GROUP, GROUPS, REST
from app.reading.context import ReadingContext
from tests.corpus import Corpus
from tests.openapi_description import Json, Operation, example, operations_of, sent

pytestmark = pytest.mark.one_engine

COMMITTED = Path(__file__).parents[1] / "openapi.json"
FOR_PEOPLE = re.compile(
    r"/|/docs(/.*)?|/openapi(/\w+)?\.json|/subscribe(/.*)?|/assets/.*|/favicon\.ico|/accessibility|/search|/map|/embed\.js|/embed/.*|/guide(/.*)?"
    r"|/sitemap(/\{number:int\})?\.xml|/robots\.txt|/llms(-full)?\.txt|/usage|/out/\{document\}/\{key\}|/\.well-known/(api-catalog|resourcesync)"
    r"|/resourcesync/.*"
    r"|/\{collection:page_collection\}(/.*)?"
)
"""Addresses that are no part of the interface."""
FROM_A_MAIL = ("/v1/subscriptions/confirmations", "/v1/unsubscribe/{token}")
"""Addresses that take a token which only a mail has."""
MAX_UNFOLDED = 30
"""Operations that the page of staff shows before anything is unfolded."""
NEEDED_WITH = {"seed": "sample", "facet_size": "facets", "combine": "facets"}
CITED = {name: {"as": "citation"} for name in ("style", "locale", "markup")}
"""Parameters that only citations have."""
"""Parameters that are of no use without another."""
VERBS = {"check", "complete", "describe", "explain", "get", "list", "search"}
"""How the operations of readers begin."""
NOT_READING = {"staff", "subscribe"}
"""Tags of what somebody does, by a key or by a link in a mail."""


@pytest.fixture(scope="module", autouse=True)
def dump(seeded: Corpus) -> None:
    """What can be downloaded has been made."""
    service = seeded.service
    urls = service.services[ReadingContext].urls
    make_dump(service.sessions, service.settings.dumps, urls, now=utc_now())


@pytest.fixture(scope="module")
def document(seeded: Corpus) -> Json:
    found: Json = seeded.client.json("/openapi.json")
    return found


@pytest.fixture(scope="module")
def operations(document: Json) -> list[Operation]:
    return list(operations_of(document))


@pytest.fixture(scope="module")
def public(operations: list[Operation]) -> list[Operation]:
    """Those that need no key and no mail; `tests/staff/test_staff_description.py` has those of staff."""
    return [each for each in operations if each.definition["security"] == [] and each.path not in FROM_A_MAIL]


def test_it_is_openapi_and_what_is_generated_is_committed() -> None:
    document = fresh_description()
    OpenAPIV31SpecValidator(orjson.loads(document)).validate()
    assert COMMITTED.read_text("utf-8") == document, "run `make openapi`"


def test_every_example_succeeds_unchanged_and_is_answered_as_described(seeded: Corpus, public: list[Operation]) -> None:
    wrong = {}
    for each in public:
        more = {"json": each.body} if each.body is not None else {}
        response = seeded.client.request(each.method.upper(), each.example_path(), params=each.required_query(), **more)
        problems = each.problems_of(response) if response.is_success else [response.text[:300]]
        if problems:
            wrong[f"{each.method} {each.path}"] = problems[:3]
    assert wrong == {}


def test_what_takes_a_token_of_a_mail_says_so_to_any_other(seeded: Corpus, operations: list[Operation]) -> None:
    for each in operations:
        if each.path in FROM_A_MAIL:
            more = {"json": each.body} if each.method == "post" else {}
            response = seeded.client.request(each.method.upper(), each.example_path(), **more)
            assert response.status_code == 404
            assert each.method == "get" or each.problems_of(response) == []


def test_what_may_be_answered_instead_is_described(seeded: Corpus, public: list[Operation]) -> None:
    """Every answer with a validator is 304 to who has it, every one that depends on `Accept` may be 406."""
    wrong = []
    for each in public:
        request = {"json": each.body} if each.body is not None else {}
        request["params"] = each.required_query()

        def status(sent: dict[str, str], each: Operation = each, request: Json = request) -> int:
            return seeded.client.request(each.method.upper(), each.example_path(), headers=sent, **request).status_code

        expected = {status({"Accept": "image/png"})}
        if each.method == "get" and not each.path.startswith("/health/"):
            assert status({"If-None-Match": "*"}) == 304, each.path
            expected.add(304)
        wrong += [
            f"{each.method} {each.path}: {code}" for code in expected if str(code) not in each.definition["responses"]
        ]
    assert wrong == []


def test_every_parameter_is_understood_by_its_example(seeded: Corpus, public: list[Operation]) -> None:
    wrong = {}
    for each in public:
        for parameter in each.parameters:
            if each.method != "get" or parameter["in"] != "query":
                continue
            name = parameter["name"]
            query = (
                each.required_query()
                | each.query_of(NEEDED_WITH.get(name))
                | CITED.get(name, {})
                | {name: sent(parameter)}
            )
            response = seeded.client.request("GET", each.example_path(), params=query)
            if not response.is_success or each.problems_of(response):
                wrong[f"{each.path}?{name}"] = response.text[:300]
    assert wrong == {}


def test_whole_documents_have_every_member_that_is_required(seeded: Corpus, operations: list[Operation]) -> None:
    """Beside parts, which `select` makes, the description has whole documents: without `select` all are whole."""
    for each in operations:
        if each.definition["operationId"] in ("list_publications", "list_terms", "list_people", "list_sites"):
            (whole, _) = each.document["components"]["schemas"][page_of(each)]["properties"]["results"]["items"][
                "anyOf"
            ]
            for document in seeded.client.walk(each.example_path()):
                assert each.mismatches(whole, document) == []


def test_the_description_of_staff_is_in_the_order_of_the_work(seeded: Corpus) -> None:
    described = seeded.client.get("/openapi/staff.json")
    document = described.json()
    operations = [each for methods in document["paths"].values() for each in methods.values()]
    assert sum(not each.get(FOLDED) for each in operations) <= MAX_UNFOLDED
    assert [each["operationId"] for each in operations if each[GROUP] == REST] == []
    assert {each[GROUP] for each in operations} == set(document[GROUPS])


def page_of(operation: Operation) -> str:
    reference: str = operation.definition["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    return reference.rpartition("/")[2]


def test_everything_served_is_described(seeded: Corpus, operations: list[Operation]) -> None:
    described = {(each.method.upper(), path) for each in operations for path in paths_of(each)}
    assert set(served(seeded)) <= described


def paths_of(operation: Operation) -> Iterator[str]:
    """The path, once for every collection that shares it."""
    shared = [each for each in operation.parameters if each["name"] in ("vocabulary", "resource_type")]
    if not shared or "enum" not in operation.resolved(shared[0]["schema"]):
        yield operation.path
        return
    for collection in operation.resolved(shared[0]["schema"])["enum"]:
        yield operation.path.replace(f"{{{shared[0]['name']}}}", collection)


def served(seeded: Corpus) -> Iterator[tuple[str, str]]:
    """Method and path of every route, the general ones once for every collection, without an extension of the
    interface; QUERY is not in OpenAPI 3.1."""
    for route in seeded.service.api.routes:
        path, methods = getattr(route, "path", None), getattr(route, "methods", None) or ()
        if path is None or FOR_PEOPLE.fullmatch(path):
            continue
        plain = re.sub(r"\{(\w+):\w+\}", r"{\1}", path).replace("{key}", "{slug}")
        plain = re.sub(r"^(/v1/[\w{}]+)\.[\w.]+$", r"\1", plain)
        types = getattr(route, "param_convertors", {}).get("resource_type")
        collections = types.regex.split("|") if types else seeded.snapshot.registry.collections
        for collection in collections if re.search(r"\{(collection|resource_type)\}", plain) else [""]:
            for method in set(methods) - {"HEAD", "OPTIONS", "QUERY"}:
                yield method, re.sub(r"\{(collection|resource_type)\}", collection, plain)


def test_every_format_that_an_answer_links_to_is_described(seeded: Corpus, operations: list[Operation]) -> None:
    """As a media type of the operation without its extension."""
    described = {path: each for each in operations for path in paths_of(each) if each.method == "get"}
    for name in seeded.snapshot.registry.collections:
        page = seeded.client.json(f"/v1/{name}?per_page=1")
        (first,) = page["results"]
        alone = seeded.client.json(first["url"])["links"]["alternate"]
        for links, path in ((page["links"]["alternate"], f"/v1/{name}"), (alone, f"/v1/{name}/{{slug}}")):
            for url in links.values():
                assert described[path].problems_of(seeded.client.request("GET", url)) == [], url
                assert f"{httpx.URL(url).path.rpartition('.')[2]}`" in described[path].definition["description"]


def test_operations_read_as_functions_and_say_what_they_need(operations: list[Operation]) -> None:
    names = [each.definition["operationId"] for each in operations]
    assert len(set(names)) == len(names)
    for each in operations:
        assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", each.definition["operationId"])
        if NOT_READING.isdisjoint(each.definition["tags"]):
            assert each.definition["operationId"].split("_")[0] in VERBS
            assert each.definition["security"] == []
        assert each.definition["summary"]
        assert each.definition["description"]
        assert each.definition["tags"]
        assert "security" in each.definition
        assert any(status.startswith("4") for status in each.definition["responses"])


def test_every_parameter_and_body_has_an_example_that_its_schema_allows(operations: list[Operation]) -> None:
    for each in operations:
        for parameter in each.parameters:
            assert parameter["description"], parameter
            assert each.mismatches(parameter["schema"], example(parameter)) == [], parameter["name"]
        if "requestBody" in each.definition:
            schema = each.definition["requestBody"]["content"]["application/json"]["schema"]
            assert each.mismatches(schema, each.body) == []


def test_what_is_answered_may_grow(operations: list[Operation]) -> None:
    for each in operations:
        for status, answer in each.definition["responses"].items():
            for media in each.resolved(answer).get("content", {}).values():
                assert each.resolved(media["schema"]).get("additionalProperties") is not False, (each.name, status)


def test_what_is_closed_is_enumerated(seeded: Corpus, operations: list[Operation]) -> None:
    """The terms of vocabularies and the values that the service itself gives; and every name of a field, an order, a
    member or a format."""
    for each in operations:
        if "sort" not in {parameter["name"] for parameter in each.parameters} or each.definition["security"]:
            continue
        known = seeded.client.json(f"{each.example_path()}/fields")
        fields = seeded.snapshot.fields(known["collection"])
        allowed = {
            field["name"]: sorted(value["slug"] for value in field["values"])
            for field in known["fields"]
            if field["values"] and (fields[field["name"]].choices or field["type"] == "term")
        }
        allowed |= {"facets": sorted(known["facets"]), "group_by": sorted(known["facets"])} if known["facets"] else {}
        allowed |= {"select": sorted(known["properties"]), "as": sorted(known["formats"])}
        described = {parameter["name"]: enumeration(each, parameter["schema"]) for parameter in each.parameters}
        for name, values in allowed.items():
            names = [parameter for parameter in described if parameter == name or parameter.startswith(f"{name}__")]
            choices = {tuple(described[parameter]) for parameter in names}
            assert choices == {tuple(values)} or (len(values) == 1 and not choices)
        orders = {name.removeprefix("-") for name in described["sort"]} - {"relevance"}
        assert orders == {field["name"] for field in known["fields"] if field["sortable"]}


def enumeration(operation: Operation, schema: Json) -> list[str]:
    """Of a parameter, or of each of its values."""
    return sorted(operation.resolved(schema.get("items", schema)).get("enum", []))


def test_every_link_leads_on(seeded: Corpus, operations: list[Operation]) -> None:
    by_name = {each.definition["operationId"]: each for each in operations}
    followed = 0
    for each in operations:
        for link in each.definition["responses"].get("200", {}).get("links", {}).values():
            more = {"json": each.body} if each.body is not None else {}
            answer = seeded.client.request(each.method.upper(), each.example_path(), **more).json()
            path = by_name[link["operationId"]].path
            for name, expression in link["parameters"].items():
                path = path.replace(f"{{{name}}}", evaluated(each, answer, expression))
            seeded.client.json(path)
            followed += 1
    assert followed >= 5 * 9  # list, search and one document of each collection


def evaluated(operation: Operation, answer: Any, expression: str) -> str:
    """A runtime expression of OpenAPI 3.1, or a constant."""
    if expression.startswith("$request.path."):
        name = expression.removeprefix("$request.path.")
        return next(str(example(each)) for each in operation.parameters if each["name"] == name)
    if expression.startswith("$response.body#/"):
        return resolve(answer, expression.removeprefix("$response.body#/"))
    return expression


def resolve(document: Any, pointer: str) -> str:
    """What a JSON Pointer (RFC 6901) without escapes points to."""
    for step in pointer.split("/"):
        document = document[int(step) if isinstance(document, list) else step]
    return str(document)


def test_tags_contact_and_licence_are_described(document: Json, operations: list[Operation]) -> None:
    described = {tag["name"] for tag in document["tags"] if tag["description"]}
    assert {tag for each in operations for tag in each.definition["tags"]} <= described
    assert document["info"]["contact"]
    assert document["info"]["license"]["identifier"]
    assert [server["url"] for server in document["servers"]] in (["/"], ["http://127.0.0.1:8000"])


def test_every_member_of_every_model_is_described(document: Json) -> None:
    schemas = document["components"]["schemas"]

    def is_described(member: Json) -> bool:
        referred = schemas.get(member.get("$ref", "").rpartition("/")[2], {})
        return bool(member.get("description") or referred.get("description"))

    named = {
        (model, name): each for model, schema in schemas.items() for name, each in schema.get("properties", {}).items()
    }
    assert [place for place, each in named.items() if not is_described(each)] == []


def test_the_table_of_members_has_nothing_that_no_model_has(document: Json) -> None:
    named = {
        (model, name)
        for model, schema in document["components"]["schemas"].items()
        for name in schema.get("properties", {})
    }
    assert MEMBERS.keys() <= {name for _, name in named}
    assert OF_A_MODEL.keys() <= named


MAX_BYTES = {DescriptionPart.whole: 552_000, DescriptionPart.public: 290_000, DescriptionPart.staff: 278_000}
MAX_STAFF_OPERATIONS = 95


@pytest.mark.parametrize("part", MAX_BYTES)
def test_a_document_is_small_enough_to_be_read(seeded: Corpus, part: DescriptionPart) -> None:
    """An assistant reads it whole, and a documentation page opens at once."""
    path = "/openapi.json" if part is DescriptionPart.whole else f"/openapi/{part}.json"
    assert len(seeded.client.get(path).content) <= MAX_BYTES[part]


def test_staff_have_operations_that_can_be_surveyed(operations: list[Operation]) -> None:
    assert sum("staff" in each.definition["tags"] for each in operations) <= MAX_STAFF_OPERATIONS


def test_the_parts_are_valid_by_themselves_and_together_the_whole(seeded: Corpus, document: Json) -> None:
    parts = [seeded.client.json(f"/openapi/{part}.json") for part in (DescriptionPart.public, DescriptionPart.staff)]
    for part in parts:
        OpenAPIV31SpecValidator(part).validate()
    operations = [{(each.method, each.path) for each in operations_of(part)} for part in parts]
    assert operations[0].isdisjoint(operations[1])
    assert operations[0] | operations[1] == {(each.method, each.path) for each in operations_of(document)}


def test_scripts_on_other_origins_may_read_every_header_that_is_described(document: Json) -> None:
    described = {
        name.lower() for name in response_headers(document["paths"]) | response_headers(document["components"])
    }
    exposed = {name.lower() for name in EXPOSED.decode().split(", ")}
    assert {"etag", "link"} <= described
    assert described - exposed == {"last-modified"}  # which is always readable: fetch.spec.whatwg.org


def response_headers(part: Any) -> set[str]:
    if isinstance(part, list):
        return set().union(*map(response_headers, part))
    if not isinstance(part, dict):
        return set()
    named = part["headers"] if "description" in part and isinstance(part.get("headers"), dict) else {}
    return set(named).union(*map(response_headers, part.values()))


def test_every_integer_in_an_address_has_a_greatest_value(document: Json) -> None:
    """Beyond 64 bits, or what the database keeps, a number is refused before anything is asked with it."""
    shared = document["components"]["parameters"]
    schemas = {name: each["schema"] for name, each in shared.items()}
    integers = {name: schema for name, schema in schemas.items() if schema.get("type") == "integer"}
    assert len(integers) > 5
    assert {name for name, schema in integers.items() if "maximum" not in schema} == set()


def test_what_is_changed_at_a_version_is_read_at_the_same_address(operations: list[Operation]) -> None:
    """Whoever changes it has to see it first; the page for staff reads it there."""
    read = {each.path for each in operations if each.method == "get"}
    changed = {each.path for each in operations if each.method == "patch"}
    shared = {re.sub(r"^/v1/staff/[a-z-]+/\{slug\}$", "/v1/staff/{resource_type}/{slug}", path) for path in changed}
    assert len(changed) > 5
    assert shared - read == set()
