"""Seeding creates what is missing, updates what it wrote last, and leaves alone what people did."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from app.catalogue.entries import EntryRow, Status
from app.catalogue.kinds.publications import KIND, PublicationIn
from app.catalogue.revisions import RevisionRow
from app.catalogue.schema import Schema
from app.db.sessions import Sessions
from app.documents.revisions import published_number
from app.documents.store import DocumentRow, DocumentState
from app.ops.seeding import SEEDER, SeedReport, seed
from app.staff.editing.writer import Change, find, save
from app.staff.queries.subjects import load
from app.staff.workflow.transitions import withdraw
from tests.ops.small_seeds import ALL_NAMES, contents, edit

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 1, 2, tzinfo=UTC)
NOTES: dict[str, object] = {"slug": "notes", "title": "Notes, corrected", "terms": {"format": ["article"]}}


def sow(sessions: Sessions, folder: Path, now: datetime = FIRST, *, dry_run: bool = False) -> SeedReport:
    with sessions.write() as session:
        return seed(session, folder, now=now, dry_run=dry_run)


def staff_save(sessions: Sessions, data: Schema, *, as_draft: bool = False) -> None:
    with sessions.write() as session:
        row = find(session, KIND, data.slug)  # type: ignore[attr-defined]  # every input has one
        save(session, [Change(KIND, data, row)], by="somebody", now=LATER, as_draft=as_draft)


def named(report: SeedReport) -> dict[str, set[str]]:
    return {outcome: set(names) for outcome, names in report.outcomes.items()}


def last_number(sessions: Sessions) -> int:
    with sessions.read() as session:
        return session.scalar(select(func.max(RevisionRow.number))) or 0


def test_a_first_seeding_creates_and_publishes_everything(empty: Sessions, folder: Path) -> None:
    report = sow(empty, folder)
    assert named(report) == {"created": ALL_NAMES}
    with empty.read() as session:
        assert session.scalars(select(RevisionRow.actor).distinct()).all() == [SEEDER]
        live = session.execute(
            select(DocumentRow.collection, DocumentRow.slug).where(DocumentRow.state == DocumentState.live)
        )
        published = {f"{collection}/{slug}" for collection, slug in live}
    assert published == {name.replace("format/", "formats/") for name in ALL_NAMES}


def test_a_second_seeding_changes_nothing(empty: Sessions, folder: Path) -> None:
    sow(empty, folder)
    before = contents(empty)
    report = sow(empty, folder, LATER)
    assert named(report) == {"unchanged": ALL_NAMES}
    assert contents(empty) == before


def test_what_is_missing_is_created(empty: Sessions, folder: Path) -> None:
    sow(empty, folder)
    with (folder / "people.yaml").open("a", encoding="utf-8") as file:
        file.write("  - {slug: charles-babbage, name: Charles Babbage}\n")
    report = sow(empty, folder, LATER)
    assert named(report) == {"created": {"people/charles-babbage"}, "unchanged": ALL_NAMES}


def test_what_the_seeder_wrote_last_is_updated_and_nothing_else(empty: Sessions, folder: Path) -> None:
    sow(empty, folder)
    number = last_number(empty)
    edit(folder, "publications.yaml", "title: Notes", "title: Notes on the engine")
    report = sow(empty, folder, LATER)
    assert named(report) == {"updated": {"publications/notes"}, "unchanged": ALL_NAMES - {"publications/notes"}}
    with empty.read() as session:
        changes = session.scalars(select(RevisionRow).where(RevisionRow.number > number)).all()
        assert [(change.slug, change.actor, change.fields) for change in changes] == [("notes", SEEDER, ["title"])]
        shown = session.scalar(select(DocumentRow.body).where(DocumentRow.slug == "sketch"))
        assert shown is not None
        assert "Notes on the engine" in shown


def test_what_somebody_else_changed_is_kept(empty: Sessions, folder: Path) -> None:
    sow(empty, folder)
    staff_save(empty, PublicationIn.model_validate(NOTES))
    edit(folder, "publications.yaml", "title: Notes", "title: The seeder's idea")
    before = contents(empty)
    kept = {"kept": {"publications/notes"}, "unchanged": ALL_NAMES - {"publications/notes"}}
    assert named(sow(empty, folder, LATER, dry_run=True)) == kept
    assert named(sow(empty, folder, LATER)) == kept
    assert contents(empty) == before


def test_somebody_elses_draft_is_kept_a_draft(empty: Sessions, folder: Path) -> None:
    vocabulary = {"formats.yaml", "vocabularies.yaml"}
    put_away = {path: path.read_text(encoding="utf-8") for path in folder.iterdir() if path.name not in vocabulary}
    for path in put_away:
        path.unlink()
    sow(empty, folder)
    staff_save(empty, PublicationIn.model_validate(NOTES), as_draft=True)
    for path, text in put_away.items():
        path.write_text(text, encoding="utf-8")
    assert named(sow(empty, folder, LATER))["kept"] == {"publications/notes"}
    with empty.read() as session:
        assert session.scalar(select(EntryRow.status).where(EntryRow.slug == "notes")) == Status.draft


def test_what_somebody_wrote_just_as_the_file_says_it_is_unchanged(empty: Sessions, folder: Path) -> None:
    sow(empty, folder)
    staff_save(empty, PublicationIn.model_validate(NOTES))
    edit(folder, "publications.yaml", "title: Notes", "title: Notes, corrected")
    edit(folder, "publications.yaml", '    summary: Notes on an engine.\n    issued: "1843"\n', "")
    edit(folder, "publications.yaml", "    contributors:\n      - {agent: people/ada-lovelace, role: author}\n", "")
    edit(folder, "publications.yaml", "    identifiers:\n      - {scheme: doi, value: 10.1000/notes}\n", "")
    assert named(sow(empty, folder, LATER)) == {"unchanged": ALL_NAMES}


def test_what_was_withdrawn_stays_withdrawn(empty: Sessions, folder: Path) -> None:
    sow(empty, folder)
    with empty.write() as session:
        withdraw(session, load(session, KIND, "notes"), reason="A mistake.", by=SEEDER, now=LATER)
    edit(folder, "publications.yaml", "title: Notes", "title: Back again")
    before = contents(empty)
    report = sow(empty, folder, LATER)
    assert named(report) == {"withdrawn": {"publications/notes"}, "unchanged": ALL_NAMES - {"publications/notes"}}
    assert contents(empty) == before


def test_a_dry_run_reports_the_same_and_changes_nothing(empty: Sessions, folder: Path) -> None:
    nothing = contents(empty)
    foretold = named(sow(empty, folder, dry_run=True))
    assert contents(empty) == nothing
    assert foretold == named(sow(empty, folder))
    edit(folder, "formats.yaml", "label: Book", "label: Whole book")
    before = contents(empty)
    foretold = named(sow(empty, folder, LATER, dry_run=True))
    assert contents(empty) == before
    assert (
        foretold
        == named(sow(empty, folder, LATER))
        == {
            "updated": {"format/book"},
            "unchanged": ALL_NAMES - {"format/book"},
        }
    )


def test_seeding_and_a_dry_run_leave_the_head_where_it_was(empty: Sessions, folder: Path) -> None:
    sow(empty, folder)
    with empty.read() as session:
        reached = published_number(session)
    sow(empty, folder, LATER)
    sow(empty, folder, LATER, dry_run=True)
    with empty.read() as session:
        assert published_number(session) == reached


def test_what_was_renamed_is_kept_and_not_made_again(empty: Sessions, folder: Path) -> None:
    sow(empty, folder)
    with empty.write() as session:
        row = find(session, KIND, "notes")
        data = PublicationIn.model_validate({**NOTES, "slug": "field-notes"})
        save(session, [Change(KIND, data, row)], by="somebody", now=LATER)
    report = sow(empty, folder, LATER)
    assert named(report) == {"kept": {"publications/notes"}, "unchanged": ALL_NAMES - {"publications/notes"}}
    with empty.read() as session:
        assert find(session, KIND, "notes") is None
