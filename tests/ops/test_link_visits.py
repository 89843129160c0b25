"""One visit to one address, on servers that answer as servers do."""

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from app.ops.links.models import LinkState
from app.ops.links.visitor import LinkVisitor
from app.outbound.client import Outbound
from app.outbound.errors import OutboundDisabled
from tests.outbound.conftest import Answer, Server, say, serving

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as found:
        yield found


@pytest.fixture
def visitor() -> LinkVisitor:
    return LinkVisitor(local().fetch, lambda: NOW)


def local() -> Outbound:
    """It may speak to this machine, which the service may not."""
    return Outbound(user_agent="knowledge-base/0", resolve=lambda *_: ["127.0.0.1"], permitted=lambda _: True)


def requests_to(server: Server) -> list[str]:
    return [f"{method} {path}" for method, path, _ in server.seen]


def test_what_is_there_gets_a_head_request_alone(server: Server, visitor: LinkVisitor) -> None:
    server.paths["/a?b=c"] = say(200)
    found = visitor.visit(server.url("/a?b=c#d"))
    assert (found.state, found.status, found.final_url) == (LinkState.ok, 200, server.url("/a?b=c"))
    assert requests_to(server) == ["GET /robots.txt", "HEAD /a?b=c"]
    assert server.seen[0][2]["user-agent"] == "knowledge-base/0"


def test_a_chain_of_redirects_is_written_down(server: Server, visitor: LinkVisitor) -> None:
    server.paths |= {"/a": say(301, Location="/b"), "/b": say(308, Location="/c"), "/c": say(200)}
    found = visitor.visit(server.url("/a"))
    assert (found.state, found.status, found.final_url) == (LinkState.moved, 200, server.url("/c"))
    assert found.redirects == [f"301 {server.url('/a')}", f"308 {server.url('/b')}"]


def test_a_redirect_for_now_is_no_move(server: Server, visitor: LinkVisitor) -> None:
    server.paths |= {"/a": say(302, Location="/b"), "/b": say(200)}
    assert visitor.visit(server.url("/a")).state == LinkState.ok


def test_redirects_without_end_are_broken(server: Server, visitor: LinkVisitor) -> None:
    server.paths["/a"] = say(301, Location="/a")
    assert visitor.visit(server.url("/a")).state == LinkState.broken


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (404, LinkState.broken),
        (410, LinkState.broken),
        (400, LinkState.broken),
        (401, LinkState.refused),
        (403, LinkState.refused),
        (500, LinkState.unreachable),
        (503, LinkState.unreachable),
        (429, LinkState.unreachable),
        (599, LinkState.unreachable),
    ],
)
def test_what_an_answer_means(server: Server, visitor: LinkVisitor, status: int, state: LinkState) -> None:
    server.paths["/a"] = say(status)
    found = visitor.visit(server.url("/a"))
    assert (found.state, found.status) == (state, status)
    assert found.problem is not None
    assert found.problem.startswith(f"The server responds with {status} (")


@pytest.mark.parametrize("refusal", [400, 403, 404, 405, 500, 501])
def test_a_server_that_refuses_head_is_asked_to_get(server: Server, visitor: LinkVisitor, refusal: int) -> None:
    server.paths["/a"] = by_method(HEAD=say(refusal), GET=say(200, b"x"))
    assert visitor.visit(server.url("/a")).state == LinkState.ok
    assert requests_to(server)[1:] == ["HEAD /a", "GET /a"]


def test_a_large_answer_is_there_and_not_read(server: Server, visitor: LinkVisitor) -> None:
    server.paths["/a"] = by_method(HEAD=say(405), GET=say(200, b"x" * 2_000_000))
    assert visitor.visit(server.url("/a")).state == LinkState.ok


def by_method(**answers: Answer) -> Answer:
    return lambda handler: answers[handler.command](handler)


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [
        ("120", timedelta(seconds=120)),
        ("Sun, 01 Mar 2026 09:30:00 GMT", timedelta(minutes=30)),
        ("1", timedelta(minutes=1)),
        ("999999", timedelta(hours=6)),
        ("soon", timedelta(minutes=1)),
        ("Sun, 01 Mar 99999999999999999999 09:30:00 GMT", timedelta(minutes=1)),
        (None, timedelta(minutes=1)),
    ],
)
def test_a_busy_server_says_when_to_come_again(
    server: Server, visitor: LinkVisitor, retry_after: str | None, pause: timedelta
) -> None:
    server.paths["/a"] = say(429, Retry_After=retry_after) if retry_after else say(429)
    assert visitor.visit(server.url("/a")).retry_after == pause


def test_what_robots_may_not_visit_is_not_visited(server: Server, visitor: LinkVisitor) -> None:
    server.paths |= {"/robots.txt": say(200, b"User-agent: *\nDisallow: /a\nCrawl-delay: 7"), "/b": say(200)}
    refused = visitor.visit(server.url("/a/x"))
    assert (refused.state, refused.problem) == (LinkState.refused, "The server's robots.txt disallows this URL.")
    assert visitor.visit(server.url("/b")).state == LinkState.ok
    assert visitor.delay(server.url("/b")) == timedelta(seconds=7)
    assert requests_to(server) == ["GET /robots.txt", "HEAD /b"]


def test_a_server_that_cannot_say_what_robots_may_do_is_left_alone(server: Server, visitor: LinkVisitor) -> None:
    server.paths["/robots.txt"] = say(500)
    assert visitor.visit(server.url("/a")).state == LinkState.unreachable
    assert requests_to(server) == ["GET /robots.txt"]


def test_silence_ends(server: Server) -> None:
    enough = threading.Event()
    server.paths["/a"] = lambda _: waits(enough)
    found = LinkVisitor(local().fetch, lambda: NOW, seconds=0.5).visit(server.url("/a"))
    enough.set()
    assert (found.state, found.problem) == (LinkState.unreachable, "The server did not respond in time.")


def waits(enough: threading.Event) -> None:
    enough.wait(10)


def test_nobody_there_is_unreachable(visitor: LinkVisitor) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert visitor.visit(f"http://server.test:{port}/").state == LinkState.unreachable


@pytest.mark.parametrize("url", ["http://", "http://[", "http://a:99999/", "http://a:x/"])
def test_what_is_no_address_is_broken(visitor: LinkVisitor, url: str) -> None:
    assert visitor.visit(url).problem == "This is not a web address."


def test_an_address_that_is_not_public_is_not_visited() -> None:
    guarded = LinkVisitor(Outbound(user_agent="x").fetch, lambda: NOW)
    found = guarded.visit("http://127.0.0.1/a")
    assert (found.state, found.problem) == (
        LinkState.broken,
        "The address of the server is not public.",
    )


def test_nothing_is_visited_where_that_is_switched_off() -> None:
    with pytest.raises(OutboundDisabled):
        LinkVisitor(Outbound(user_agent="x", enabled=False).fetch, lambda: NOW).visit("https://example.org/")
