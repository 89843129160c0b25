"""One shape for everything that goes wrong (RFC 9457)."""

import json
import logging
from typing import Any

import httpx
import pytest
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException

import app.http.http_errors
from app.http.config import HttpConfig
from app.http.http_errors import HttpError, MethodNotAllowed
from app.http.problems.handlers import ProblemHandlers
from app.http.problems.problem_types import PROBLEM_TYPES, problem_type_of
from app.http.problems.validation_errors import error_details
from app.kit import errors
from app.kit.errors import AppError, ErrorDetail, Invalid
from tests.http.conftest import Client


def family(root: type[AppError] = AppError) -> list[type[AppError]]:
    return [kind for child in root.__subclasses__() for kind in (child, *family(child))]


def own_family() -> list[type[AppError]]:
    homes = (errors.__name__, app.http.http_errors.__name__)
    return [kind for kind in family() if kind.__module__ in homes and kind is not HttpError]


def problem(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == answer.status_code
    assert document["type"] == f"https://kb.example.org/problems/{document['type'].rpartition('/')[2]}"
    return document


@pytest.mark.parametrize("kind", own_family(), ids=lambda kind: kind.code)
def test_every_error_has_a_status_and_a_page(client: Client, kind: type[AppError]) -> None:
    assert 300 < problem_type_of(kind).status < 600
    page = client.get(f"/problems/{kind.code}")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert kind.title in page.text
    assert PROBLEM_TYPES[kind].explanation in page.text
    assert f'<a href="problems/{kind.code}">' in client.get("/problems").text


def test_codes_are_unique() -> None:
    codes = [kind.code for kind in own_family()]
    assert sorted(codes) == sorted(set(codes))
    assert set(PROBLEM_TYPES) == set(own_family())


def test_a_narrower_error_has_the_status_of_the_wider_one() -> None:
    class Narrower(errors.Conflict):
        pass

    assert problem_type_of(Narrower).status == 409


def test_no_page_for_a_problem_that_does_not_exist(client: Client) -> None:
    assert problem(client.get("/problems/nonsense"))["status"] == 404


def test_nothing_there(client: Client) -> None:
    answer = client.get("/nothing", x_request_id="request-1")
    assert problem(answer) == {
        "type": "https://kb.example.org/problems/not-found",
        "title": "Not found",
        "status": 404,
        "detail": "Not found",
        "instance": "request-1",
    }
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"] == "request-1"


@pytest.mark.parametrize("path", ["/page/", "//page", "/PAGE"])
def test_a_slash_too_many_is_404_and_no_redirect(client: Client, path: str) -> None:
    answer = client("GET", "https://kb.example.org" + path)
    assert (answer.status_code, "location" in answer.headers) == (404, False)


def test_gone(client: Client) -> None:
    assert problem(client.get("/gone")) == {
        "type": "https://kb.example.org/problems/gone",
        "title": "Withdrawn",
        "status": 410,
        "detail": "Withdrawn",
        "reason": "a duplicate",
        "date": "2026-01-01",
        "replacement": "https://kb.example.org/page",
    }
    private = client.get("/v1/staff/gone")
    assert private.headers["cache-control"] == "no-store"
    assert "instance" in private.json()


def test_a_parameter_that_is_wrong(client: Client) -> None:
    answer = client.get("/numbers?size=eleventy")
    assert problem(answer)["errors"] == [
        {
            "code": "wrong-type",
            "message": "This must be a whole number.",
            "parameter": "size",
        }
    ]
    assert answer.status_code == 400
    assert "eleventy" not in answer.text


def test_a_body_that_is_wrong(client: Client) -> None:
    answer = client("POST", "/numbers", json={"size": "secret", "colour": "secret"})
    assert answer.status_code == 422
    assert problem(answer)["errors"] == [
        {"code": "missing", "message": "This is required.", "pointer": "/kind"},
        {
            "code": "wrong-type",
            "message": "This must be a whole number.",
            "pointer": "/size",
        },
        {"code": "unknown-name", "message": "Unknown name.", "pointer": "/colour"},
    ]
    assert "secret" not in answer.text


def test_a_message_that_repeats_the_value_is_replaced() -> None:
    detail: ErrorDetails = {
        "type": "value_error",
        "loc": ("body", "a/b"),
        "msg": "Value error, Ada is odd",
        "input": "ada",
    }
    (error,) = error_details([detail])
    assert error == ErrorDetail("invalid-value", "This value is not allowed here.", pointer="/a~1b")
    other: ErrorDetails = {**detail, "input": 5}
    assert error_details([other])[0].message == "Ada is odd"


def test_choices_are_named_and_the_nearest_is_suggested() -> None:
    detail: ErrorDetails = {
        "type": "literal_error",
        "loc": ("query", "sort"),
        "msg": "Input should be 'title' or 'issued'",
        "ctx": {"expected": "'title' or 'issued'"},
        "input": "titel",
    }
    assert error_details([detail]) == (
        ErrorDetail(
            "unknown-value",
            "This must be 'title' or 'issued'.",
            "sort",
            allowed=("title", "issued"),
            suggestion="title",
        ),
    )


def test_a_length_is_said_of_characters_where_the_value_is_a_text() -> None:
    details = wrong("too_long", "name", max_length=80)
    texts = []
    for value in ("x" * 81, ["x"] * 81):
        given: ErrorDetails = {**details, "input": value}
        texts.append(error_details([given])[0].message)
    assert texts == ["This may have at most 80 characters.", "This may have at most 80 items."]


def test_values_of_an_enumeration_and_of_switches_are_said_in_words() -> None:
    enum = wrong("enum", "per", expected="'day' or 'month'")
    assert error_details([enum])[0].message == "This must be 'day' or 'month'."
    assert error_details([enum])[0].allowed == ("day", "month")
    assert error_details([wrong("bool_parsing", "values")])[0].message == "This must be true or false."


def wrong(kind: str, *loc: str | int, **context: object) -> ErrorDetails:
    return {"type": kind, "loc": ("body", *loc), "msg": "Input should be different", "input": None, "ctx": context}


def test_what_is_wrong_is_said_in_plain_words_that_name_the_field() -> None:
    faults = error_details(
        [
            wrong("string_too_short", "title", min_length=1),
            {**wrong("value_error", "issued"), "msg": "Value error, must be a year"},
            wrong("string_type", "contributors", 0, "agent"),
            wrong("list_type", "sources"),
        ]
    )
    assert [fault.message for fault in faults] == [
        "This may not be empty.",
        "must be a year",
        "This must be text, in quotation marks.",
        "This must be a list: values between [ and ].",
    ]
    assert Invalid(errors=faults).detail == ("`title` may not be empty. See `errors` for 3 more.")
    assert Invalid(errors=faults[1:2]).detail == "`issued` must be a year."
    assert Invalid(errors=faults[2:3]).detail == "`contributors, no. 1, agent` must be text, in quotation marks."
    assert Invalid("It is wrong as a whole.", errors=faults).detail == "It is wrong as a whole."


def test_many_choices_are_left_to_the_member_that_lists_them() -> None:
    expected = ", ".join(f"'{number}'" for number in range(9))
    (fault,) = error_details([wrong("literal_error", "type", expected=expected)])
    assert fault.message == "This must be one of the values in `allowed`."
    assert len(fault.allowed) == 9


def test_an_error_outside_the_family_has_no_kind() -> None:
    with pytest.raises(KeyError):
        problem_type_of(AppError)


def test_a_body_that_is_no_json(client: Client) -> None:
    answer = client("POST", "/numbers", content=b"{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, problem(answer)["title"]) == (400, "Malformed JSON")


def test_an_internal_error_is_logged_and_not_shown(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = client.get("/broken", x_request_id="request-9")
    assert (answer.status_code, problem(answer)["instance"]) == (500, "request-9")
    assert "secret" not in answer.text
    assert [str(record.exc_info[1]) for record in caplog.records if record.exc_info] == ["secret of the house"]


def test_an_answer_that_breaks_off_is_an_error_for_the_server(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(RuntimeError, match="no more"):
        client.get("/breaks-off")


SCOPE = {"type": "http", "method": "GET", "path": "/page", "headers": []}


@pytest.mark.parametrize(
    ("error", "status", "name", "value"),
    [
        (errors.TooManyRequests(retry_after=7), 429, "retry-after", "7"),
        (errors.Unavailable(retry_after=3), 503, "retry-after", "3"),
        (errors.Unauthenticated(), 401, "www-authenticate", "Bearer"),
        (errors.Unauthenticated(error="invalid_token"), 401, "www-authenticate", 'Bearer error="invalid_token"'),
        (
            errors.Forbidden(scope="entries:write"),
            403,
            "www-authenticate",
            'Bearer error="insufficient_scope", scope="entries:write"',
        ),
        (errors.Moved("/there"), 301, "location", "/there"),
        (MethodNotAllowed(allowed=("GET", "HEAD")), 405, "allow", "GET, HEAD"),
        (errors.UnsupportedMediaType(accepts=("application/json",)), 415, "accept-post", "application/json"),
        (errors.ContentTooLarge(limit=5), 413, "connection", "close"),
    ],
)
def test_some_statuses_come_with_a_field(error: Exception, status: int, name: str, value: str) -> None:
    answer = ProblemHandlers(HttpConfig(base_url="https://kb.example.org")).respond(error, dict(SCOPE))
    assert (answer.status_code, answer.headers[name]) == (status, value)


def test_errors_name_allowed_values_and_suggestions() -> None:
    fault = ErrorDetail("unknown-parameter", "No such filter.", "topc", allowed=("topic", "stage"), suggestion="topic")
    document = ProblemHandlers(HttpConfig(base_url="")).document(errors.BadQuery(errors=[fault]), "id")
    assert document["errors"] == [
        {
            "code": "unknown-parameter",
            "message": "No such filter.",
            "parameter": "topc",
            "allowed": ("topic", "stage"),
            "suggestion": "topic",
        }
    ]


def test_other_errors_of_the_framework_keep_their_status_and_fields() -> None:
    error = HTTPException(418, headers={"X-Pot": "short"})
    answer = ProblemHandlers(HttpConfig(base_url="")).respond(error, dict(SCOPE))
    assert (answer.status_code, answer.headers["x-pot"]) == (418, "short")
    document = json.loads(bytes(answer.body))
    assert (document["type"], document["title"]) == ("about:blank", "I'm a Teapot")
