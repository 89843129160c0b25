"""SQLite on a disk that is full, broken or read-only, or in a file that is damaged: whoever needs it is told with 503;
what was acknowledged is there, and what was not is not."""

import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from app.db.engine import sqlite3
from tests.api_keys import ApiKeyClient, api_key_client
from tests.client import problem
from tests.corpus import Corpus
from tests.databases import Databases
from tests.factories import add_details, make_publication
from tests.outages.conftest import SIGN_UP, file_of

Fault = Callable[[Corpus], AbstractContextManager[None]]
READER = {"scopes": ["entries:read"], "expires_in_days": 10}


@contextmanager
def with_pragma(kb: Corpus, pragma: str) -> Iterator[None]:
    """Of every connection that writes."""
    engine = kb.service.sessions._writing
    with engine.connect() as connection:
        statement = pragma.format(pages=connection.exec_driver_sql("PRAGMA page_count").scalar_one())

    def prepare(raw: Any, *_: Any) -> None:
        raw.execute(statement)

    event.listen(engine.pool, "checkout", prepare)
    try:
        yield
    finally:
        event.remove(engine.pool, "checkout", prepare)
        engine.dispose()


def full(kb: Corpus) -> AbstractContextManager[None]:
    """SQLITE_FULL: no page more than there are now."""
    return with_pragma(kb, "PRAGMA max_page_count={pages}")


def read_only(kb: Corpus) -> AbstractContextManager[None]:
    """SQLITE_READONLY."""
    return with_pragma(kb, "PRAGMA query_only=ON")


@contextmanager
def broken(kb: Corpus) -> Iterator[None]:
    """SQLITE_IOERR: the operating system refuses to write where the log has to grow (EFBIG)."""
    log = file_of(kb).with_name(file_of(kb).name + "-wal")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("fault", [full, read_only, broken])
def test_a_failed_write_is_reported_and_nothing_is_half_written(sqlite: Corpus, fault: Fault) -> None:
    ann = api_key_client(sqlite)
    before = ann.request_json("GET", "/v1/staff/keys")["meta"]["count"]
    with fault(sqlite):
        answers = [ann("POST", "/v1/staff/keys", json={**READER, "name": f"{n} {'n' * 60}"}) for n in range(50)]
        statuses = [each.status_code for each in answers]
        assert set(statuses) <= {201, 503}
        assert 503 in statuses
        refused = next(each for each in answers if each.status_code == 503)
        assert problem(refused, 503)["detail"] == "The database is temporarily unavailable."
        assert int(refused.headers["retry-after"]) > 0
        for path in ("/v1/publications", "/health/ready"):
            assert sqlite.client.get(path).status_code == 200
        assert ann.request_json("GET", "/v1/staff/keys")["meta"]["count"] == before + statuses.count(201)
    assert ann.request_json("GET", "/v1/staff/keys")["meta"]["count"] == before + statuses.count(201)
    ann.request_json("POST", "/v1/staff/keys", 201, json={**READER, "name": "Afterwards"})
    assert sqlite.client.request("POST", "/v1/subscriptions", json=SIGN_UP).status_code == 202
    with sqlite.read() as session:
        assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"


@pytest.mark.parametrize("fault", [read_only, broken])
def test_a_failed_sign_up_is_reported_and_may_be_repeated(sqlite: Corpus, fault: Fault) -> None:
    with fault(sqlite):
        assert problem(sqlite.client.request("POST", "/v1/subscriptions", json=SIGN_UP), 503)
    assert sqlite.client.request("POST", "/v1/subscriptions", json=SIGN_UP).status_code == 202


@pytest.fixture
def damaged(databases_of: Any) -> Iterator[tuple[Corpus, ApiKeyClient]]:
    """After the first page, nothing in the file can be read; no document is kept in memory."""
    databases: Databases = databases_of("sqlite")
    template = databases.template("furnished", add_details)
    with databases.copied(template) as url, closing(Corpus(url, document_memory=0)) as kb:
        ann = api_key_client(kb)
        with kb.write() as session:
            make_publication(session, slug="one")
        assert kb.client.get("/v1/publications/one?select=title").status_code == 200
        kb.service.sessions.dispose()
        overwrite(file_of(kb))
        yield kb, ann


def overwrite(file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file.open("r+b") as opened:
        opened.seek(4096)
        opened.write(b"\xff" * (file.stat().st_size - 4096))


def test_a_damaged_file_is_503_for_who_reads_and_for_who_writes(damaged: tuple[Corpus, ApiKeyClient]) -> None:
    kb, ann = damaged
    answers = {
        "staff read": ann("GET", "/v1/staff/keys"),
        "staff write": ann("POST", "/v1/staff/keys", json={**READER, "name": "Reader"}),
        "reader": kb.client.get("/v1/publications/one"),
        "list": kb.client.get("/v1/publications?sort=title"),
        "sign-up": kb.client.request("POST", "/v1/subscriptions", json=SIGN_UP),
    }
    assert {name: each.status_code for name, each in answers.items()} == dict.fromkeys(answers, 503)
    for each in answers.values():
        assert each.headers["content-type"] == "application/problem+json"
        assert str(file_of(kb)) not in each.text
