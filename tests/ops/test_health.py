"""`live` says that the process answers, `ready` that the knowledge base does."""

from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.documents.revisions import published_number
from app.jobs.queue import JobRequest, enqueue
from app.kit.clock import utc_now
from app.ops.health import Readiness
from app.staff.scopes import SCOPES
from tests.api_keys import api_key_client
from tests.client import problem
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details, make_publication


def test_a_seeded_service_is_live_and_ready(seeded: Corpus) -> None:
    assert seeded.client.json("/health/live") == {"status": "live"}
    with seeded.read() as session:
        reached = published_number(session)
    answer = seeded.client.get("/health/ready")
    assert answer.json() == {"status": "ready", "revision": reached}
    assert answer.headers["cache-control"] == "no-store"


def test_ready_has_seen_every_change(kb: Corpus) -> None:
    before = kb.client.json("/health/ready")["revision"]
    with kb.write() as session:
        make_publication(session)
    assert kb.client.json("/health/ready")["revision"] > before


def test_who_may_know_sees_the_state_of_the_service(kb: Corpus) -> None:
    operator = api_key_client(kb, "status:read")
    health = operator.request_json("GET", "/health/ready")
    detail = health.pop("detail")
    plain = kb.client.get("/health/ready")
    assert plain.json() == health
    assert {"version", "published_revision", "jobs", "deliveries", "worker_last_seen", "problems"} <= set(detail)
    assert detail["published_revision"] == health["revision"]
    with kb.write() as session:
        enqueue(session, JobRequest("note", "a"), now=utc_now() - timedelta(hours=1))
    (message,) = (
        each for each in operator.request_json("GET", "/health/ready")["detail"]["problems"] if "worker" in each
    )
    assert "has not begun: start `kb worker`" in message


def test_nobody_else_sees_more_than_that_it_is_ready(kb: Corpus) -> None:
    plain = kb.client.json("/health/ready")
    another = api_key_client(kb, *(each for each in SCOPES if each != "status:read"))
    assert another.request_json("GET", "/health/ready") == plain
    good = api_key_client(kb, "status:read").text
    for sent in (good[:-1], f"Bearer {good}x", f"Basic {good}", f"Bearer {good[:-6]}", "Bearer", "", "Bearer \u00e9"):
        answer = kb.client.request("GET", "/health/ready", headers={"Authorization": sent.encode("latin-1")})
        assert answer.json() == plain, sent
    twice = [("Authorization", f"Bearer {good}"), ("Authorization", f"Bearer {good}")]
    assert kb.client.request("GET", "/health/ready", headers=twice).json() == plain


def test_a_schema_that_is_behind_is_not_ready(kb: Corpus) -> None:
    with kb.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'e8e07178d430'"))
    answer = kb.client.get("/health/ready")
    assert problem(answer, 503)["detail"] == "The schema of the database is not current: run `kb migrate`."
    assert answer.headers["retry-after"] == "30"
    assert kb.client.get("/health/live").status_code == 200


def test_a_database_that_is_gone_is_not_ready(databases: Databases) -> None:
    url = databases.server.copy(databases.template("furnished", add_details))
    with closing(Corpus(url)) as kb:
        assert kb.client.get("/health/ready").status_code == 200
        kb.service.services[Readiness].engine.dispose()
        databases.server.drop(url)
        assert problem(kb.client.get("/health/ready"), 503)["title"] == "Service unavailable"
        assert kb.client.get("/health/live").status_code == 200


@pytest.mark.one_engine
def test_it_shows_how_a_request_arrives(empty_database: str) -> None:
    with closing(Corpus(empty_database, trusted_proxies=["127.0.0.1"])) as kb:
        direct = kb.client.get("/health/client")
        assert direct.json() == {"arrival": "direct", "address": "127.0.0.1"}
        assert direct.headers["cache-control"] == "no-store"
        passed_on = kb.client.get("/health/client", x_forwarded_for="192.0.2.77, 198.51.100.7")
        assert passed_on.json() == {"arrival": "trusted-proxy", "address": "198.51.100.7"}
    with closing(Corpus(empty_database)) as kb:
        unknown = kb.client.get("/health/client", x_forwarded_for="198.51.100.7")
        assert unknown.json() == {"arrival": "unknown-proxy", "address": None}
