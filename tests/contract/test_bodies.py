"""Bodies: whatever is no plain, honest JSON search is refused, and never with 500."""

import json
from typing import Any

import httpx
import pytest

from tests.client import problem
from tests.contract.conftest import LoadedService
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details

pytestmark = pytest.mark.one_engine

JSON = {"Content-Type": "application/json"}


def post(loaded: LoadedService, content: bytes, headers: dict[str, str] = JSON, method: str = "POST") -> httpx.Response:
    return loaded.kb.client.request(method, "/v1/entries/search", content=content, headers=headers)


def condition(**members: Any) -> bytes:
    return json.dumps({"where": members}).encode()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"q": "a"} x', 400),
        (b"\xef\xbb\xbf{}", 400),
        (b'{"q": "\xe9"}', 400),
        (b'{"q": NaN}', 400),
        (b'{"page": Infinity}', 400),
        (b'{"q": "\\ud800"}', 422),
        (b'{"q": "\\u0000"}', 422),
        (b'{"q": "a\\u001b"}', 422),
        (b'{"\\ud800": 1}', 422),
        (b'{"q": "a", "q": "b"}', 422),
        (b'{"page": 9223372036854775808}', 422),
        (b'{"page": ' + b"9" * 5000 + b"}", 422),
        (b'{"page": 1e999}', 422),
        (b'{"where": ' + b"[" * 33 + b"]" * 33 + b"}", 422),
        (b"[" * 100_000, 422),
        (b'{"unknown": 1}', 422),
        (b'{"Q": "a"}', 422),
        (b'{"page": "5"}', 422),
        (b'{"page": true}', 422),
        (b'{"page": 1.0}', 422),
        (b'{"per_page": "25"}', 422),
        (b'{"q": 5}', 422),
        (b'{"select": "title"}', 422),
        (b'{"facets": [1]}', 422),
        (b'{"where": []}', 422),
        (b"[]", 422),
        (b"null", 422),
        (b'"q"', 422),
        (b'{"where": {}}', 400),
        (b'{"where": {"and": []}}', 400),
        (b'{"where": {"and": [], "or": []}}', 400),
        (b'{"where": {"not": [1]}}', 400),
        (condition(field="topic"), 400),
        (condition(field="topic", op="any", value=None), 400),
        (condition(field="topic", op="any", value=[]), 400),
        (condition(field="topic", op="any", value={}), 400),
        (condition(field="topic", op="any", value=[["ethics"]]), 400),
        (condition(field="topic", op="any", value=1.5), 400),
        (condition(field="topic", op="any", value=""), 400),
        (condition(field="topic", op="any", value="ethics", more=1), 400),
        (condition(field=1, op="any", value="ethics"), 400),
        (condition(field="nothing", op="any", value="ethics"), 400),
        (condition(field="topic", op="near", value="ethics"), 400),
        (condition(field="topic", op="any", value=["ethics"] * 201), 400),
        (b'{"sort": "nothing"}', 400),
        (b'{"page": 0}', 400),
        (b'{"cursor": "x"}', 400),
        (b'{"select": ["nothing"]}', 400),
    ],
    ids=lambda value: repr(value)[:60] if isinstance(value, bytes) else None,
)
def test_a_bad_body_is_refused_in_its_own_way(loaded: LoadedService, body: bytes, status: int) -> None:
    problem(post(loaded, body), status)


def test_an_unknown_member_is_pointed_at(loaded: LoadedService) -> None:
    (error,) = problem(post(loaded, b'{"unknwon": 1}'), 422)["errors"]
    assert error["pointer"] == "/unknwon"
    (error,) = problem(post(loaded, condition(field="topc", op="any", value="a")), 400)["errors"]
    assert error["pointer"] == "/where"
    assert error["suggestion"] == "topic"


def nested(depth: int) -> bytes:
    tree: dict[str, Any] = {"field": "topic", "op": "any", "value": "ethics"}
    for _ in range(depth - 1):
        tree = {"not": tree}
    return json.dumps({"where": tree}).encode()


