"""Importing a text as the command line does, and asking what became of it."""

from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO
from typing import Any

from sqlalchemy import select

from app.intake.formats.source_formats import SOURCE_FORMATS
from app.intake.matching.earlier_records import EarlierRecords
from app.intake.matching.proposals import Proposal
from app.intake.records.parsed_record import RejectedRecord
from app.intake.runs.entry_creation import ImportOptions, ProposalResult
from app.intake.runs.models import ImportRecordRow, ImportRow
from app.intake.runs.runner import process_chunk, run_import, start_import
from app.kit.clock import utc_now
from tests.corpus import Corpus

DRAFTS = ImportOptions(by="cli")
PREVIEW = ImportOptions(by="cli", create=False)
PUBLISHED = ImportOptions(by="cli", publish=True)


def proposed(kb: Corpus, name: str, text: str) -> list[Proposal]:
    """Without creating anything."""
    found = list(enumerate(SOURCE_FORMATS[name].read(BytesIO(text.encode())), start=1))
    with kb.write() as session:
        settled: Sequence[ProposalResult | tuple[int, RejectedRecord]] = process_chunk(
            session, found, PREVIEW, EarlierRecords(), now=utc_now()
        )
    assert all(isinstance(each, ProposalResult) for each in settled), settled
    return [each.proposal for each in settled if isinstance(each, ProposalResult)]


def started(kb: Corpus, name: str, text: str, options: ImportOptions) -> int:
    raw = text.encode()
    with kb.write() as session:
        row = start_import(
            session, SOURCE_FORMATS[name], options, digest=sha256(raw).hexdigest(), size=len(raw), now=utc_now()
        )
        return row.id


def imported(kb: Corpus, name: str, text: str, options: ImportOptions = PUBLISHED) -> list[tuple[str, str | None]]:
    """Outcome and slug of each record."""
    ident = started(kb, name, text, options)
    run_import(kb.service.sessions, ident, BytesIO(text.encode()), clock=utc_now)
    return outcomes(kb, ident)


def outcomes(kb: Corpus, ident: int) -> list[tuple[str, str | None]]:
    with kb.read() as session:
        rows = session.scalars(
            select(ImportRecordRow).where(ImportRecordRow.import_id == ident).order_by(ImportRecordRow.number)
        )
        return [(row.outcome, row.slug) for row in rows]


def progress(kb: Corpus, ident: int) -> dict[str, Any]:
    with kb.read() as session:
        row = session.get_one(ImportRow, ident)
        return {name: getattr(row, name) for name in ("state", "seen", "created", "duplicate", "refused")}


def ris(title: str, *, year: str = "2020", author: str = "Example, Ada", more: str = "") -> str:
    return f"TY  - JOUR\nTI  - {title}\nPY  - {year}\nAU  - {author}\n{more}ER  - \n\n"
