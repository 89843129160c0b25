"""304: If-None-Match decides, If-Modified-Since only without it (RFC 9110 section 13)."""

from datetime import UTC, datetime, timedelta

import pytest

from app.http.headers import EXPOSED
from tests.http.conftest import Client, World

CHANGED = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
DATE = "Thu, 01 Jan 2026 12:00:00 GMT"


def tag_of(client: Client) -> str:
    return client.get("/page").headers["etag"]


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '"a,b",{}', "*", " * ", 'W/"x" , W/{} '])
def test_a_matching_tag_is_304(client: Client, form: str) -> None:
    answer = client.get("/page", if_none_match=form.format(tag_of(client)))
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize("form", ['"other"', "", "nonsense", 'W/"other"', '"{}', "{}-gzip"])
def test_any_other_tag_is_200(client: Client, form: str) -> None:
    tag_of(client)
    assert client.get("/page", if_none_match=form).status_code == 200


def test_a_304_carries_what_a_cache_needs_and_nothing_of_the_body(client: Client) -> None:
    tag = tag_of(client)
    answer = client.get("/page", if_none_match=tag, x_request_id="asked-by-me")
    assert dict(answer.headers) == {
        "cache-control": "public, no-cache",
        "last-modified": DATE,
        "etag": tag,
        "vary": "Accept, Accept-Encoding",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "cross-origin",
        "access-control-allow-origin": "*",
        "access-control-expose-headers": EXPOSED.decode(),
        "x-request-id": "asked-by-me",
    }


def test_the_first_answer_may_be_a_304_too(client: Client, world: World) -> None:
    tag = tag_of(client)
    world.revision = 2
    assert client.get("/page", if_none_match=tag).status_code == 304
    assert world.calls == 2


def test_head_is_conditional_as_well(client: Client) -> None:
    tag = tag_of(client)
    assert client("HEAD", "/page", headers={"If-None-Match": tag, "Accept-Encoding": ""}).status_code == 304


def test_an_etag_of_another_content_coding_does_not_match(client: Client) -> None:
    packed = client("GET", "/page", headers={"Accept-Encoding": "gzip"}).headers["etag"]
    assert client.get("/page", if_none_match=packed).status_code == 200


def test_a_change_makes_the_tag_old(client: Client, world: World) -> None:
    tag = tag_of(client)
    world.revision, world.text = 2, "changed"
    assert client.get("/page", if_none_match=tag).status_code == 200


@pytest.mark.parametrize(
    ("since", "status"),
    [
        (DATE, 304),
        ("Thu, 01 Jan 2026 12:00:01 GMT", 200),  # of a state that a restored backup took back
        ("Thu, 01 Jan 2026 11:59:59 GMT", 200),
        ("Thursday, 01-Jan-26 12:00:00 GMT", 304),
        ("Thu Jan  1 12:00:00 2026", 304),
        ("2026-01-01T12:00:00Z", 200),
        ("Thu, 32 Jan 2026 12:00:00 GMT", 200),
        ("yesterday", 200),
        ("", 200),
    ],
)
def test_a_date_decides_where_there_is_no_tag(client: Client, since: str, status: int) -> None:
    assert client.get("/page", if_modified_since=since).status_code == status


def test_a_tag_that_does_not_match_outweighs_a_date_that_does(client: Client) -> None:
    assert client.get("/page", if_none_match='"other"', if_modified_since=DATE).status_code == 200


class TestWithinTwoSecondsOfTheChange:
    @pytest.mark.parametrize(("age", "status"), [(0, 200), (1, 200), (2, 304)])
    def test_no_date_is_good_enough(self, client: Client, world: World, age: int, status: int) -> None:
        world.now = CHANGED + timedelta(seconds=age)
        assert client.get("/page", if_modified_since=DATE).status_code == status

    def test_the_tag_is(self, client: Client, world: World) -> None:
        world.now = CHANGED
        assert client.get("/page", if_none_match=tag_of(client)).status_code == 304

    def test_the_date_shown_can_never_hide_a_second_change(self, client: Client, world: World) -> None:
        world.now = CHANGED + timedelta(seconds=1)
        young = client.get("/page").headers["last-modified"]
        assert young == "Thu, 01 Jan 2026 11:59:59 GMT"
        world.revision, world.text = 2, "changed again in the same second"
        world.now = CHANGED + timedelta(minutes=1)
        assert client.get("/page", if_modified_since=young).status_code == 200

    def test_the_true_date_is_shown_as_soon_as_it_is_safe(self, client: Client, world: World) -> None:
        world.now = CHANGED
        client.get("/page")
        world.now = CHANGED + timedelta(seconds=2)
        assert client.get("/page").headers["last-modified"] == DATE
        assert world.calls == 1
