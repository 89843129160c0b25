"""A setting that cannot work is refused before anything is started with it."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.config.setting_types import is_loopback
from app.config.settings import Settings
from tests.corpus import Corpus

PUBLIC = {"base_url": "https://kb.example.org", "mail_from": "kb@example.org"}


def faults(**given: Any) -> list[Any]:
    try:
        Settings(_env_file=None, **given)
    except ValidationError as error:
        return list(error.errors())
    return []


def refusals(**given: Any) -> set[str]:
    """Which settings are refused, without their values; an empty name stands for several together."""
    found = faults(**given)
    assert not any("secret" in each["msg"] for each in found)
    return {str(each["loc"][0]) if each["loc"] else "" for each in found}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", ""),
        ("title", "secret\r\nBcc: secret@example.org"),
        ("description", " "),
        ("licence", ""),
        ("licence", "see https://secret"),
        ("contact", "mailto:secret@example.org"),
        ("contact", "secret@uni.local"),
        ("contact", "secret@localhost"),
        ("contact", "Jo Secret"),
        ("contact", "Jo <secret@example.org>"),
        ("contact", "ftp://example.org/secret"),
        ("contact", "https://"),
        ("security_policy", "secret"),
        ("websub_hub", "secret"),
        ("base_url", "https://kb.example.org/secret"),
        ("base_url", "https://kb.example.org//"),
        ("base_url", "https://kb.example.org?secret"),
        ("base_url", "https://kb.example.org?"),
        ("base_url", "https://kb.example.org#secret"),
        ("base_url", "https://user:secret@kb.example.org"),
        ("base_url", "ftp://kb.example.org"),
        ("seed_directory", __file__),
        ("host", ""),
        ("host", "http://secret"),
        ("host", "127.0.0.1:8000"),
        ("port", 0),
        ("port", 65_536),
        ("allowed_hosts", [""]),
        ("allowed_hosts", ["https://secret"]),
        ("allowed_hosts", ["secret:8000"]),
        ("allowed_hosts", ["*.secret.org"]),
        ("allowed_hosts", ["::1"]),
        ("allowed_hosts", ["xn--secret-ü"]),
        ("trusted_proxies", ["secret"]),
        ("trusted_proxies", ["10.0.0.1/8"]),
        ("trusted_proxies", ["0.0.0.0/0"]),
        ("trusted_proxies", ["::/0"]),
        ("staff_origins", ["*"]),
        ("staff_origins", ["null"]),
        ("staff_origins", ["secret.example.org"]),
        ("staff_origins", ["https://secret.example.org/"]),
        ("staff_origins", ["https://secret.example.org:443"]),
        ("staff_origins", ["https://Secret.example.org"]),
        ("document_memory", -1),
        ("response_memory", -1),
        ("max_body", 1),
        ("max_import", 1),
        ("key_rate_limit", 0),
        ("invalid_key_rate_limit", 0),
        ("secret_file", ""),
        ("secret_file", "."),
        ("presets", {"News of ours": "publications"}),
        ("presets", {"news": "https://kb.example.org/v1/publications"}),
        ("presets", {"news": "/v1/publications"}),
        ("presets", {"news": ""}),
        ("keep_pending", 0),
        ("keep_pending", 10**9),
        ("keep_unsubscribed", -1),
        ("keep_unsubscribed", 10**9),
        ("keep_mail_bodies", 10**9),
        ("keep_deliveries", 91),
        ("keep_deliveries", 10**9),
        ("keep_backups", 10**9),
        ("mail_from", "secret"),
        ("mail_from", "mailto:secret@example.org"),
        ("mail_from", "Secret <secret@example.org>"),
        ("mail_from", "a@b@secret.org"),
        ("mail_from", "jürgen@secret.org"),
        ("mail_directory", ""),
        ("mail_directory", __file__),
        ("mail_inbox", "secret@"),
        ("mail_allowed", ["@secret.org"]),
        ("mail_allowed", ["*.secret.org"]),
        ("mail_allowed", ["secret@a@b"]),
        ("mail_rate_limit", 0),
        ("digest_hour", 24),
        ("timezone", "Secret/Place"),
        ("timezone", "../secret"),
        ("timezone", "Europe"),
        ("timezone", "localtime"),
        ("smtp_host", ""),
        ("smtp_host", "smtp://secret"),
        ("smtp_host", "secret:587"),
        ("smtp_timeout", 0),
        ("bounce_address", "bounces-of-secrets@example.org"),
        ("bounce_address", "secret"),
        ("bounce_secret", "secret"),
        ("log_level", "secret"),
        ("replica_url", "sqlite:///secret.sqlite"),
        ("replica_url", "postgresql+psycopg://kb@secret:port/kb"),
        ("replica_url", "secret"),
    ],
)
def test_a_setting_that_cannot_work_is_refused(name: str, value: Any) -> None:
    assert refusals(**{name: value}) == {name}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("contact", "jo@example.org"),
        ("contact", "https://example.org/contact?of=kb"),
        ("licence", "CC-BY-4.0 OR Apache-2.0"),
        ("base_url", "https://kb.example.org/"),
        ("base_url", "http://[::1]:8000"),
        ("host", "::"),
        ("host", "kb_1"),
        ("allowed_hosts", ["kb.example.org", "kb_1", "127.0.0.1", "[::1]", "straße.example"]),
        ("trusted_proxies", ["10.0.0.0/8", "::1"]),
        ("staff_origins", ["https://example.org", "http://localhost:3000", "http://[::1]:3000"]),
        ("presets", {}),
        ("presets", {"all-news": "entries?topic__not=a&q=b+c"}),
        ("mail_from", "kb@intranet"),
        ("mail_allowed", ["you@example.org", "example.org", "localhost"]),
        ("bounce_address", "bounces@example.org"),
        ("timezone", "Pacific/Auckland"),
        ("timezone", "UTC"),
    ],
)
def test_what_works_is_accepted(name: str, value: Any) -> None:
    assert refusals(**{name: value}) == set()


@pytest.mark.parametrize(
    "given",
    [
        {"smtp_host": "smtp.example.org"},
        {"smtp_host": "smtp.example.org", "base_url": "http://localhost:8000", "mail_from": "kb@example.org"},
        {"smtp_host": "smtp.example.org", "base_url": "http://[::1]:8000", "mail_from": "kb@example.org"},
        {"smtp_host": "smtp.example.org", "base_url": "http://0.0.0.0:8000", "mail_from": "kb@example.org"},
        {"smtp_host": "smtp.example.org", "base_url": "https://kb.example.org"},
        {"smtp_host": "127.0.0.1", "smtp_port": 8000},
        PUBLIC | {"smtp_host": "smtp.example.org", "smtp_user": "kb"},
        PUBLIC | {"smtp_host": "smtp.example.org", "smtp_password": "secret"},
        PUBLIC | {"smtp_host": "smtp.example.org", "smtp_user": "k", "smtp_password": "p", "smtp_security": "none"},
        {"security_contact": "jo@example.org"},
        {"security_expires": "2027-05-31"},
        {"security_policy": "https://example.org/security"},
        {"replica_url": "postgresql+psycopg://kb@replica/kb"},
    ],
)
def test_settings_that_do_not_work_together_are_refused(given: dict[str, Any]) -> None:
    assert refusals(**given) == {""}


@pytest.mark.parametrize(
    "given",
    [
        {"smtp_host": "127.0.0.1"},
        {"smtp_host": "localhost", "smtp_security": "none"},
        {"smtp_host": "smtp.example.org", "mail_allowed": ["you@example.org"]},
        PUBLIC | {"smtp_host": "smtp.example.org", "smtp_user": "kb", "smtp_password": "p"},
    ],
)
def test_mail_is_sent_where_its_links_lead_somewhere_or_nobody_else_gets_it(given: dict[str, Any]) -> None:
    assert refusals(**given) == set()


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "kb.localhost", "127.8.0.1", "[::1]", "::", "0.0.0.0"])
def test_this_machine_is_known_by_all_its_names(host: str) -> None:
    assert is_loopback(host)
    assert not is_loopback(f"{host}.example.org")


@pytest.mark.parametrize("contact", ["jo@example.org", "https://example.org/contact"])
def test_every_contact_that_is_accepted_is_described(database: str, contact: str) -> None:
    kb = Corpus(database, contact=contact)
    try:
        described = kb.client.json("/openapi.json")["info"]["contact"]
        assert contact in described.values()
        assert kb.client.get("/subscribe").status_code == 200
    finally:
        kb.close()


def test_every_host_that_is_accepted_is_answered(database: str) -> None:
    kb = Corpus(database, allowed_hosts=["kb.example.org", "straße.example", "[::1]", "kb_1"])
    try:
        for host in ("kb.example.org", "xn--strae-oqa.example:8000", "[::1]:8000", "KB_1"):
            assert kb.client.get("/v1", host=host).status_code == 200, host
        assert kb.client.get("/v1", host="other.example.org").status_code == 400
    finally:
        kb.close()


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"host": "::1", "port": 8001}, "http://[::1]:8001"),
        ({"port": 8001, "base_url": "https://kb.example.org/"}, "https://kb.example.org"),
    ],
)
def test_without_a_base_url_it_is_where_the_service_listens(given: dict[str, Any], base: str) -> None:
    assert Settings(_env_file=None, **given).base == base
