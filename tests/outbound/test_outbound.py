"""What the service asks of other servers: public ones, within limits, and by name."""

import gzip
import socket
import threading
import zlib
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from itertools import count

import pytest

from app.outbound import errors
from app.outbound.client import Outbound
from app.outbound.ip_policy import resolve
from tests.outbound.conftest import Answer, Server, say


def test_an_answer_is_given_as_it_came(server: Server, outbound: Outbound) -> None:
    server.paths["/a"] = say(200, b"hello", Content_Type="text/plain")
    got = outbound.fetch("GET", server.url("/a#part"), headers={"Accept": "text/plain"})
    assert (got.status, got.body, got.url, got.redirects) == (200, b"hello", server.url("/a"), ())
    assert got.headers["content-type"] == "text/plain"
    [(method, path, headers)] = server.seen
    assert (method, path) == ("GET", "/a")
    assert headers["user-agent"] == "kb-tests (+https://kb.example)"
    assert headers["host"] == f"server.test:{server.port}"
    assert headers["accept"] == "text/plain"


@pytest.mark.parametrize("status", [404, 410, 500, 304])
def test_any_status_is_an_answer(server: Server, outbound: Outbound, status: int) -> None:
    server.paths["/a"] = say(status)
    assert outbound.fetch("GET", server.url("/a")).status == status


def test_redirects_are_followed_and_recorded(server: Server, outbound: Outbound) -> None:
    server.paths |= {"/a": say(301, Location="/b"), "/b": say(302, Location=server.url("/c")), "/c": say(200, b"c")}
    got = outbound.fetch("HEAD", server.url("/a"))
    assert (got.status, got.url, got.body) == (200, server.url("/c"), b"")
    assert got.redirects == ((301, server.url("/a")), (302, server.url("/b")))


def test_five_redirects_are_enough(server: Server, outbound: Outbound) -> None:
    for number in range(6):
        server.paths[f"/{number}"] = say(302, Location=f"/{number + 1}")
    with pytest.raises(errors.TooManyRedirects):
        outbound.fetch("GET", server.url("/0"))
    assert len(server.seen) == 6


def test_what_acts_is_not_sent_on(server: Server, outbound: Outbound) -> None:
    server.paths["/a"] = say(307, Location="/b")
    got = outbound.fetch("POST", server.url("/a"), content=b"x")
    assert (got.status, len(server.seen)) == (307, 1)


def test_no_cookie_is_kept(server: Server, outbound: Outbound) -> None:
    server.paths |= {"/a": say(302, Location="/b", Set_Cookie="a=b"), "/b": say()}
    outbound.fetch("GET", server.url("/a"))
    assert "cookie" not in server.seen[1][2]


@pytest.mark.parametrize("host", ["inside.test", "both.test", "10.1.2.3", "[::1]"])
def test_a_server_inside_is_not_requested(server: Server, outbound: Outbound, host: str) -> None:
    with pytest.raises(errors.DestinationForbidden):
        outbound.fetch("GET", server.url("/a", host))
    assert server.seen == []


def test_nor_after_a_redirect(server: Server, outbound: Outbound) -> None:
    server.paths["/a"] = say(302, Location=server.url("/b", "inside.test"))
    with pytest.raises(errors.DestinationForbidden):
        outbound.fetch("GET", server.url("/a"))
    assert len(server.seen) == 1


def test_what_was_checked_is_what_is_connected_to(server: Server, outbound: Outbound) -> None:
    """A name that changes its address between two questions is asked for once only."""
    answers = iter([["127.0.0.1"], ["10.1.2.3"]])
    server.paths["/a"] = say(200, b"a")
    rebinding = replace(outbound, resolve=lambda host, port, seconds: next(answers))
    assert rebinding.fetch("GET", server.url("/a")).body == b"a"
    assert next(answers) == ["10.1.2.3"]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://server.test/",
        "file:///etc/passwd",
        "http://user:secret@server.test/",
        "http://user@server.test/",
        "//server.test/",
        "http://",
        "",
        "http://[::1",
        "http://server.test/" + 5000 * "a",
    ],
)
def test_other_addresses_are_refused_without_being_repeated(outbound: Outbound, url: str) -> None:
    with pytest.raises(errors.DestinationForbidden) as raised:
        outbound.fetch("GET", url)
    assert "server.test" not in str(raised.value)