def test_a_tree_has_bounds(loaded: LoadedService) -> None:
    assert post(loaded, nested(8)).status_code == 200
    assert problem(post(loaded, nested(9)), 400)["errors"][0]["code"] == "too-deep"
    leaf = {"field": "topic", "op": "any", "value": "ethics"}
    groups = [{"or": [leaf] * 100}, {"or": [leaf] * 100}]
    assert post(loaded, json.dumps({"where": {"and": groups}}).encode()).status_code == 200
    crowded = json.dumps({"where": {"and": [*groups, leaf]}}).encode()
    assert problem(post(loaded, crowded), 400)["errors"][0]["code"] == "too-many-leaves"


@pytest.mark.parametrize("method", ["POST", "QUERY"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": ""},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=latin-1"},
        JSON | {"Content-Encoding": "gzip"},
    ],
)
def test_a_missing_or_wrong_type_is_415(loaded: LoadedService, method: str, headers: dict[str, str]) -> None:
    response = post(loaded, b"{}", headers, method)
    problem(response, 415)
    assert response.headers["accept-post" if method == "POST" else "accept-query"] == "application/json"


def test_query_is_post_by_another_name(loaded: LoadedService) -> None:
    body = b'{"where": {"field": "topic", "op": "any", "value": "trust"}}'
    assert post(loaded, body, method="QUERY").json() == post(loaded, body).json()


def test_a_large_body_is_refused_before_it_is_read(loaded: LoadedService) -> None:
    body = b'{"q": "' + b"a" * 2**20 + b'"}'
    problem(post(loaded, body), 413)
    problem(post(loaded, b"{}", JSON | {"Content-Length": str(2**21)}), 413)


def test_no_search_is_kept_by_anybody(loaded: LoadedService) -> None:
    assert post(loaded, b"{}").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/v1", "GET, HEAD, OPTIONS"),
        ("/v1/entries/fields", "GET, HEAD, OPTIONS"),
        ("/v1/entries/publication-1", "GET, HEAD, OPTIONS"),
        ("/openapi.json", "GET, HEAD, OPTIONS"),
    ],
)
def test_allow_is_true(loaded: LoadedService, path: str, allow: str) -> None:
    client = loaded.kb.client
    options = client.request("OPTIONS", path)
    assert (options.status_code, options.content) == (204, b"")
    assert options.headers["allow"] == allow
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        refusal = client.request(method, path)
        problem(refusal, 405)
        assert refusal.headers["allow"] == allow


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/nothing.csv", "/v1/nothing/fields", "/v1/nothing/search"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST", "DELETE", "QUERY"])
def test_what_is_no_collection_has_no_methods(loaded: LoadedService, method: str, path: str) -> None:
    refusal = problem(loaded.kb.client.request(method, path), 404)
    assert "allow" not in refusal


def test_a_search_is_not_to_be_got(loaded: LoadedService) -> None:
    allow = loaded.kb.client.request("OPTIONS", "/v1/entries/search").headers["allow"].split(", ")
    assert {"POST", "QUERY", "OPTIONS"} <= set(allow)
    refusal = loaded.kb.client.get("/v1/entries/search")
    assert refusal.status_code in (404, 405)
    assert ("GET" in allow) is False


def test_head_is_get_without_the_body(loaded: LoadedService) -> None:
    for path in (
        "/v1",
        "/v1/entries?facets=topic",
        "/v1/events.ris",
        "/v1/entries/none",
        "/openapi.json",
        "/docs",
        "/health/live",
    ):
        got, head = loaded.kb.client.get(path), loaded.kb.client.request("HEAD", path)
        assert head.content == b""
        assert head.status_code == got.status_code
        own = {"x-request-id"}
        assert {*head.headers.items()} - {*got.headers.items()} <= {(name, head.headers[name]) for name in own}


def test_an_unknown_host_is_refused_where_hosts_are_named(databases: Databases) -> None:
    kb = Corpus(databases.template("furnished", add_details), allowed_hosts=["kb.example.org"])
    for host, status in (("evil.example", 400), ("kb.example.org", 200), ("KB.example.org:8000", 200), ("", 400)):
        assert kb.client.get("/v1", Host=host).status_code == status
    assert kb.client.get("/health/live", Host="10.0.0.1").status_code == 200
    kb.close()


def test_no_address_is_made_from_the_host(loaded: LoadedService) -> None:
    text = loaded.kb.client.get("/v1/entries?per_page=2", Host="evil.example").text
    assert "evil.example" not in text
    assert "http://127.0.0.1:8000/v1/" in text
