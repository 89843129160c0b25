"""`/fields` tells everything that can be asked, and nothing that cannot."""

from typing import Any
from urllib.parse import urlencode

import pytest

from app.search.query.model import OPERATORS
from tests.client import problem
from tests.contract.conftest import LoadedService

pytestmark = pytest.mark.one_engine

EXAMPLES = {
    "keyword": "anything",
    "integer": "3",
    "year": "2021",
    "date": "2021-06",
    "period": "2021-06/2022",
    "instant": "2026-02-01T00:00:00Z",
    "duration": "PT45M",
    "boolean": "true",
}
NORMAL = {
    "doi": "10.1234/any",
    "issn": "0045-3102",
    "isbn": "9780306406157",
    "id": "01890a5d-ac96-774b-bcce-b302099a8057",
}
"""Of the fields whose values have a form of their own."""


@pytest.fixture
def described(loaded: LoadedService, collection: str) -> dict[str, Any]:
    found: dict[str, Any] = loaded.kb.client.json(f"/v1/{collection}/fields")
    return found


def value_for(field: dict[str, Any], op: str) -> str:
    if op == "exists":
        return "true"
    values = field["values"]
    return values[0]["slug"] if values else NORMAL.get(field["name"], EXAMPLES.get(field["type"], "x"))


def test_every_operator_named_is_understood_and_no_other(
    loaded: LoadedService, collection: str, described: dict[str, Any]
) -> None:
    for field in described["fields"]:
        for op in OPERATORS:
            name = field["name"] if op == "any" else f"{field['name']}__{op}"
            answer = loaded.kb.client.get(f"/v1/{collection}?per_page=1&{urlencode({name: value_for(field, op)})}")
            assert answer.status_code == (200 if op in field["operators"] else 400), (name, answer.text)


def test_every_value_named_is_understood_and_no_other(
    loaded: LoadedService, collection: str, described: dict[str, Any]
) -> None:
    for field in described["fields"]:
        for value in field["values"] or ():
            loaded.kb.client.json(f"/v1/{collection}?per_page=1&{field['name']}={value['slug']}")
        if field["values"]:
            (fault,) = loaded.kb.client.refused(f"/v1/{collection}?{field['name']}=no-such-value")["errors"]
            assert fault["code"] in ("unknown-term", "unknown-value")


def test_orders_and_facets_named_are_understood_and_no_other(
    loaded: LoadedService, collection: str, described: dict[str, Any]
) -> None:
    for field in described["fields"]:
        for property, parameter in (("sortable", "sort"), ("facetable", "facets"), ("facetable", "group_by")):
            answer = loaded.kb.client.get(f"/v1/{collection}?per_page=1&{parameter}={field['name']}")
            assert answer.status_code == (200 if field[property] else 400), (parameter, field["name"])


def test_members_parts_and_formats_named_are_understood(
    loaded: LoadedService, collection: str, described: dict[str, Any]
) -> None:
    client = loaded.kb.client
    client.json(f"/v1/{collection}?select={','.join(described['properties'])}")
    if described["include"]:
        client.json(f"/v1/{collection}?include={','.join(described['include'])}")
    assert {client.get(f"/v1/{collection}?as={name}").status_code for name in described["formats"]} == {200}
    assert (
        client.json(f"/v1/{collection}?sort={described['default_sort']}")["results"]
        == client.json(f"/v1/{collection}")["results"]
    )


def test_documents_have_no_member_that_is_not_named(
    loaded: LoadedService, collection: str, described: dict[str, Any]
) -> None:
    assert {name for each in loaded.documents[collection] for name in each} <= {*described["properties"]}


def test_the_query_method_is_advertised_where_it_is_understood(loaded: LoadedService, collection: str) -> None:
    answer = loaded.kb.client.request("OPTIONS", f"/v1/{collection}/search")
    assert "QUERY" in answer.headers["allow"]
    assert answer.headers["accept-query"] == "application/json"
    refused = loaded.kb.client.request("QUERY", f"/v1/{collection}/search", content=b"q=a")
    assert problem(refused, 415)["status"] == 415
