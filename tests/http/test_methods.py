"""HEAD, OPTIONS and CORS: every address answers them, truly."""

import httpx
import pytest

from app.http.headers import EXPOSED
from tests.http.conftest import Client, Serve


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/page", "GET, HEAD, OPTIONS"),
        ("/numbers", "GET, HEAD, OPTIONS, POST"),
        ("/json", "OPTIONS, PATCH, POST"),
        ("/problems", "GET, HEAD, OPTIONS"),
        ("/v1/staff/me", "GET, HEAD, OPTIONS"),
    ],
)
def test_allow_is_the_union_of_all_routes(client: Client, path: str, allow: str) -> None:
    options = client("OPTIONS", path)
    assert (options.status_code, options.content, options.headers["allow"]) == (204, b"", allow)
    refused = client("DELETE", path)
    assert (refused.status_code, refused.headers["allow"]) == (405, allow)
    assert refused.json()["allowed"] == allow.split(", ")


def test_options_of_nothing_is_404(client: Client) -> None:
    assert client("OPTIONS", "/nothing").status_code == 404
    assert client("OPTIONS", "/page/").status_code == 404


def test_head_of_what_has_no_get_is_405(client: Client) -> None:
    answer = client("HEAD", "/json")
    assert (answer.status_code, answer.content, answer.headers["allow"]) == (405, b"", "OPTIONS, PATCH, POST")


def preflight(client: Client, path: str, origin: str = "https://elsewhere.example") -> httpx.Response:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return client("OPTIONS", path, headers=headers)


def test_a_preflight_of_a_public_address_opens_it_to_everybody(client: Client) -> None:
    answer = preflight(client, "/numbers")
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS, POST"
    assert "Content-Type" in answer.headers["access-control-allow-headers"]
    assert "Authorization" not in answer.headers["access-control-allow-headers"]
    assert answer.headers["access-control-max-age"] == "7200"


def test_what_sees_the_token_of_a_subscriber_may_be_sent_it_from_anywhere(serve: Serve) -> None:
    client = serve(uncached=("/numbers",))
    answer = preflight(client, "/numbers")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert "If-Match" not in answer.headers["access-control-allow-headers"]


def test_the_private_part_opens_to_the_origins_that_were_named(serve: Serve) -> None:
    client = serve(origins=frozenset({"https://desk.example"}))
    answer = preflight(client, "/v1/staff/me", "https://desk.example")
    assert answer.headers["access-control-allow-origin"] == "https://desk.example"
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert answer.headers["vary"] == "Origin"
    read = client.get("/v1/staff/me", origin="https://desk.example")
    assert read.headers["access-control-allow-origin"] == "https://desk.example"
    assert read.headers["access-control-expose-headers"] == EXPOSED.decode()


def test_the_private_part_is_closed_to_every_other_origin(serve: Serve) -> None:
    client = serve(origins=frozenset({"https://desk.example"}))
    for answer in (preflight(client, "/v1/staff/me"), client.get("/v1/staff/me", origin="https://x.example")):
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.headers["vary"] == "Origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/nothing", "/broken", "/numbers?size=x", "/gone"])
def test_scripts_may_read_problems(client: Client, path: str) -> None:
    answer = client.get(path, origin="https://elsewhere.example")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "X-Request-ID" in answer.headers["access-control-expose-headers"]
