"""Drafts in seed files: made for staff, seen by no reader, and never forced upon anybody."""

from pathlib import Path

from sqlalchemy import select

from app.catalogue.entries import EntryRow
from app.catalogue.registry import BY_NAME
from app.db.sessions import Sessions
from app.staff.queries.subjects import load
from app.staff.workflow.steps import delete
from tests.ops.small_seeds import ALL_NAMES, edit
from tests.ops.test_seeding import LATER, named, sow

KIND = BY_NAME["publication"]
DRAFT = "  - slug: spare\n    draft: true\n    title: Spare\n    terms: {format: [article]}\n"
NAMES = {*ALL_NAMES, "publications/spare"}


def with_draft(folder: Path) -> None:
    path = folder / "publications.yaml"
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + f"\n{DRAFT}", encoding="utf-8")


def status(sessions: Sessions) -> str | None:
    with sessions.read() as session:
        return session.scalar(select(EntryRow.status).where(EntryRow.slug == "spare"))


def test_a_draft_is_made_as_one_and_published_when_the_file_says_so(empty: Sessions, folder: Path) -> None:
    with_draft(folder)
    assert named(sow(empty, folder)) == {"created": NAMES}
    assert status(empty) == "draft"
    assert named(sow(empty, folder, LATER)) == {"unchanged": NAMES}
    edit(folder, "publications.yaml", "title: Spare", "title: Sparer")
    assert named(sow(empty, folder, LATER))["updated"] == {"publications/spare"}
    assert status(empty) == "draft"
    edit(folder, "publications.yaml", "    draft: true\n", "")
    assert named(sow(empty, folder, LATER))["updated"] == {"publications/spare"}
    assert status(empty) == "published"


def test_what_somebody_deleted_does_not_come_back(empty: Sessions, folder: Path) -> None:
    with_draft(folder)
    sow(empty, folder)
    with empty.write() as session:
        delete(session, load(session, KIND, "spare"), by="somebody", now=LATER)
    assert named(sow(empty, folder, LATER)) == {"kept": {"publications/spare"}, "unchanged": {*ALL_NAMES}}
    assert status(empty) is None
