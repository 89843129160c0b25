"""Looking for damage, without mending it."""

from datetime import datetime

from sqlalchemy import text

from app.db.engine import is_sqlite
from app.db.sessions import Sessions
from app.staff.rebuilding import rebuild


def check_catalogue(sessions: Sessions, now: datetime) -> list[str]:
    """What is wrong, a line each; empty when nothing is. Nothing is changed."""
    problems: list[str] = []
    with sessions.read() as session:
        if is_sqlite(sessions.engine):
            for (line,) in session.execute(text("PRAGMA integrity_check")).all():
                if line != "ok":
                    problems.append(f"The database file is damaged: {line}")
            broken = session.execute(text("PRAGMA foreign_key_check")).all()
            if broken:
                problems.append(f"{len(broken)} row(s) point to something that is not there.")
        last = session.execute(text("SELECT last FROM revision_counter")).scalar_one()
        newest = session.execute(text("SELECT coalesce(max(number), 0) FROM revision")).scalar_one()
        if last != newest:
            problems.append(f"The last revision is {newest}, the counter says {last}.")
        wrong = rebuild(session, now=now)
        session.rollback()
        if wrong:
            problems.append(f"{wrong} document(s) differ from the catalogue; `kb rebuild` puts them right.")
    return problems
