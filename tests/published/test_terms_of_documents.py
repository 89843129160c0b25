"""Every document of an entry has a list of terms for every vocabulary there is, also for one that came later."""

import json
from contextlib import closing

import pytest
from alembic import command
from sqlalchemy import select, text

from app.catalogue.registry import BY_NAME
from app.db.schema.migrations import alembic_config, migrate, migration_connection
from app.documents.store import DocumentRow
from app.jobs.models import JobRow, JobState
from app.kit.clock import utc_now
from app.ops.database.integrity import check_catalogue
from app.staff.maintenance import rebuilding
from app.staff.maintenance.rebuilding import RENDER_JOB, rebuild
from app.worker import make_worker
from tests.corpus import Corpus
from tests.factories import NOW, change, make_framework, make_publication, make_vocabulary, withdraw

BEFORE = "9a41d7c35e08"
"""The last migration of the versions that left empty lists out."""


def vocabularies(kb: Corpus) -> list[str]:
    return sorted(each["slug"] for each in kb.client.json("/v1/vocabularies?per_page=100")["results"])


def shown(kb: Corpus) -> dict[str, list[str]]:
    """The names of the lists of every entry."""
    entries = kb.client.json("/v1/entries?per_page=100")["results"]
    return {entry["slug"]: list(entry["terms"]) for entry in entries}


def requested(kb: Corpus) -> list[JobRow]:
    with kb.read() as session:
        return list(session.scalars(select(JobRow).where(JobRow.kind == RENDER_JOB.name)))


def work(kb: Corpus) -> None:
    while make_worker(kb.service.sessions, kb.service.settings).step():
        pass


def test_a_vocabulary_without_terms_of_an_entry_is_an_empty_list(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="one", terms={"format": ["book"], "topic": []})
    terms = kb.client.json("/v1/publications/one")["terms"]
    assert list(terms) == vocabularies(kb)
    assert terms["topic"] == []
    assert [each["slug"] for each in terms["format"]] == ["book"]
    assert kb.client.slugs("/v1/publications?topic__exists=false") == ["one"]


def test_a_new_vocabulary_comes_into_the_documents_that_are_there(kb: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "BATCH", 2)
    with kb.write() as session:
        for number in range(5):
            make_publication(session, slug=f"entry-{number}")
        make_framework(session, slug="last")
        make_publication(session, slug="draft", as_draft=True)
        withdraw(session, BY_NAME["publication"], "entry-0")
    assert requested(kb) == []
    before = kb.client.get("/v1/frameworks/last")
    with kb.write() as session:
        make_vocabulary(session, "setting", "settings")
    with kb.write() as session:
        make_publication(session, slug="newer")
    assert "setting" in shown(kb)["newer"]
    assert [line for line in check_catalogue(kb.service.sessions, NOW) if "has yet to render" in line]

    work(kb)
    assert {tuple(names) for names in shown(kb).values()} == {tuple(vocabularies(kb))}
    assert [job.state for job in requested(kb)] == [JobState.done]
    assert check_catalogue(kb.service.sessions, NOW) == []
    after = kb.client.get("/v1/frameworks/last", if_none_match=before.headers["etag"])
    assert (after.status_code, after.json()["terms"]["setting"]) == (200, [])
    assert after.json()["version"] == before.json()["version"]
    assert kb.client.json("/v1")["revision"] == kb.snapshot.revision.number


def test_what_follows_has_a_revision_of_its_own(kb: Corpus) -> None:
    """Who follows the documents is told of those that say something new, and by nobody's name."""
    with kb.write() as session:
        make_publication(session, slug="one")
        make_vocabulary(session, "setting", "settings")
    with kb.read() as session:
        created = session.scalar(text("SELECT max(number) FROM revision"))
    work(kb)
    with kb.read() as session:
        last = session.execute(text("SELECT number, actor, note FROM revision ORDER BY number DESC")).first()
        written = session.scalar(text("SELECT revision FROM document WHERE slug = 'one'"))
    assert last == (created + 1, "rebuild", "1 documents")
    assert written == created + 1
    with kb.write() as session:
        make_vocabulary(session, "mood", "moods")
    work(kb)
    assert {"setting", "mood"} <= set(shown(kb)["one"])


def test_a_renamed_vocabulary_is_renamed_in_all_documents(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="one", terms={"format": ["book"], "topic": ["consent"]})
        make_publication(session, slug="two")
    with kb.write() as session:
        change(session, BY_NAME["vocabulary"], "topic", slug="subject")
    assert [each["slug"] for each in kb.client.json("/v1/publications/one")["terms"]["subject"]] == ["consent"]
    assert kb.client.slugs("/v1/entries?subject=consent") == ["one"]
    kb.client.refused("/v1/entries?topic=consent")
    work(kb)
    assert set(map(tuple, shown(kb).values())) == {tuple(vocabularies(kb))}


def test_a_change_that_renames_no_vocabulary_and_one_before_any_entry_ask_for_nothing(kb: Corpus) -> None:
    with kb.write() as session:
        make_vocabulary(session, "setting", "settings")
        make_publication(session, slug="one")
        change(session, BY_NAME["vocabulary"], "topic", label="Subjects")
    assert requested(kb) == []


def test_a_database_of_an_older_version_shows_them_once_it_is_migrated(database: str) -> None:
    with closing(Corpus(database)) as kb, kb.write() as session:
        make_publication(session, slug="one")
        document = session.scalars(select(DocumentRow).where(DocumentRow.slug == "one")).one()
        body = json.loads(document.body)
        body["terms"] = {name: terms for name, terms in body["terms"].items() if terms}
        document.body = json.dumps(body)
    with closing(Corpus(database)) as kb:
        engine = kb.service.sessions.engine
        with migration_connection(engine) as connection:
            command.downgrade(alembic_config(connection), BEFORE)
        assert shown(kb) == {"one": ["format"]}
        migrate(engine, after=lambda session: rebuild(session, now=utc_now()))
        assert shown(kb) == {"one": vocabularies(kb)}
