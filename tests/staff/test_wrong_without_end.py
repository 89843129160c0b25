"""Bodies in which everything is wrong cost no more than what is told of them."""

import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from tests.api_keys import ApiKeyClient
from tests.client import problem
from tests.corpus import Corpus
from tests.staff.editing import ONE, PUBLICATIONS, make

pytestmark = pytest.mark.one_engine

UNKNOWN = {f"k{number}": 1 for number in range(40_000)}
WRONG: tuple[dict[str, Any], ...] = (
    UNKNOWN,
    {"contributors": [1] * 40_000},
    {"contributors": [{"x": 1}] * 20_000},
    {"terms": {"topic": [1] * 40_000}},
)
WRONG_BY_STRANGERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/v1/subscriptions", {f"k{number}": 1 for number in range(9_000)}),
    ("/v1/subscriptions", {"queries": [{f"k{number}": 1 for number in range(180)}] * 50}),
    ("/v1/subscriptions/confirmations", {f"k{number}": 1 for number in range(9_000)}),
    ("/v1/publications/search", {f"k{number}": 1 for number in range(9_000)}),
    ("/v1/publications/search", {"select": [1] * 9_000}),
)


def refused(most_memory: int, send: Callable[[], httpx.Response]) -> dict[str, Any]:
    """The problem; it takes no more memory than that to tell it: an object for each error would take several times as
    much."""
    tracemalloc.start()
    answer = send()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < most_memory
    assert len(answer.content) <= 16 * 1024
    return problem(answer, 422)


def test_the_first_errors_are_listed_and_that_there_are_more(editor: ApiKeyClient) -> None:
    draft = make(editor, **ONE)
    for more in WRONG:
        for method, path, body in (
            ("POST", PUBLICATIONS, {**ONE, "slug": "two", **more}),
            ("PATCH", f"{PUBLICATIONS}/one", {"version": draft["version"], **more}),
        ):
            document = refused(20 * 2**20, partial(editor, method, path, json=body))
            assert len(document["errors"]) == 20
            assert "There are more errors: see the first 20 in `errors`." in document["detail"]


def test_strangers_can_have_no_more_than_a_few_errors_made(kb: Corpus) -> None:
    for path, body in WRONG_BY_STRANGERS:
        kb.client.request("POST", path, json=body)
        document = refused(5 * 2**20, partial(kb.client.request, "POST", path, json=body))
        assert 0 < len(document["errors"]) <= 20


def test_errors_are_the_same_however_many_there_are(editor: ApiKeyClient) -> None:
    def errors_of(number: int) -> list[Any]:
        body = {**ONE, "language": "x" * 90, "contributors": [{"agent": "people/a", "rol": "author"}] * number}
        errors: list[Any] = problem(editor("POST", PUBLICATIONS, json=body), 422)["errors"]
        return errors

    assert errors_of(25) == errors_of(2_000)
