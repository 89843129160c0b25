"""`/.well-known/security.txt`: as RFC 9116 wants it, where the settings name somebody, and for as long as it holds."""

import logging
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest

from app.config.settings import Settings
from app.main import create_app
from tests.client import BASE, Client
from tests.corpus import Corpus

PATH = "/.well-known/security.txt"
NAMED: dict[str, Any] = {"security_contact": "security@example.org", "security_expires": "2027-05-31"}
WHOLE = f"""\
Contact: mailto:security@example.org
Expires: 2027-05-31T23:59:59Z
Preferred-Languages: en
Canonical: {BASE}{PATH}
Policy: https://example.org/security
"""


def test_it_names_the_contact_and_the_expiry_date(database: str) -> None:
    own = Settings(
        _env_file=None, database_url=database, access_log=False, security_policy="https://example.org/security", **NAMED
    )
    now = datetime(2027, 5, 31, 23, 59, 59, tzinfo=UTC)
    with closing(create_app(own, clock=lambda: now)) as service, closing(Client(service)) as client:
        answer = client.get(PATH)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert answer.text == WHOLE
        described = client.json("/openapi.json")["paths"][PATH]["get"]
        assert set(described["responses"]) >= {"200", "404"}
        now = datetime(2027, 6, 1, tzinfo=UTC)
        assert client.get(PATH).status_code == 404


def test_a_page_may_be_named(database: str) -> None:
    more = NAMED | {"security_contact": "https://example.org/report"}
    with closing(Corpus(database, **more)) as kb:
        assert kb.client.get(PATH).text.startswith("Contact: https://example.org/report\n")


def test_where_nobody_is_named_there_is_none(kb: Corpus) -> None:
    assert kb.client.get(PATH).status_code == 404
    assert PATH not in kb.client.json("/openapi.json")["paths"]


def test_an_expired_one_is_logged_at_the_start(database: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), closing(Corpus(database, **NAMED | {"security_expires": "2020-01-01"})):
        assert f"KB_SECURITY_EXPIRES has passed: {PATH} is not served" in caplog.messages
