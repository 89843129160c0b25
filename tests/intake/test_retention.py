"""What became of each record is forgotten after a while; what was created stays."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.intake.runs import retention
from app.intake.runs.models import ImportRecordRow, ImportRow
from app.kit.clock import utc_now
from app.worker import make_worker
from tests.corpus import Corpus
from tests.intake.import_files import DRAFTS, imported, ris, started


def kept(kb: Corpus) -> tuple[int, int]:
    with kb.read() as session:
        counts = [session.scalar(select(func.count()).select_from(row)) for row in (ImportRow, ImportRecordRow)]
    return counts[0] or 0, counts[1] or 0


def test_old_imports_are_forgotten_and_their_entries_stay(kb: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "DELETION_BATCH", 2)
    imported(kb, "ris", "".join(ris(f"Work number {number}") for number in range(5)))
    started(kb, "ris", ris("Given up"), DRAFTS)
    retention.delete_expired(kb.service.sessions, utc_now() + retention.RETENTION - timedelta(hours=1))
    assert kept(kb) == (2, 5)
    retention.delete_expired(kb.service.sessions, utc_now() + retention.RETENTION + timedelta(hours=1))
    assert kept(kb) == (0, 0)
    assert kb.client.json("/v1/publications?per_page=1")["meta"]["count"] == 5


def test_the_worker_sees_to_it(kb: Corpus) -> None:
    imported(kb, "ris", ris("Work"))
    settings = kb.service.settings.model_copy(update={"outbound": False})
    now = utc_now()
    worker = make_worker(kb.service.sessions, settings, clock=lambda: now)
    worker.step()
    now += 2 * retention.RETENTION
    worker.step()
    worker.stop()
    assert kept(kb) == (0, 0)
