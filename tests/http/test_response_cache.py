"""What the response cache stores, for how long, and for whom."""

import gzip

import pytest
from xxhash import xxh3_128_hexdigest

from app.http.cache.compression import compress
from app.http.headers import EXPOSED
from tests.http.conftest import Client, Serve, World


def test_a_known_answer_is_not_requested_again(client: Client, world: World) -> None:
    first, second = client.get("/page"), client.get("/page")
    assert world.calls == 1
    assert (second.status_code, second.content) == (200, first.content)
    assert dict(second.headers) | {"x-request-id": ""} == {
        "content-type": "application/json",
        "content-length": "1000",
        "cache-control": "public, no-cache",
        "last-modified": "Thu, 01 Jan 2026 12:00:00 GMT",
        "etag": f'"{xxh3_128_hexdigest(b"a" * 1000)}"',
        "vary": "Accept, Accept-Encoding",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "cross-origin",
        "access-control-allow-origin": "*",
        "access-control-expose-headers": EXPOSED.decode(),
        "x-request-id": "",
    }
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


def test_everything_is_forgotten_when_the_revision_moves(client: Client, world: World) -> None:
    client.get("/page")
    world.revision, world.text = 2, "new"
    assert client.get("/page").text == "new"
    assert world.calls == 2


def test_an_answer_of_an_overtaken_revision_is_not_stored(client: Client, world: World) -> None:
    class Overtaking(str):
        def encode(self, *_: object) -> bytes:
            world.revision += 1
            return b"made while the revision moved"

    world.text = Overtaking()
    client.get("/page")
    world.text = "the present one"
    assert client.get("/page").text == "the present one"


def test_responses_are_distinguished_by_path_query_and_representation(client: Client, world: World) -> None:
    for url in ("/page", "/page?a=1", "/page?a=2", "/page?a=1"):
        client.get(url)
    assert world.calls == 3
    client.get("/page", accept="text/csv")
    client.get("/page", accept="text/csv;q=0.9")
    assert world.calls == 4


def test_what_is_fixed_is_kept_once_whatever_is_asked(serve: Serve, world: World) -> None:
    client = serve(fixed=("/page",))
    first = client.get("/page?a=1", accept="text/csv")
    for query, accept in (("", "text/csv"), ("?a=2", "application/json"), ("?%ff", "*/*")):
        assert client.get(f"/page{query}", accept=accept).content == first.content
    assert client.get("/%70age").content == first.content
    assert world.calls == 1
    assert client.get("/page?a=1", accept_encoding="gzip").headers["content-encoding"] == "gzip"


def test_what_only_begins_as_something_fixed_is_another_thing(serve: Serve, world: World) -> None:
    client = serve(fixed=("/pa", "/pag"))
    for query in ("?a=1", "?a=2", "?a=1"):
        client.get(f"/page{query}")
    assert world.calls == 2


def test_the_application_sees_neither_credentials_nor_conditions(client: Client, world: World) -> None:
    client.get(
        "/page",
        authorization="Bearer kb_secret",
        cookie="a=b",
        if_none_match='"x"',
        range="bytes=0-1",
        accept_encoding="gzip",
    )
    assert set(world.seen[0]) == {"host", "accept", "connection", "user-agent"}


def test_repeated_accept_fields_reach_the_application_as_they_were_negotiated(client: Client) -> None:
    answer = client("GET", "/accepted", headers=[("Accept", "text/csv"), ("Accept", "text/html")])
    assert answer.text == "text/csv, text/html"


@pytest.mark.parametrize("url", ["/cookie", "/by-language", "/counter"])
def test_answers_that_are_not_for_everybody_are_not_kept(client: Client, world: World, url: str) -> None:
    assert "etag" not in client.get(url).headers
    client.get(url)
    assert world.calls == 2


def test_an_answer_that_does_not_speak_of_caching_must_not_be_stored(client: Client) -> None:
    assert client.get("/counter").headers["cache-control"] == "no-store"


def test_private_paths_bypass_the_cache_even_if_they_claim_to_be_public(client: Client, world: World) -> None:
    assert client.get("/v1/staff/me", authorization="Bearer a").text == "Bearer a"
    assert client.get("/v1/staff/me", authorization="Bearer b").text == "Bearer b"
    assert world.calls == 2


def test_gone_and_moved_are_kept_without_a_request_id_in_the_body(client: Client, world: World) -> None:
    first, second = client.get("/gone"), client.get("/gone")
    assert (first.status_code, world.calls) == (410, 1)
    assert first.content == second.content
    assert "instance" not in first.json()
    assert "etag" not in first.headers
    assert client.get("/gone", if_none_match="*").status_code == 410
    moved = client.get("/moved")
    assert (moved.status_code, moved.headers["location"]) == (301, "https://kb.example.org/page")
    assert moved.headers["cache-control"] == "public, no-cache"


