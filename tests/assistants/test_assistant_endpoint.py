"""`/mcp`: what is no call is refused with a reason, and nobody can keep it busy."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Any

import httpx
import pytest

from app.assistants.allowed_callers import allowed_callers
from app.assistants.context import AssistantContext
from app.assistants.protocol_loader import load_protocol
from app.assistants.router import MAX_BODY, PER_CLIENT, PER_MINUTE, AssistantEndpoint
from app.http.readers import Pool, Reader
from app.kit.rate_limiter import RateLimiter
from app.kit.system.extras import MissingExtra
from tests.client import problem
from tests.corpus import Corpus
from tests.databases import Databases
from tests.openapi_description import operations_of

TOOLS = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


def post(kb: Corpus, message: Any = None, **more: Any) -> httpx.Response:
    headers = {"accept": "application/json, text/event-stream", **more.pop("headers", {})}
    given = {"json": TOOLS if message is None else message} if "content" not in more else {}
    return kb.client.request("POST", "/mcp", headers=headers, **given, **more)


def called(tool: str, **arguments: Any) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": "a", "method": "tools/call", "params": params}


def test_an_answer_is_json_and_nobody_keeps_it(kb: Corpus) -> None:
    answer = post(kb)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert "ratelimit" in answer.headers
    assert len(answer.json()["result"]["tools"]) == 7
    assert all(each["annotations"]["readOnlyHint"] for each in answer.json()["result"]["tools"])


def test_an_error_of_a_tool_says_how_to_ask_better(kb: Corpus) -> None:
    result = post(kb, called("search", filters={"topik": "x"})).json()["result"]
    assert result["isError"] is True
    assert '"suggestion":"topic"' in result["content"][0]["text"]
    error = post(kb, called("find")).json()["error"]
    assert error["message"].startswith("There is no such tool. There are: search, get")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"", 400),
        (b"5", 422),
        (b"[" * 3000, 422),
        (b'[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]', 422),
        (b'{"jsonrpc": "2.0", "jsonrpc": "2.0", "method": "ping"}', 422),
        (b'{"jsonrpc": "1.0", "id": 1, "method": "secret-value"}', 422),
        (b'{"jsonrpc": "2.0", "id": {"secret-value": 1}, "method": "ping"}', 422),
        (b" " * (MAX_BODY + 1), 413),
    ],
)
def test_what_is_no_message_is_refused_and_not_repeated(kb: Corpus, content: bytes, status: int) -> None:
    answer = post(kb, content=content, headers={"content-type": "application/json"})
    problem(answer, status)
    assert "secret-value" not in answer.text


def test_other_methods_media_types_hosts_and_websites_are_refused(kb: Corpus) -> None:
    assert problem(kb.client.get("/mcp"), 405)["allowed"] == ["OPTIONS", "POST"]
    problem(post(kb, content=b"{}", headers={"content-type": "text/plain"}), 415)
    assert post(kb, headers={"accept": "text/html"}).status_code == 406
    assert post(kb, headers={"host": "rebound.example"}).status_code == 421
    assert post(kb, headers={"host": "localhost:8000"}).status_code == 200
    assert post(kb, headers={"origin": "https://a.website.example"}).status_code == 403
    assert post(kb, headers={"origin": "http://127.0.0.1:8000"}).status_code == 200


def test_only_this_machine_takes_its_other_names() -> None:
    callers = allowed_callers("https://kb.example.org", ["kb.internal"], ["https://staff.example.org"])
    assert callers.origins == ("https://kb.example.org", "https://staff.example.org")
    assert {"kb.example.org", "kb.example.org:*", "kb.internal", "kb.internal:*"} == set(callers.hosts)


def test_nothing_waits_for_what_may_come(kb: Corpus) -> None:
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
    listen = {"jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": {"_meta": meta}}
    answer = post(kb, listen, headers={"mcp-protocol-version": "2026-07-28", "mcp-method": "subscriptions/listen"})
    assert "error" in answer.json()


def test_calls_in_progress_are_bounded_for_each_client(kb: Corpus) -> None:
    calls = kb.service.services[AssistantEndpoint].calls
    with ExitStack() as stack:
        for _ in range(PER_CLIENT[Pool.anonymous]):
            stack.enter_context(calls.place(Reader("127.0.0.1")))
        assert "retry-after" in post(kb).headers
        problem(post(kb), 429)
    assert post(kb).status_code == 200
    assert calls.taken == 0


def test_calls_of_one_address_are_counted(kb: Corpus) -> None:
    endpoint = kb.service.services[AssistantEndpoint]
    endpoint.limiter = RateLimiter("assistants", 1, 60)
    try:
        assert post(kb).status_code == 200
        assert "retry-after" in post(kb).headers
        problem(post(kb), 429)
    finally:
        endpoint.limiter = RateLimiter("assistants", PER_MINUTE, 60)


def test_what_is_served_is_described_and_only_then(kb: Corpus, databases_of: Callable[[str], Databases]) -> None:
    described = {each.path: each for each in operations_of(kb.client.json("/openapi.json"))}["/mcp"]
    response = kb.client.request(described.method.upper(), described.example_path(), json=described.body)
    assert response.status_code == 200
    assert described.problems_of(response) == []
    with closing(Corpus(databases_of("sqlite").template("empty"))) as without:
        problem(post(without), 404)
        assert "/mcp" not in without.client.json("/openapi.json")["paths"]


def test_a_missing_extra_is_reported_with_what_to_do(kb: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name}", name="mcp")

    monkeypatch.setattr("app.kit.system.extras.import_module", missing)
    with pytest.raises(MissingExtra) as caught:
        load_protocol(kb.service.services[AssistantContext])
    assert str(caught.value) == (
        "KB_ASSISTANTS is on, but mcp is not installed. Install the extra with `pip install .[assistants]`, "
        "or run `make run ASSISTANTS=1`."
    )
