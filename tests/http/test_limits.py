"""What is refused before anything is done with it."""

from collections.abc import AsyncIterator

import pytest

from tests.http.conftest import Client, Serve, World

JSON = {"Content-Type": "application/json"}


async def in_pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1000):
        yield b" " * 1000


def test_a_body_that_announces_too_much_is_not_read(client: Client) -> None:
    async def never() -> AsyncIterator[bytes]:
        yield pytest.fail("read")

    headers = {**JSON, "Content-Length": str(2**20 + 1)}
    answer = client("POST", "/json", content=never(), headers=headers)
    assert (answer.status_code, answer.json()["limit"]) == (413, 2**20)
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("path", ["/json", "/numbers"])
def test_a_body_in_pieces_is_read_up_to_the_limit(client: Client, path: str) -> None:
    answer = client("POST", path, content=in_pieces(2_000_000), headers=JSON)
    assert (answer.status_code, answer.json()["limit"]) == (413, 2**20)


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "PUT", "QUERY"])
def test_the_limit_holds_for_every_method(serve: Serve, method: str) -> None:
    client = serve(max_body=10_000)
    assert client(method, "/length", content=in_pieces(10_000)).status_code == 200
    assert client(method, "/length", content=in_pieces(11_000)).status_code == 413
    assert client(method, "/length", content=b" " * 10_001).status_code == 413


def test_an_absurd_length_is_too_large(client: Client) -> None:
    answer = client("POST", "/json", content=in_pieces(0), headers={**JSON, "Content-Length": "9" * 5000})
    assert answer.status_code == 413


def test_a_body_of_just_the_limit_is_read(serve: Serve) -> None:
    client = serve(max_body=1000)
    assert client("POST", "/json", content=b"1" + b" " * 999, headers=JSON).json() == 1
    assert client("POST", "/json", content=b"1" + b" " * 1000, headers=JSON).status_code == 413


def test_a_prefix_may_have_a_limit_of_its_own(serve: Serve) -> None:
    client = serve(max_body=10, max_body_by_prefix={"/json": 100})
    assert client("POST", "/json", content=b"1" + b" " * 90, headers=JSON).json() == 1
    assert client("POST", "/numbers", content=b"1" + b" " * 90, headers=JSON).status_code == 413


@pytest.mark.parametrize("host", ["kb.example.org", "KB.example.org", "kb.example.org:8000"])
def test_a_known_host_is_answered(serve: Serve, host: str) -> None:
    client = serve(hosts=frozenset({"kb.example.org"}))
    assert client.get("/page", host=host).status_code == 200


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("straße.de", "xn--strae-oqa.de"),
        ("STRASSE.de", "strasse.de"),
        ("βόλος.com", "xn--nxasmm1c.com"),
        ("my_host", "my_host"),
        ("127.0.0.1", "127.0.0.1:8000"),
        ("[::1]", "[::1]:8000"),
    ],
)
def test_a_name_is_known_by_its_a_labels(serve: Serve, name: str, host: str) -> None:
    """IDNA 2008: Python's own codec makes another name of some."""
    client = serve(hosts=frozenset({name}))
    assert client.get("/page", host=host).status_code == 200
    assert client.get("/page", host="xn--strasse.de").status_code == 400


def test_an_unknown_host_is_not_even_where_the_answer_is_kept(serve: Serve, world: World) -> None:
    client = serve(hosts=frozenset({"kb.example.org"}), any_host=("/counter",))
    client.get("/page")
    answer = client.get("/page", host="evil.example")
    assert (answer.status_code, answer.json()["type"]) == (400, "https://kb.example.org/problems/unknown-host")
    assert "evil" not in answer.text
    assert client.get("/counter", host="10.0.0.7").status_code == 200


def test_an_address_may_be_8192_bytes_long(client: Client) -> None:
    assert client.get("/page?" + "a" * (8192 - 5)).status_code == 200
    assert client.get("/page?" + "a" * (8192 - 4)).status_code == 414


@pytest.mark.parametrize("path", ["/%00", "/page%00", "/%ff", "/%c3", "/a%1bb", "/%ed%a0%80"])
def test_a_path_that_is_no_text_is_400(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["title"]) == (400, "Malformed URL")


@pytest.mark.parametrize("value", ["%00", "%ff", "%C3", "a%07", "%ed%a0%80", "%7f"])
def test_a_query_that_is_no_text_is_400_and_names_the_parameter(client: Client, value: str) -> None:
    answer = client.get(f"/page?ok=1&q={value}&also=%C3%A9")
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"code": "not-text", "message": "This is not UTF-8, or contains a control character.", "parameter": "q"}
    ]


@pytest.mark.parametrize("query", ["q=100%", "q=%zz", "q=a+b", "q=%E2%82%AC", "q=%0A", ""])
def test_any_text_is_fine(client: Client, query: str) -> None:
    assert client.get(f"/page?{query}").status_code == 200