def test_a_large_answer_is_cut_off(server: Server, outbound: Outbound) -> None:
    server.paths["/a"] = say(200, b"x" * 1001)
    with pytest.raises(errors.ResponseTooLarge):
        outbound.fetch("GET", server.url("/a"))
    assert len(outbound.fetch("GET", server.url("/a"), max_bytes=1001).body) == 1001


def test_the_size_is_that_of_what_is_unpacked(server: Server, outbound: Outbound) -> None:
    server.paths |= {"/small": say(200, b"x" * 1000, zipped=True), "/bomb": say(200, b"x" * 10**7, zipped=True)}
    assert outbound.fetch("GET", server.url("/small")).body == b"x" * 1000
    with pytest.raises(errors.ResponseTooLarge):
        outbound.fetch("GET", server.url("/bomb"))


def endless(beginning: bytes, repeated: bytes) -> Answer:
    """A body that says it is compressed, and never ends."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        handler.wfile.write(beginning)
        while True:  # until the client hangs up
            handler.wfile.write(repeated)

    return answer


def test_what_follows_compressed_data_is_not_read(server: Server, outbound: Outbound) -> None:
    server.paths["/a"] = endless(gzip.compress(b"hello"), b"\0" * 65536)
    assert replace(outbound, seconds=60).fetch("GET", server.url("/a")).body == b"hello"


def test_compressed_data_that_holds_nothing_has_a_bound_too(server: Server, outbound: Outbound) -> None:
    packer = zlib.compressobj(wbits=31)
    beginning = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    empty_block = b"\0\0\0\xff\xff"
    server.paths["/a"] = endless(beginning, empty_block * 10_000)
    with pytest.raises(errors.ResponseTooLarge):
        replace(outbound, seconds=60).fetch("GET", server.url("/a"))


@pytest.mark.parametrize(
    "answer",
    [
        say(200, b"x", Content_Encoding="br"),
        say(200, b"no gzip", Content_Encoding="gzip"),
        say(200, b"x" * 10, length=100),
        lambda handler: handler.wfile.write(b"not HTTP\r\n\r\n"),
        lambda handler: None,
    ],
)
def test_a_damaged_answer_is_none(server: Server, outbound: Outbound, answer: Answer) -> None:
    server.paths["/a"] = answer
    with pytest.raises(errors.Unreachable):
        outbound.fetch("GET", server.url("/a"))


def test_a_server_that_drips_is_left(server: Server, outbound: Outbound) -> None:
    """Each byte comes in time, and all of them together do not: by a clock that goes on with every byte."""
    passed = count()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        with suppress(OSError):  # until the client hangs up
            while True:
                handler.wfile.write(b"x")
                handler.wfile.flush()

    server.paths["/a"] = drip
    patient = replace(outbound, max_bytes=10**9, monotonic=lambda: float(next(passed)))
    with pytest.raises(errors.TimedOut):
        patient.fetch("GET", server.url("/a"), seconds=30)


def test_a_name_that_resolves_slowly_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: resolved.wait() and [])
    try:
        with pytest.raises(errors.TimedOut):
            resolve("slow.test", 80, 0.05)
    finally:
        resolved.set()


def test_a_name_that_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror("not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    with pytest.raises(errors.Unreachable):
        resolve("nobody.test", 80, 1)


def test_no_server_at_all(outbound: Outbound) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(errors.Unreachable):
        outbound.fetch("GET", f"http://server.test:{port}/")


def test_it_can_be_switched_off(server: Server, outbound: Outbound) -> None:
    with pytest.raises(errors.OutboundDisabled, match="KB_OUTBOUND"):
        replace(outbound, enabled=False).fetch("GET", server.url("/a"))
    assert server.seen == []
