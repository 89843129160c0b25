"""`kb status` at three in the morning: what is wrong is said, and the exit code says that something is."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.feed.deliveries import DeliveryRow, DeliveryState
from app.jobs.models import JobRow, JobState, PeriodicRow
from app.jobs.queue import JobRequest, enqueue
from app.kit.clock import rfc3339, utc_now
from app.mailing.delivery.smtp_transport import SmtpSettings
from app.ops.certificates import end_of_mail_certificate, end_of_public_certificate
from app.ops.status import ServiceStatus, add_certificates
from app.webhooks.models import PauseReason, WebhookRow, WebhookState
from tests.cli.conftest import Run
from tests.smtp_server import NAME, SmtpServer, trusting
from tests.waiting import free_port

HOUR = timedelta(hours=1)


def late_job(session: Session) -> None:
    enqueue(session, JobRequest("note", "a"), now=utc_now() - HOUR)


def failed_job(session: Session) -> None:
    enqueue(session, JobRequest("note", "a"), now=utc_now())
    row = session.query(JobRow).one()
    row.state, row.finished_at = JobState.failed, utc_now()


def late_task(session: Session) -> None:
    session.add(PeriodicRow(name="prune-jobs", next_run=utc_now() - HOUR, fence=0))


def deferred_mails(session: Session) -> None:
    for number in range(202):
        session.add(
            DeliveryRow(
                key=f"mail/{number}", kind="digest-mail", state=DeliveryState.deferred, created_at=utc_now() - HOUR
            )
        )


def paused_webhook(session: Session) -> None:
    now = utc_now()
    given = {"name": "Mirror", "url": "https://example.org/hook", "owner": "ann@example.org", "query": None}
    of_secret = {"secret_key": "a", "secret_salt": "b", "created_by": "ann", "created_at": now}
    of_place = {"position": "0", "revision": 0, "turn": 0, "version": 1, "documents": False}
    for reason in (PauseReason.failed, PauseReason.asked):
        session.add(WebhookRow(**given, **of_secret, **of_place, state=WebhookState.paused, pause_reason=reason))


def status_of(run: Run, url: str) -> tuple[int, dict[str, Any]]:
    result = run("status", "--json", KB_DATABASE_URL=url)
    assert result.stderr == ""
    return result.exit_code, json.loads(result.stdout)


def test_all_is_well_once_there_is_a_backup(run: Run, tmp_path: Path) -> None:
    assert run("migrate").exit_code == 0
    url = f"sqlite:///{tmp_path}/kb.sqlite"
    code, before = status_of(run, url)
    assert (code, before["problems"]) == (1, ["There is no backup in var/backups: run `kb backup` every day."])
    assert run("backup").exit_code == 0
    code, after = status_of(run, url)
    assert (code, after["problems"]) == (0, [])
    assert after["version"].count(".") == 2
    assert after["database_bytes"] > 0
    assert after["disk_free_bytes"] > 0
    assert after["last_backup"] is not None
    assert run("status").exit_code == 0


@pytest.mark.one_engine
def test_signing_keys_are_counted_by_whether_they_are_there(run: Run, seeded_url: str, tmp_path: Path) -> None:
    def counted() -> object:
        return status_of(run, seeded_url)[1]["signing_keys"]

    assert counted() == {}
    assert run("subscribers", "export-suppressions", "--to", "list", KB_DATABASE_URL=seeded_url).exit_code == 0
    assert run("secrets", "rotate", KB_DATABASE_URL=seeded_url).exit_code == 0
    assert counted() == {"present": 2}
    file = tmp_path / "secrets" / "signing-keys"
    file.write_text(file.read_text().splitlines(keepends=True)[0])
    assert counted() == {"present": 1, "missing": 1}
    file.unlink()
    assert counted() == {"missing": 2}
    file.write_text("not a key\n")
    assert counted() is None


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (late_job, "has not begun: start `kb worker`"),
        (late_task, "has not begun: start `kb worker`"),
        (failed_job, "1 job(s) failed: see `kb jobs`."),
        (deferred_mails, "202 mail(s) are deferred"),
        (paused_webhook, "1 webhook(s) paused"),
    ],
)
def test_problems_are_listed_and_the_exit_code_says_so(
    run: Run, seeded_url: str, trouble: Callable[[Session], None], words: str
) -> None:
    engine = make_engine(seeded_url)
    with Sessions(engine).write() as session:
        trouble(session)
    engine.dispose()
    code, found = status_of(run, seeded_url)
    assert code == 1
    assert [problem for problem in found["problems"] if words in problem]
    in_words = run("status", KB_DATABASE_URL=seeded_url)
    assert in_words.exit_code == 1
    assert words in " ".join(in_words.stderr.split())


def test_a_backup_that_is_old_a_disk_that_is_nearly_full_and_links_that_are_broken_are_reported(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("migrate").exit_code == run("backup").exit_code == 0
    url = f"sqlite:///{tmp_path}/kb.sqlite"
    (backup,) = (tmp_path / "var" / "backups").glob("*.zst")
    backup.rename(backup.with_name(re.sub(r"\d{8}T\d{6}Z", "20260102T030405Z", backup.name)))
    code, found = status_of(run, url)
    assert (code, found["problems"]) == (
        1,
        ["The newest backup is of 2026-01-02T03:04:05Z: run `kb backup` every day."],
    )
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    code, found = status_of(run, url)
    assert code == 1
    assert f"The disk of {tmp_path} has 1,000 bytes left: make room before it is full." in found["problems"]


@pytest.mark.parametrize("days", [13, 15])
def test_a_certificate_that_ends_soon_is_reported(days: int) -> None:
    ends = utc_now() + timedelta(days=days)
    status = ServiceStatus()
    with SmtpServer(ending=ends) as server:
        mail = SmtpSettings(host=NAME, port=server.port, timeout=2, trust=trusting())
        add_certificates(status, {"the mail server": partial(end_of_mail_certificate, mail)}, utc_now())
    assert status.facts == {"mail_server_certificate_ends": rfc3339(ends.replace(microsecond=0))}
    soon = [f"The TLS certificate of the mail server ends on {ends:%Y-%m-%d}. See why it was not renewed."]
    assert status.problems == (soon if days < 14 else [])


def test_an_untrusted_certificate_is_reported_and_a_server_that_does_not_answer_is_left_to_the_doctor() -> None:
    status = ServiceStatus()
    with SmtpServer(wrapped=True) as server:
        address = f"https://{NAME}:{server.port}"
        add_certificates(status, {"the public address": partial(end_of_public_certificate, address)}, utc_now())
    (message,) = status.problems
    assert message.startswith("The TLS certificate of the public address is not trusted: ")
    gone = ServiceStatus()
    nowhere = f"https://{NAME}:{free_port()}"
    add_certificates(gone, {"the public address": partial(end_of_public_certificate, nowhere)}, utc_now())
    assert gone.problems == []
    assert gone.facts == {"public_address_certificate_ends": None}