def test_an_answer_over_the_limit_goes_through_whole_and_untagged(client: Client) -> None:
    answer = client.get("/large")
    assert len(answer.content) == 9 * 2**20
    assert "etag" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_least_recently_used_answers_make_room(serve: Serve, world: World) -> None:
    client = serve(max_bytes=3 * (1000 + 2048 + 600))
    for url in ("/page?1", "/page?2", "/page?3", "/page?1", "/page?4"):
        client.get(url)
    assert world.calls == 4
    client.get("/page?1")
    assert world.calls == 4
    client.get("/page?2")
    assert world.calls == 5


def test_an_answer_larger_than_the_memory_is_still_given(serve: Serve, world: World) -> None:
    client = serve(max_bytes=100)
    assert client.get("/page").text == world.text
    assert client.get("/page").text == world.text
    assert world.calls == 2


def test_head_is_get_without_the_body(client: Client) -> None:
    for url in ("/page", "/counter", "/v1/staff/me", "/large", "/gone"):
        full, short = client.get(url), client("HEAD", url, headers={"Accept-Encoding": ""})
        assert short.content == b""
        for answer in (full, short):
            del answer.headers["x-request-id"]
        assert (short.status_code, short.headers.raw) == (full.status_code, full.headers.raw)


class TestCoding:
    def test_gzip_has_a_tag_of_its_own_and_the_same_text(self, client: Client) -> None:
        plain, packed = client.get("/page"), client("GET", "/page", headers={"Accept-Encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < 100
        assert packed.content == plain.content
        assert packed.headers["etag"] == plain.headers["etag"][:-1] + '-gzip"'
        assert packed.headers["vary"] == plain.headers["vary"] == "Accept, Accept-Encoding"

    @pytest.mark.parametrize(
        ("accept_encoding", "coding"),
        [
            ("", None),
            ("identity", None),
            ("br", None),
            ("gzip", "gzip"),
            ("GZIP", "gzip"),
            ("x-gzip", "gzip"),
            ("br, gzip;q=0.1", "gzip"),
            ("gzip;q=0", None),
            ("gzip;q=0.000", None),
            ("*", "gzip"),
            ("*;q=0.5, gzip;q=0", None),
            ("gzip;q=0.4, identity;q=0.5", None),
            ("gzip;q=0.5, identity;q=0.5", "gzip"),
            ("gzip;q=nonsense", None),
            ("identity;q=0, gzip", "gzip"),
            ("*;q=0, gzip", "gzip"),
        ],
    )
    def test_weights_decide(self, client: Client, accept_encoding: str, coding: str) -> None:
        answer = client("GET", "/page", headers={"Accept-Encoding": accept_encoding})
        assert (answer.status_code, answer.headers.get("content-encoding")) == (200, coding)

    def test_a_small_body_is_compressed_only_for_those_who_insist(self, client: Client, world: World) -> None:
        world.text = "small"
        assert "content-encoding" not in client("GET", "/page", headers={"Accept-Encoding": "gzip"}).headers
        insisting = client("GET", "/page", headers={"Accept-Encoding": "gzip, identity;q=0"})
        assert insisting.headers["content-encoding"] == "gzip"
        assert insisting.text == "small"

    @pytest.mark.parametrize("accept_encoding", ["identity;q=0", "*;q=0", "br, *;q=0"])
    def test_a_client_that_accepts_no_coding_gets_406(self, client: Client, accept_encoding: str) -> None:
        answer = client("GET", "/page", headers={"Accept-Encoding": accept_encoding})
        assert (answer.status_code, answer.json()["choices"]) == (406, ["gzip", "identity"])

    def test_a_large_body_is_compressed_aside(self, client: Client, world: World) -> None:
        world.text = "abc" * 100_000
        packed = client("GET", "/page", headers={"Accept-Encoding": "gzip"})
        assert packed.text == world.text
        assert packed.headers["content-encoding"] == "gzip"

    def test_compressing_twice_gives_the_same_bytes(self) -> None:
        assert compress(b"a" * 5000) == compress(b"a" * 5000)
        assert gzip.decompress(compress(b"a" * 5000)) == b"a" * 5000


def test_a_shared_cache_may_be_allowed_not_to_revalidate_for_a_while(serve: Serve) -> None:
    client = serve(shared_cache_seconds=5)
    expected = "public, max-age=0, s-maxage=5, stale-while-revalidate=5, stale-if-error=60"
    first = client.get("/page")
    again = client.get("/page", if_none_match=first.headers["etag"])
    assert (again.status_code, first.headers["cache-control"], again.headers["cache-control"]) == (
        304,
        expected,
        expected,
    )
    assert client.get("/cookie").headers["cache-control"] != expected
    assert "s-maxage" not in client.get("/v1/staff/none").headers["cache-control"]
