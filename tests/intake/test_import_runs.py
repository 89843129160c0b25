"""Imports: created through the one writer, in chunks, and never twice."""

from io import BytesIO
from itertools import chain
from typing import BinaryIO

import pytest
from sqlalchemy import select

from app.catalogue.entries import EntryRow
from app.catalogue.revisions import RevisionRow
from app.intake.runs import runner
from app.intake.runs.entry_creation import ImportOptions
from app.intake.runs.models import ImportRecordRow
from app.intake.runs.runner import ConcurrentRun, run_import
from app.kit.clock import utc_now
from app.staff.maintenance.rebuilding import rebuild
from tests.corpus import Corpus
from tests.factories import make_publication
from tests.intake.import_files import DRAFTS, PREVIEW, PUBLISHED, imported, outcomes, progress, ris, started


def count(kb: Corpus) -> int:
    return int(kb.client.json("/v1/publications?per_page=1")["meta"]["count"])


def test_published_entries_have_revisions_and_documents(kb: Corpus) -> None:
    text = "".join(ris(f"Work number {number}", author=f"Author, N{number % 3}") for number in range(7))
    assert imported(kb, "ris", text) == [("created", f"work-number-{number}") for number in range(7)]
    assert count(kb) == 7
    assert kb.client.json("/v1/people")["meta"]["count"] == 3
    with kb.write() as session:
        assert rebuild(session, now=utc_now()) == 0
        revision = session.scalars(select(RevisionRow).where(RevisionRow.slug == "work-number-0")).one()
        assert (revision.actor, revision.action, revision.note) == ("cli", "publish", "Imported, record 1, line 1.")


def test_drafts_are_not_public(kb: Corpus) -> None:
    assert imported(kb, "ris", ris("Draft"), DRAFTS) == [("created", "draft")]
    assert count(kb) == 0
    with kb.read() as session:
        assert session.scalars(select(EntryRow.status).where(EntryRow.slug == "draft")).one() == "draft"


def test_what_has_no_field_stays_in_the_history(kb: Corpus) -> None:
    imported(kb, "ris", ris("Draft", more="C1  - Shelf B3\n"), DRAFTS)
    with kb.read() as session:
        note = session.scalars(select(RevisionRow.note).where(RevisionRow.slug == "draft")).one()
    assert note == "Imported, record 1, line 1.\nC1: Shelf B3"


def test_however_long_it_is(kb: Corpus) -> None:
    kept = [f"U{number}: {'word ' * 300}end" for number in range(1, 6)]
    imported(kb, "ris", ris("Draft", more="".join(f"{each.replace(':', '  -')}\n" for each in kept)), DRAFTS)
    with kb.read() as session:
        note = session.scalars(select(RevisionRow.note).where(RevisionRow.slug == "draft")).one() or ""
    assert note.splitlines()[1:] == kept


