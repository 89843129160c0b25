"""Importing a text as the command line does, and asking what became of it."""

from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO
from typing import Any

from sqlalchemy import select

from app.intake.creating import Settled, Wish
from app.intake.earlier_records import EarlierRecords
from app.intake.formats import SOURCES
from app.intake.importing import begin, run, settle
from app.intake.proposals import Proposal
from app.intake.reading import Refusal
from app.intake.tables import ImportRecordRow, ImportRow
from app.kit.clock import utc_now
from tests.knowledge import Knowledge

DRAFTS = Wish(by="cli")
PREVIEW = Wish(by="cli", create=False)
PUBLISHED = Wish(by="cli", publish=True)


def proposed(kb: Knowledge, name: str, text: str) -> list[Proposal]:
    """Without creating anything."""
    found = list(enumerate(SOURCES[name].read(BytesIO(text.encode())), start=1))
    with kb.write() as session:
        settled: Sequence[Settled | tuple[int, Refusal]] = settle(
            session, found, PREVIEW, EarlierRecords(), now=utc_now()
        )
    assert all(isinstance(each, Settled) for each in settled), settled
    return [each.proposal for each in settled if isinstance(each, Settled)]


def started(kb: Knowledge, name: str, text: str, wish: Wish) -> int:
    raw = text.encode()
    with kb.write() as session:
        row = begin(session, SOURCES[name], wish, digest=sha256(raw).hexdigest(), size=len(raw), now=utc_now())
        return row.id


def imported(kb: Knowledge, name: str, text: str, wish: Wish = PUBLISHED) -> list[tuple[str, str | None]]:
    """Outcome and slug of each record."""
    ident = started(kb, name, text, wish)
    run(kb.service.sessions, ident, BytesIO(text.encode()), clock=utc_now)
    return outcomes(kb, ident)


def outcomes(kb: Knowledge, ident: int) -> list[tuple[str, str | None]]:
    with kb.read() as session:
        rows = session.scalars(
            select(ImportRecordRow).where(ImportRecordRow.import_id == ident).order_by(ImportRecordRow.number)
        )
        return [(row.outcome, row.slug) for row in rows]


def progress(kb: Knowledge, ident: int) -> dict[str, Any]:
    with kb.read() as session:
        row = session.get_one(ImportRow, ident)
        return {name: getattr(row, name) for name in ("state", "seen", "created", "duplicate", "refused")}


def ris(title: str, *, year: str = "2020", author: str = "Example, Ada", more: str = "") -> str:
    return f"TY  - JOUR\nTI  - {title}\nPY  - {year}\nAU  - {author}\n{more}ER  - \n\n"
