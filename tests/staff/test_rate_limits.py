"""How often a key may ask, and how often somebody may try without one: told on every answer, 429 beyond it."""

from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from app.kit.rate_limiter import MAX_CLIENTS, Quota, RateLimiter, rate_limit_headers
from tests.api_keys import api_key_client
from tests.client import problem
from tests.corpus import Corpus


@pytest.fixture
def strict(database: str) -> Iterator[Corpus]:
    with closing(Corpus(database, key_rate_limit=3, invalid_key_rate_limit=2)) as found:
        yield found


def limits(response: httpx.Response) -> tuple[str, str]:
    headers = response.headers
    return headers["ratelimit-policy"], headers["ratelimit"].partition(";t=")[0]


def test_each_response_says_what_is_left_and_the_last_one_when_to_retry(strict: Corpus) -> None:
    ann, ben = api_key_client(strict), api_key_client(strict)
    assert limits(ann("GET", "/v1/staff")) == ('"key";q=3;w=60', '"key";r=2')
    assert limits(ann("GET", "/v1/staff?no_such=1")) == ('"key";q=3;w=60', '"key";r=1')
    assert limits(ann("POST", "/v1/staff/publications", json={"no": "field"})) == ('"key";q=3;w=60', '"key";r=0')
    refused = ann("GET", "/v1/staff")
    assert problem(refused, 429)["type"].endswith("/problems/too-many-requests")
    assert limits(refused) == ('"key";q=3;w=60', '"key";r=0')
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["cache-control"] == "no-store"
    assert ben("GET", "/v1/staff").status_code == 200, "every key has a limit of its own"


def test_whoever_tries_keys_is_stopped_and_whoever_has_one_is_not(strict: Corpus) -> None:
    ann = api_key_client(strict)
    wrong = {"authorization": f"Bearer {ann.text[:-1]}{'a' if ann.text[-1] != 'a' else 'b'}"}
    first = strict.client.get("/v1/staff", **wrong)
    assert (first.status_code, limits(first)) == (401, ('"failed-keys";q=2;w=60', '"failed-keys";r=1'))
    assert strict.client.get("/v1/staff/publications").status_code == 401
    refused = strict.client.get("/v1/staff", **wrong)
    assert problem(refused, 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert ann("GET", "/v1/staff").status_code == 200


def test_what_may_be_cached_is_not_counted(strict: Corpus) -> None:
    answers = [strict.client.get("/v1/publications") for _ in range(5)]
    assert {each.status_code for each in answers} == {200}
    assert not any("ratelimit" in each.headers for each in answers)


def test_a_window_begins_with_its_first_request() -> None:
    now = 100.0
    meter = RateLimiter("key", 2, 60, clock=lambda: now)
    assert meter.consume("ann") == (Quota("key", 2, 60, 1, 60), True)
    now = 130.5
    assert meter.consume("ann") == (Quota("key", 2, 60, 0, 30), True)
    assert meter.consume("ann") == (Quota("key", 2, 60, 0, 30), False)
    now = 160.0
    assert meter.consume("ann") == (Quota("key", 2, 60, 1, 60), True)


def test_a_meter_remembers_so_many_and_no_more() -> None:
    meter = RateLimiter("key", 1, 60)
    for number in range(MAX_CLIENTS + 1):
        meter.consume(str(number))
    assert meter.consume("1")[1] is False
    assert meter.consume("0")[1] is True, "it was quiet longest"


def test_where_nothing_is_limited_nothing_is_said() -> None:
    assert rate_limit_headers(()) == {}
    both = rate_limit_headers((Quota("a", 5, 60, 4, 9), Quota("b", 20, 3600, 0, 100)))
    assert both == {"RateLimit-Policy": '"a";q=5;w=60, "b";q=20;w=3600', "RateLimit": '"a";r=4;t=9, "b";r=0;t=100'}