def test_a_record_at_fault_does_not_take_others_with_it(kb: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something that only the writer notices: an address taken between looking and writing."""
    with kb.write() as session:
        make_publication(session, slug="work-3", title="Else")
    monkeypatch.setattr("app.intake.matching.mapping._taken", lambda session, slugs: frozenset())
    text = "".join(ris(f"Work {number}", author="One, Same") for number in range(7))
    done = imported(kb, "ris", text)
    assert [outcome for outcome, _ in done] == ["created"] * 3 + ["refused"] + ["created"] * 3
    assert count(kb) == 7


class Cut(BytesIO):
    """A file that cannot be read to its end."""

    def __init__(self, raw: bytes, end: int) -> None:
        super().__init__(raw)
        self._end = end

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= self._end:
            raise ConnectionAbortedError
        return super().read(64)


@pytest.mark.parametrize("options", [DRAFTS, PUBLISHED])
def test_an_import_that_was_cut_off_goes_on_without_doubling(
    kb: Corpus, options: ImportOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "CHUNK", 10)
    text = "".join(ris(f"Work {number}") for number in range(45))
    ident = started(kb, "ris", text, options)
    stream: BinaryIO = Cut(text.encode(), len(text) // 2)
    with pytest.raises(ConnectionAbortedError):
        run_import(kb.service.sessions, ident, stream, clock=utc_now)
    middle = progress(kb, ident)
    assert middle["state"] == "running"
    assert 0 < middle["seen"] < 45
    run_import(kb.service.sessions, ident, BytesIO(text.encode()), clock=utc_now)
    assert outcomes(kb, ident) == [("created", f"work-{number}") for number in range(45)]
    assert progress(kb, ident) == {"state": "done", "seen": 45, "created": 45, "duplicate": 0, "refused": 0}
    run_import(kb.service.sessions, ident, BytesIO(text.encode()), clock=utc_now)
    assert progress(kb, ident)["seen"] == 45


def test_two_who_go_on_with_one_import_do_it_once(kb: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "CHUNK", 10)
    text = "".join(ris(f"Work {number}") for number in range(25))
    ident = started(kb, "ris", text, PUBLISHED)
    turns: list[int] = []

    def other(*_: object) -> None:
        turns.append(1)

    first = iter([True])

    class Racing(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if next(first, False):
                run_import(kb.service.sessions, ident, BytesIO(text.encode()), clock=utc_now, after_chunk=other)
            return super().read(size)

    with pytest.raises(ConcurrentRun):
        run_import(kb.service.sessions, ident, Racing(text.encode()), clock=utc_now)
    assert count(kb) == 25


def reasons(kb: Corpus, ident: int) -> list[str]:
    with kb.read() as session:
        records = select(ImportRecordRow).where(ImportRecordRow.import_id == ident)
        rows = session.scalars(records.order_by(ImportRecordRow.number))
        return [*chain.from_iterable(row.shown["reasons"] for row in rows)]


def test_a_long_import_keeps_no_more_than_its_recent_records(kb: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came before is found in the catalogue. A preview keeps all: there it would be found nowhere else."""
    monkeypatch.setattr(runner, "CHUNK", 10)
    monkeypatch.setattr(runner, "RECENT", 20)
    works = [ris(f"Work {number}", author=f"A{number}, B") for number in range(45)]
    text = "".join([*works, works[0], works[25], works[44]])
    first, *recent = (f"Record {number} of this import resembles it." for number in (1, 26, 45))
    expected = {PREVIEW: [first, *recent], DRAFTS: ["Title, year and first author are the same.", *recent]}
    for options, first_words in expected.items():
        ident = started(kb, "ris", text, options)
        run_import(kb.service.sessions, ident, BytesIO(text.encode()), clock=utc_now)
        assert progress(kb, ident)["duplicate"] == 3
        found = reasons(kb, ident)
        assert [each.startswith(words) for each, words in zip(found, first_words, strict=True)] == [True] * 3, found


def test_the_same_file_again_creates_nothing(kb: Corpus) -> None:
    text = "".join(ris(f"Work {number}", more=f"DO  - 10.1234/{number}\n") for number in range(5))
    imported(kb, "ris", text)
    assert [outcome for outcome, _ in imported(kb, "ris", text)] == ["duplicate"] * 5
    assert count(kb) == 5


def test_a_preview_that_was_cut_off_remembers_what_it_has_seen(kb: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "CHUNK", 10)
    text = "".join(ris(f"Work {number % 23}") for number in range(46))
    ident = started(kb, "ris", text, PREVIEW)
    with pytest.raises(ConnectionAbortedError):
        run_import(kb.service.sessions, ident, Cut(text.encode(), len(text) * 3 // 4), clock=utc_now)
    assert 20 < progress(kb, ident)["seen"] < 46
    run_import(kb.service.sessions, ident, BytesIO(text.encode()), clock=utc_now)
    assert [outcome for outcome, _ in outcomes(kb, ident)] == ["proposed"] * 23 + ["duplicate"] * 23
