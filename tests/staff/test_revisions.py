"""Revisions: appended and never altered, numbered in the order of their commits, without a gap."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import pytest
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import DatabaseError

from app.catalogue.entries import EntryRow
from app.catalogue.registry import BY_NAME
from app.catalogue.revisions import RevisionRow
from app.documents.store import DocumentRow
from app.kit.errors import Conflict, Invalid
from app.staff.editing.writer import acquire_write_lock
from tests.corpus import Corpus
from tests.factories import change, make_person, make_publication, withdraw

WRITERS, WRITES = 4, 5
PUBLICATION = BY_NAME["publication"]


def numbers(kb: Corpus) -> list[int]:
    with kb.read() as session:
        return list(session.scalars(select(RevisionRow.number).order_by(RevisionRow.number)))


def in_threads(work: Callable[[int], None]) -> None:
    with ThreadPoolExecutor(WRITERS) as pool:
        for done in [pool.submit(work, writer) for writer in range(WRITERS)]:
            done.result()


def test_numbers_have_no_gap_and_follow_the_commits(kb: Corpus) -> None:
    acknowledged: list[int] = []
    ours = Lock()

    def work(writer: int) -> None:
        for turn in range(WRITES):
            before = max(acknowledged, default=0)
            with kb.write() as session:
                make_publication(session, slug=f"p-{writer}-{turn}")
                number = session.scalars(select(func.max(RevisionRow.number))).one() or 0
            assert number > before
            with ours:
                acknowledged.append(number)

    start = len(numbers(kb))
    in_threads(work)
    assert numbers(kb) == list(range(1, start + WRITERS * WRITES + 1))
    with kb.read() as session:
        found = session.scalars(select(DocumentRow.revision).where(DocumentRow.kind == "publication"))
        assert sorted(found) == sorted(acknowledged) == list(range(start + 1, start + WRITERS * WRITES + 1))


def test_writers_of_one_entry_take_turns(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="one")

    def work(writer: int) -> None:
        for turn in range(WRITES):
            with kb.write() as session:
                change(session, PUBLICATION, "one", title=f"{writer} {turn}")

    in_threads(work)
    with kb.read() as session:
        rows = select(RevisionRow.version).where(RevisionRow.kind == "publication").order_by(RevisionRow.number)
        assert list(session.scalars(rows)) == list(range(1, WRITERS * WRITES + 2))
    assert kb.client.json("/v1/publications/one")["version"] == WRITERS * WRITES + 1


def test_of_two_who_withdraw_one_learns_that_it_is_done(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="one")
    errors: list[type[Exception]] = []

    def work(_: int) -> None:
        try:
            with kb.write() as session:
                withdraw(session, PUBLICATION, "one")
        except Conflict as error:
            errors.append(type(error))

    in_threads(work)
    assert errors == [Conflict] * (WRITERS - 1)


def test_of_two_who_take_an_address_one_is_refused(kb: Corpus) -> None:
    errors: list[Exception] = []

    def work(_: int) -> None:
        try:
            with kb.write() as session:
                make_publication(session, slug="one")
        except Conflict as error:
            errors.append(error)

    in_threads(work)
    assert len(errors) == WRITERS - 1
    assert kb.client.slugs("/v1/publications") == ["one"]


def test_a_refused_change_takes_no_number(kb: Corpus) -> None:
    before = numbers(kb)
    with pytest.raises(Invalid), kb.write() as session:
        make_publication(session, contributors=[{"agent": "people/nobody", "role": "author"}])
    with kb.write() as session:
        make_person(session, slug="ada")
    assert numbers(kb) == [*before, before[-1] + 1]


def test_a_revision_says_who_did_what_to_which_version(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="one", title="Draft", as_draft=True)
    later: list[dict[str, Any]] = [{"title": "Second"}, {"title": "Third", "issued": "2021"}]
    for values in later:
        with kb.write() as session:
            change(session, PUBLICATION, "one", **values)
    with kb.write() as session:
        withdraw(session, PUBLICATION, "one", reason="Wrong.")
    with kb.read() as session:
        rows = session.scalars(
            select(RevisionRow).where(RevisionRow.kind == "publication").order_by(RevisionRow.number)
        )
        found = [(row.action, row.version, row.actor, row.note) for row in rows]
        last = session.scalars(select(RevisionRow).order_by(RevisionRow.number.desc())).first()
    assert found == [
        ("create", 1, "editor", None),
        ("publish", 2, "editor", None),
        ("update", 3, "editor", None),
        ("withdraw", 4, "editor", "Wrong."),
    ]
    assert last is not None
    assert last.data is not None
    assert last.data["title"] == "Third"
    assert last.fields == ["status"]


@pytest.mark.parametrize("statement", ["UPDATE revision SET actor = 'me'", "DELETE FROM revision", "TRUNCATE revision"])
def test_a_revision_cannot_be_altered(kb: Corpus, statement: str) -> None:
    before = numbers(kb)
    if statement.startswith("TRUNCATE") and kb.service.sessions.engine.dialect.name == "sqlite":
        statement = "DELETE FROM revision WHERE number > 0"  # it has no TRUNCATE
    with pytest.raises(DatabaseError, match="append-only"), kb.write() as session:
        session.execute(text(statement))
    assert numbers(kb) == before


def test_a_turn_that_was_rolled_back_is_taken_again(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session)
    with kb.write() as session:
        attempt = session.begin_nested()
        acquire_write_lock(session, 0)
        row = session.scalars(select(EntryRow)).one()
        attempt.rollback()
        acquire_write_lock(session, 0)
        assert inspect(row).expired, "somebody else may have written in between"


def test_what_was_read_before_a_turn_is_read_again_and_what_is_read_in_it_is_not(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session)
    with kb.write() as session:
        row = session.scalars(select(EntryRow)).one()
        acquire_write_lock(session, 0)
        assert inspect(row).expired, "somebody else may have written while this waited"
        session.refresh(row)
        acquire_write_lock(session, 1)
        assert not inspect(row).expired
