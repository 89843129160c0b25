"""What has to be true of a database however its writers ended."""

from collections import Counter

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.catalogue.entries import EntryRow, EntryTermRow
from app.catalogue.kinds.publications import PublicationRow
from app.catalogue.revisions import RevisionCounterRow, RevisionRow
from app.db.engine import is_sqlite
from app.db.sessions import Sessions
from app.documents.store import DocumentRow, DocumentState
from app.intake.runs.models import ImportRecordRow, ImportRow, Outcome
from app.kit.clock import utc_now
from app.staff.maintenance.rebuilding import rebuild


def check(sessions: Sessions) -> None:
    """No half entry, no number twice or left out, and documents that say what the catalogue says."""
    with sessions.read() as session:
        if is_sqlite(sessions.engine):
            assert session.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
            assert session.execute(text("PRAGMA foreign_key_check")).all() == []
        _check_entries(session)
        _check_history(session)
        _check_imports(session)
    with sessions.write() as session:
        assert rebuild(session, now=utc_now()) == 0


def _check_entries(session: Session) -> None:
    entries = {row.id: row.status for row in session.execute(select(EntryRow.id, EntryRow.__table__.c.status))}
    assert set(session.scalars(select(PublicationRow.__table__.c.id))) == set(entries)
    assert set(session.scalars(select(EntryTermRow.entry_id))) == set(entries), "each was sent with a format"
    live = select(DocumentRow.source).where(DocumentRow.kind == "publication", DocumentRow.state == DocumentState.live)
    published = {ident for ident, status in entries.items() if status == "published"}
    assert Counter(session.scalars(live)) == Counter(published)


def _check_history(session: Session) -> None:
    numbers = session.scalars(select(RevisionRow.number).order_by(RevisionRow.number)).all()
    last = session.scalar(select(RevisionCounterRow.last))
    assert list(numbers) == list(range(1, (last or 0) + 1))
    grouped = select(RevisionRow.source, func.count(), func.max(RevisionRow.version)).group_by(
        RevisionRow.kind, RevisionRow.source
    )
    assert [source for source, revisions, version in session.execute(grouped) if revisions != version] == []


def _check_imports(session: Session) -> None:
    for row in session.scalars(select(ImportRow)):
        numbers = select(ImportRecordRow.number).where(ImportRecordRow.import_id == row.id)
        assert sorted(session.scalars(numbers)) == list(range(1, row.seen + 1))
        made = select(ImportRecordRow.slug).where(
            ImportRecordRow.import_id == row.id, ImportRecordRow.outcome == Outcome.created
        )
        slugs = set(session.scalars(made))
        assert len(slugs) == row.created
        there = select(func.count()).select_from(EntryRow).where(EntryRow.slug.in_(slugs))
        assert session.scalar(there) == row.created
