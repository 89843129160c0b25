"""Who reads, as far as limits go, and how many places each has."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack

import pytest
from fastapi import FastAPI
from starlette.requests import Request

from app.http.client_address import ClientAddressResolver
from app.http.concurrency_limits import ConcurrencyLimiter
from app.http.readers import Pool, Reader, ReaderIdentifier, identify_reader
from app.http.services import Services
from app.kit.errors import TooManyRequests, Unavailable
from app.kit.rate_limiter import ConcurrencyQuota, Quota, rate_limit_headers

PLACES = {Pool.anonymous: 1, Pool.polite: 2, Pool.partner: 3}


def partner_key(authorization: Sequence[str]) -> str | None:
    return "abc" if authorization == ("Bearer good",) else None


def reader(**headers: str) -> Reader:
    api = FastAPI()
    api.state.services = Services()
    api.state.services.add(ClientAddressResolver, ClientAddressResolver())
    api.state.services.add(ReaderIdentifier, ReaderIdentifier(partner_key))
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    request = Request(
        {"type": "http", "app": api, "method": "GET", "path": "/", "headers": sent, "client": ("192.0.2.1", 1)}
    )
    return asyncio.run(identify_reader(request))


@pytest.mark.parametrize(
    ("agent", "pool"),
    [
        ("harvester/2.1 (mailto:you@example.org)", Pool.polite),
        ("harvester/2.1 (https://example.org; MAILTO:you+it@sub.example.org) httpx", Pool.polite),
        ("harvester/2.1 (you@example.org)", Pool.anonymous),
        ("harvester/2.1 (mailto:nobody)", Pool.anonymous),
        ("mailto:@example.org", Pool.anonymous),
        ("a" * 1000 + " mailto:you@example.org", Pool.anonymous),
        ("", Pool.anonymous),
    ],
)
def test_who_says_whom_to_write_to_is_polite(agent: str, pool: Pool) -> None:
    assert reader(user_agent=agent) == Reader("192.0.2.1", pool)


def test_a_good_key_is_a_reader_of_its_own_and_a_bad_one_is_nothing() -> None:
    assert reader(authorization="Bearer good", user_agent="x (mailto:a@example.org)") == Reader("key abc", Pool.partner)
    assert reader(authorization="Bearer bad") == Reader("192.0.2.1", Pool.anonymous)


@pytest.mark.parametrize("pool", Pool)
def test_each_has_as_many_places_as_its_pool(pool: Pool) -> None:
    limiter = ConcurrencyLimiter("waits", "requests that wait", 100, PLACES)
    own = Reader("a", pool)
    with ExitStack() as stack:
        quotas = [stack.enter_context(limiter.place(own)) for _ in range(PLACES[pool])]
        assert [each.remaining for each in quotas] == [*reversed(range(PLACES[pool]))]
        with pytest.raises(TooManyRequests) as refused, limiter.place(own):
            pass
        assert refused.value.quotas == [ConcurrencyQuota("waits", PLACES[pool], 0)]
        with limiter.place(Reader("b", pool)):
            assert limiter.taken == PLACES[pool] + 1
    assert limiter.taken == 0
    with limiter.place(own):
        assert limiter.taken == 1


def test_a_quarter_of_all_places_is_left_for_those_who_are_known() -> None:
    limiter = ConcurrencyLimiter("exports", "exports", 4, PLACES)
    with ExitStack() as stack:
        for name in "abc":
            stack.enter_context(limiter.place(Reader(name)))
        with pytest.raises(Unavailable), limiter.place(Reader("d")):
            pass
        stack.enter_context(limiter.place(Reader("e", Pool.polite)))
        with pytest.raises(Unavailable), limiter.place(Reader("f", Pool.partner)):
            pass


def test_the_fields_say_what_is_counted() -> None:
    assert rate_limit_headers((ConcurrencyQuota("waits", 5, 4), Quota("key", 600, 60, 9, 30))) == {
        "RateLimit-Policy": '"waits";q=5;qu="concurrent-requests", "key";q=600;w=60',
        "RateLimit": '"waits";r=4, "key";r=9;t=30',
    }
