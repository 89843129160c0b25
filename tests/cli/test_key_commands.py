"""`kb key`: the first key comes from here, and the last resort."""

import re
from datetime import timedelta
from typing import Any

import pytest

from app.kit.clock import utc_now
from app.staff.scopes import SCOPES
from tests.cli.conftest import Run
from tests.client import Client
from tests.corpus import Corpus

KEY = re.compile(r"^kb_([0-9A-Za-z]{12})_[0-9A-Za-z]{49}$", re.MULTILINE)


@pytest.fixture
def kb_run(run: Run, database: str) -> Run:
    """`kb` over the database of the test."""
    return lambda *arguments: run(*arguments, KB_DATABASE_URL=database)


def shown(output: str) -> re.Match[str]:
    found = KEY.search(output)
    assert found, output
    return found


def test_the_first_key_may_do_everything(kb_run: Run, kb: Corpus) -> None:
    result = kb_run("key", "create", "--name", "Ann")
    assert result.exit_code == 0, result.output
    me = ask(kb.client, shown(result.output).group())
    assert [each["scope"] for each in me["scopes"]] == [*SCOPES]
    assert me["name"] == "Ann"


def ask(client: Client, key: str) -> dict[str, Any]:
    response = client.get("/v1/staff", authorization=f"Bearer {key}")
    assert response.status_code == 200
    me: dict[str, Any] = response.json()
    return me


def test_the_next_has_what_is_said(kb_run: Run, kb: Corpus) -> None:
    kb_run("key", "create", "--name", "Ann")
    refused = kb_run("key", "create", "--name", "Script")
    assert (refused.exit_code, "--scope" in refused.output) == (1, True)
    scopes = ("--scope", "entries:read", "--scope", "links:read")
    day = (utc_now() + timedelta(days=3)).date().isoformat()
    result = kb_run("key", "create", "--name", "Script", *scopes, "--expires", day)
    me = ask(kb.client, shown(result.output).group())
    assert [each["scope"] for each in me["scopes"]] == ["entries:read", "links:read"]
    assert str(me["expires_at"]).startswith(day)


@pytest.mark.parametrize("expires", ["0", "732", "soon", "2020-01-01", "2026-13-01"])
def test_no_key_lives_for_ever_or_not_at_all(kb_run: Run, expires: str) -> None:
    result = kb_run("key", "create", "--name", "Ann", "--expires", expires)
    assert result.exit_code == 1
    assert "--expires" in result.output
    assert not KEY.search(result.output)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--name", "Ann", "--scope", "entries:red"), "Unknown scope."),
        (("--name", "cli"), "This name is reserved for the service."),
        (("--name", " "), "A name has 1 to 80 characters on one line."),
    ],
)
def test_what_is_wrong_is_said(kb_run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = kb_run("key", "create", *arguments)
    assert (result.exit_code, result.output.strip()) == (1, message)


def test_keys_are_listed_and_revoked(kb_run: Run, kb: Corpus) -> None:
    made = shown(kb_run("key", "create", "--name", "Ann").output)
    assert made.group(1) in kb_run("key", "list").output
    assert kb_run("key", "revoke", made.group(1)).exit_code == 0
    assert "revoked" in kb_run("key", "list").output
    assert kb.client.get("/v1/staff", authorization=f"Bearer {made.group()}").status_code == 401
    assert kb_run("key", "revoke", "nobody").output.strip() == "Unknown key."


def test_a_revocation_reports_what_the_key_had_made(kb_run: Run, kb: Corpus) -> None:
    key = shown(kb_run("key", "create", "--name", "Ann").output)
    options = {"name": "Script", "scopes": ["entries:read"], "expires_in_days": 5}
    headers = {"Authorization": f"Bearer {key.group()}"}
    made = kb.client.request("POST", "/v1/staff/keys", json=options, headers=headers).json()
    assert f"{made['id']} (Script)" in kb_run("key", "revoke", key.group(1)).output
    assert kb.client.get("/v1/staff", authorization=f"Bearer {made['key']}").status_code == 200
    result = kb_run("key", "revoke", key.group(1), "--extent", "all")
    assert (result.exit_code, "Script" in result.output) == (0, False)
    assert kb.client.get("/v1/staff", authorization=f"Bearer {made['key']}").status_code == 401
    assert kb_run("key", "revoke", key.group(1), "--extent", "most").exit_code == 1
