"""Request ids, access lines and application logs."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from app.http.context import RequestContext, current_request_id
from app.http.logging.access_log import AccessLog
from app.http.logging.json_logging import JsonFormatter, configure_logging
from tests.http.conftest import Client, Serve, World


@pytest.mark.parametrize("offered", ["abcdefgh", "A.b-c_123", "a" * 64])
def test_a_good_request_id_is_kept(client: Client, offered: str) -> None:
    assert client.get("/page", x_request_id=offered).headers["x-request-id"] == offered
    assert client.get("/page", x_request_id=offered).headers["x-request-id"] == offered


@pytest.mark.parametrize("offered", ["short", "a" * 65, "with space", 'quote"quote', ""])
def test_any_other_is_replaced(client: Client, offered: str) -> None:
    answer = client.get("/page", x_request_id=offered)
    assert answer.headers["x-request-id"] != offered
    assert answer.headers["x-request-id"].isalnum()


def test_ids_are_unique(client: Client) -> None:
    assert len({client.get("/page").headers["x-request-id"] for _ in range(20)}) == 20


def test_a_line_a_request(serve: Serve, world: World) -> None:
    log = AccessLog(world.log, concealed=("/v1/staff/",))
    client = serve(log=log)
    client.get("/page?q=secret", x_request_id="request-1")
    client.get("/page?q=secret", x_request_id="request-2")
    client.get("/broken", x_request_id="request-3")
    client.get("/v1/staff/me", x_request_id="request-4", authorization="Bearer secret")
    client("HEAD", "/nothing/é", headers={"X-Request-ID": "request-5"})
    log.flush()
    lines = [json.loads(line) for line in world.log.getvalue().splitlines()]
    assert [
        tuple(line[name] for name in ("request_id", "method", "path", "status", "bytes", "cache"))
        for line in lines
        if line["status"] != 500
    ] == [
        ("request-1", "GET", "/page", 200, 1000, "miss"),
        ("request-2", "GET", "/page", 200, 1000, "hit"),
        ("request-4", "GET", "/v1/staff/…", 200, 13, "-"),
        ("request-5", "HEAD", "/nothing/é", 404, 0, "-"),
    ]
    assert lines[0]["query_bytes"] == len("q=secret")
    assert lines[0]["level"] == "info"
    assert "secret" not in world.log.getvalue()
    assert abs(datetime.fromisoformat(lines[0]["time"]).timestamp() - datetime.now(UTC).timestamp()) < 60


def test_a_slow_request_is_a_warning_unless_its_client_waits_on_purpose() -> None:
    stream = io.StringIO()
    log = AccessLog(stream, slow=0.5, patient=frozenset({"/v1/changes"}))

    async def answered() -> None:
        for path, seconds in (("/quick", 0.49), ("/slow", 0.5), ("/v1/changes", 60.0)):
            context = RequestContext({"method": "GET", "path": path, "headers": []})
            log.write(context, query_bytes=0, seconds=seconds)

    asyncio.run(answered())
    log.close()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["path"], line["level"]) for line in lines] == [
        ("/quick", "info"),
        ("/slow", "warning"),
        ("/v1/changes", "info"),
    ]


def test_the_log_is_written_in_batches(serve: Serve, world: World) -> None:
    client = serve(log=AccessLog(world.log))
    for _ in range(199):
        client.get("/page")
    assert world.log.getvalue() == ""
    client.get("/page")
    assert world.log.getvalue().count("\n") == 200


def test_a_record_becomes_a_line_with_the_request_id() -> None:
    token = current_request_id.set("request-7")
    record = logging.LogRecord("app.ops", logging.WARNING, "", 0, "slow: %s", ("index",), None)
    record.fields = {"ms": 12}
    line = json.loads(JsonFormatter().format(record))
    current_request_id.reset(token)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "app.ops",
        "message": "slow: index",
        "request_id": "request-7",
        "ms": 12,
    }


@pytest.fixture
def _logging_as_before() -> Iterator[None]:
    root, access = logging.getLogger(), logging.getLogger("uvicorn.access")
    before = (root.handlers[:], root.level, access.disabled)
    yield
    root.handlers[:], access.disabled = before[0], before[2]
    root.setLevel(before[1])


@pytest.mark.usefixtures("_logging_as_before")
def test_all_loggers_go_to_one_stream_as_json() -> None:
    stream = io.StringIO()
    configure_logging("info", stream)
    logging.getLogger("uvicorn.error").info("started")
    logging.getLogger("uvicorn.access").info("10.0.0.1 GET /?q=secret")
    logging.getLogger("app").debug("too fine")
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["started"]
