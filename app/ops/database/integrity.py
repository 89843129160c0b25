"""Integrity check (read-only)."""

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.catalogue import reserved_names
from app.catalogue.terms import SchemeRow
from app.db.engine import is_sqlite
from app.db.sessions import Sessions
from app.jobs.models import FINISHED, JobRow
from app.kit.system.progress import report_progress
from app.staff.maintenance.rebuilding import RENDER_JOB, rebuild

PUBLISHED = """
SELECT (SELECT coalesce(max(revision), 0) FROM document),
       (SELECT coalesce(max(number), 0) FROM published_revision)
"""
REVISION_NUMBERS = "SELECT (SELECT last FROM revision_counter), (SELECT coalesce(max(number), 0) FROM revision)"
REBUILD = "run `kb rebuild` to correct them"
"""One statement each, so that PostgreSQL shows both as they were at one moment."""


def check_catalogue(sessions: Sessions, now: datetime) -> list[str]:
    """What is wrong, a line each; empty when nothing is. Nothing is changed, and others may write meanwhile:
    they wait while the documents are compared.
    """
    problems: list[str] = []
    report_progress("reading the file")
    if is_sqlite(sessions.engine):
        with sessions.read() as session:
            problems += _check_file(session)
    with sessions.write() as session:
        problems += _check_documents(session, now)
    return problems


def _check_file(session: Session) -> list[str]:
    lines = session.scalars(text("PRAGMA integrity_check"))
    problems = [f"The database file is damaged: {line}" for line in lines if line != "ok"]
    broken = session.execute(text("PRAGMA foreign_key_check")).all()
    if broken:
        problems.append(f"{len(broken)} row(s) refer to something that does not exist.")
    return problems


def _check_documents(session: Session, now: datetime) -> list[str]:
    """Needs a session that may write: `rebuild` does, and all it wrote is taken back."""
    problems: list[str] = []
    last, newest = session.execute(text(REVISION_NUMBERS)).one()
    if last != newest:
        problems.append(f"The last revision is {newest}, the counter says {last}.")
    newest, published = session.execute(text(PUBLISHED)).one()
    if newest != published:
        problems.append(f"The newest document is of revision {newest}, the last published revision is {published}.")
    for scheme in session.scalars(
        select(SchemeRow).where(SchemeRow.collection.in_(reserved_names.RESERVED_COLLECTIONS))
    ):
        problems.append(f"The vocabulary {scheme.slug} uses an address reserved for the service: {scheme.collection}.")
    attempt = session.begin_nested()
    wrong = rebuild(session, now=now)
    attempt.rollback()
    if wrong:
        remedy = "the background worker has yet to render them" if _rendering_waits(session) else REBUILD
        problems.append(f"{wrong} document(s) differ from the catalogue: {remedy}.")
    return problems


def _rendering_waits(session: Session) -> bool:
    """Whether a new vocabulary has still to come into the documents."""
    waiting = JobRow.kind == RENDER_JOB.name, JobRow.state.not_in(FINISHED)
    return session.scalar(select(JobRow.id).where(*waiting).limit(1)) is not None
