"""Bodies of JSON: what is read, what is 400, 415 or 422."""

import pytest

from tests.http.conftest import Client

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (rb'{"title": "\ud800"}', "/title"),
        (rb'["ok", "a\u0000b"]', "/1"),
        (rb'{"a": {"b/c": "\u001b"}}', "/a/b~1c"),
        (b"[9223372036854775808]", "/0"),
        (b"-9223372036854775809", ""),
        (b"[" + b"1" * 5000 + b"]", "/0"),
        (b'{"a": 1e999}', "/a"),
        (b'{"a": [{"b": 1, "b": 1}]}', "/a/0"),
        (b'{"' + b"k" * 201 + b'": 1}', ""),
        (rb'{"\u0000": 1}', ""),
        (b"[" * 33 + b"]" * 33, ""),
        (b"[" * 2**20, ""),
    ],
)
def test_json_that_must_not_be_kept_is_422(client: Client, body: str, pointer: str) -> None:
    answer = client("POST", "/json", content=body, headers=JSON)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a": }',
        b"[1,]",
        b"NaN",
        b"[Infinity]",
        b'{"a": -Infinity}',
        b'\xef\xbb\xbf{"a": 1}',
        '{"a": "é"}'.encode("latin-1"),
        '{"a": 1}'.encode("utf-16"),
        b'"\xed\xa0\x80"',
        b'"a\nb"',
        b"01",
        b"1 2",
    ],
)
def test_what_is_no_json_is_400(client: Client, body: str) -> None:
    answer = client("POST", "/json", content=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["type"] == "https://kb.example.org/problems/malformed-json"


@pytest.mark.parametrize(
    "body", [b"null", b'"\\t\\n\\r"', b"[" * 32 + b"]" * 32, '"\\ud83d\\ude00 é"'.encode(), b"[1e308, -0.0]"]
)
def test_the_rest_is_read(client: Client, body: str) -> None:
    assert client("POST", "/json", content=body, headers=JSON).status_code == 200


def test_the_limits_of_an_integer_are_within_it(client: Client) -> None:
    body = b"[9223372036854775807, -9223372036854775808]"
    assert client("POST", "/json", content=body, headers=JSON).json() == [2**63 - 1, -(2**63)]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/jsonp"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_another_media_type_is_415_and_says_which_is_read(client: Client, headers: dict[str, str]) -> None:
    answer = client("POST", "/json", content=b"{}", headers=headers)
    assert (answer.status_code, answer.headers["accept-post"]) == (415, "application/json")
    assert ("missing" in answer.json()["detail"]) is (not headers)
    patched = client("PATCH", "/json", content=b"{}", headers=headers)
    assert patched.headers["accept-patch"] == "application/merge-patch+json, application/json"


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=UTF-8"])
def test_the_media_type_is_read_as_the_standard_says(client: Client, media_type: str) -> None:
    answer = client("POST", "/json", content=b"{}", headers={"Content-Type": media_type})
    assert answer.json() == {}


def test_a_merge_patch_is_read_where_it_belongs(client: Client) -> None:
    headers = {"Content-Type": "application/merge-patch+json"}
    assert client("PATCH", "/json", content=b"{}", headers=headers).status_code == 200
    assert client("POST", "/json", content=b"{}", headers=headers).status_code == 415
