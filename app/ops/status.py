"""What the person who runs the service looks at first: how much there is, what waits, and what is wrong."""

import shutil
import ssl
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.config.settings import Settings
from app.db.engine import is_sqlite, sqlite_files
from app.db.sessions import Sessions
from app.documents.revisions import published_number
from app.feed.deliveries import Channel, DeliveryRow, DeliveryState
from app.jobs.models import JobRow, JobState, PeriodicRow
from app.kit.clock import rfc3339
from app.kit.json_types import JsonObject
from app.kit.signing_keys import SecretsUnreadable, SigningKeys
from app.mailing.delivery.transports import Deferred
from app.ops.certificates import (
    certificate_problem,
    end_of_mail_certificate,
    end_of_public_certificate,
    quick_smtp_settings,
)
from app.ops.database.backup import newest_backup
from app.ops.index_process import index_folder
from app.ops.links.models import FAILING, LinkCheckRow
from app.ops.signing_keys import listed, wrong_secrets
from app.webhooks.models import PauseReason, WebhookRow, WebhookState

LATE: Final = timedelta(minutes=15)
"""Due work that has not been started after this time means that no worker is running."""
BACKUP_AGE: Final = timedelta(days=2)
"""Older than this, the newest backup is too old."""
MIN_FREE: Final = 2**30
"""Bytes of disk."""
SIZE_POSTGRESQL: Final = "SELECT pg_database_size(current_database())"


@dataclass(slots=True)
class ServiceStatus:
    """Facts by name, in the order of their importance; numbers by name where a fact has several. `problems` are
    sentences, each with what to do; empty when nothing is wrong. `found` has them by what was looked at."""

    facts: dict[str, str | int | dict[str, int] | None] = field(default_factory=dict)
    found: dict[str, list[str]] = field(default_factory=dict)
    oldest_job_seconds: float = 0
    backup_age_seconds: float | None = None

    @property
    def problems(self) -> list[str]:
        return [problem for problems in self.found.values() for problem in problems]

    def as_json(self) -> JsonObject:
        """The facts, and `problems`."""
        return {**self.facts, "problems": self.problems}


def service_status(sessions: Sessions, settings: Settings, *, version: str, now: datetime) -> ServiceStatus:
    """Reads only; takes no lock, and no longer with a large catalogue."""
    status = ServiceStatus({"version": version})
    with sessions.read_one_state() as session:
        status.facts["database"] = sessions.engine.url.render_as_string(hide_password=True)
        status.facts["database_bytes"] = _size(session, settings)
        status.facts["published_revision"] = published_number(session)
        status.facts |= _stored_index(settings)
        checks = {"jobs": _jobs, "worker": _worker, "mail": _mail, "webhooks": _webhooks, "links": _links}
        for name, check in checks.items():
            status.found[name] = list(check(session, status, now))
        status.facts["signing_keys"] = _signing_keys(session, settings)
    status.found["secrets"] = wrong_secrets(sessions, settings.signing_keys)
    status.found["disk"] = list(_disk(status, settings))
    status.found["backup"] = list(_backups(status, settings, now, others=not is_sqlite(sessions.engine)))
    return status


CertificateProbes = Mapping[str, Callable[[], datetime | None]]
"""By whose certificate it is; each connects, which takes seconds where the other side hangs."""


def certificate_probes(settings: Settings) -> CertificateProbes:
    return {
        "the public address": partial(end_of_public_certificate, settings.base),
        "the mail server": partial(end_of_mail_certificate, quick_smtp_settings(settings)),
    }


def add_certificates(status: ServiceStatus, probes: CertificateProbes, now: datetime) -> None:
    """Problems of a certificate; `kb doctor` reports servers that cannot be reached."""
    status.found["certificates"] = []
    for whose, end_of_certificate in probes.items():
        problem, ends = None, None
        try:
            ends = end_of_certificate()
            problem = certificate_problem(whose, ends, now)
        except (OSError, Deferred) as error:
            if isinstance(error.__cause__ or error, ssl.SSLError):
                problem = f"The TLS certificate of {whose} is not trusted: {error.__cause__ or error}."
        status.facts[f"{whose.removeprefix('the ').replace(' ', '_')}_certificate_ends"] = _time(ends)
        status.found["certificates"] += [problem] if problem else []


def _stored_index(settings: Settings) -> dict[str, int | None]:
    """None where a start builds it."""
    folder = index_folder(settings.index)
    stored = folder.stored_revision()
    return {"stored_index_revision": None if stored is None else stored.number, "stored_index_bytes": folder.bytes()}


def _size(session: Session, settings: Settings) -> int:
    files = sqlite_files(settings.database_url)
    if files:
        return sum(file.stat().st_size for file in files if file.exists())
    return int(session.scalar(text(SIZE_POSTGRESQL)) or 0)


def _jobs(session: Session, status: ServiceStatus, now: datetime) -> Iterator[str]:
    grouped = session.execute(select(JobRow.kind, JobRow.state, func.count()).group_by(JobRow.kind, JobRow.state))
    counts = {(kind, state): number for kind, state, number in grouped}
    status.facts["jobs"] = {
        f"{kind} {state}": number for (kind, state), number in sorted(counts.items()) if state != JobState.done
    }
    for state in (JobState.failed, JobState.uncertain):
        if number := sum(many for (_, found), many in counts.items() if found == state):
            yield f"{number} job(s) {state}: see `kb jobs`."
    oldest = session.scalar(select(func.min(JobRow.due)).where(JobRow.state == JobState.waiting, JobRow.due <= now))
    status.facts["oldest_job_due"] = _time(oldest)
    status.oldest_job_seconds = 0 if oldest is None else (now - oldest).total_seconds()


def _worker(session: Session, status: ServiceStatus, now: datetime) -> Iterator[str]:
    status.facts["worker_last_seen"] = _time(session.scalar(select(func.max(PeriodicRow.last_run))))
    overdue = select(func.min(PeriodicRow.next_run)).where(
        PeriodicRow.next_run <= now - LATE, func.coalesce(PeriodicRow.leased_until, now) <= now
    )
    waiting = select(func.min(JobRow.due)).where(JobRow.state == JobState.waiting, JobRow.due <= now - LATE)
    if late := min((since for since in (session.scalar(overdue), session.scalar(waiting)) if since), default=None):
        yield (
            f"Work that was due at {rfc3339(late)} has not begun: start `kb worker`, or `kb serve` with KB_WORKER=true."
        )


def _mail(session: Session, status: ServiceStatus, now: datetime) -> Iterator[str]:
    mails = DeliveryRow.channel == Channel.mail
    grouped = session.execute(select(DeliveryRow.state, func.count()).where(mails).group_by(DeliveryRow.state))
    counts = {DeliveryState(state).name: number for state, number in grouped}
    status.facts["deliveries"] = dict(sorted(counts.items()))
    accepted = session.scalar(
        select(func.max(DeliveryRow.settled_at)).where(mails, DeliveryRow.state == DeliveryState.sent)
    )
    status.facts["last_mail_accepted"] = _time(accepted)
    deferred = select(func.count(), func.min(DeliveryRow.created_at)).where(
        mails, DeliveryRow.state == DeliveryState.deferred
    )
    number, since = session.execute(deferred).one()
    if number and (accepted is None or accepted <= now - LATE):
        yield (
            f"{number} mail(s) are deferred, the oldest since {rfc3339(since)}, and no mail has been accepted "
            + (f"since {rfc3339(accepted)}" if accepted else "yet")
            + ": the mail server refuses them or cannot be reached. Run `kb doctor`, and see the log."
        )


def _webhooks(session: Session, status: ServiceStatus, _now: datetime) -> Iterator[str]:
    grouped = session.execute(select(WebhookRow.state, func.count()).group_by(WebhookRow.state))
    status.facts["webhooks"] = dict(sorted((str(state), number) for state, number in grouped))
    by_themselves = WebhookRow.state == WebhookState.paused, WebhookRow.pause_reason != PauseReason.asked
    if number := session.scalar(select(func.count()).select_from(WebhookRow).where(*by_themselves)):
        yield (
            f"{number} webhook(s) paused because nothing could be sent: `GET /v1/staff/webhooks` says why, and staff "
            "can resume them."
        )


def _links(session: Session, status: ServiceStatus, _now: datetime) -> tuple[str, ...]:
    broken = select(func.count()).select_from(LinkCheckRow).where(LinkCheckRow.state.in_(FAILING))
    status.facts["broken_links"] = session.scalar(broken)
    return ()


def _signing_keys(session: Session, settings: Settings) -> dict[str, int] | None:
    """Of those that the database knows; None where the file cannot be read."""
    try:
        known = listed(session, SigningKeys(settings.signing_keys))
    except SecretsUnreadable:
        return None
    return dict(Counter("present" if is_there else "lost" if row.lost_at else "missing" for row, is_there in known))


def _disk(status: ServiceStatus, settings: Settings) -> Iterator[str]:
    files = sqlite_files(settings.database_url)
    folder = files[0].absolute().parent if files else Path.cwd()
    free = shutil.disk_usage(folder).free
    status.facts["disk_free_bytes"] = free
    if free == 0:
        yield f"The disk of {folder} is full: nothing can be written until there is room."
    elif free < MIN_FREE:
        yield f"The disk of {folder} has {free:,} bytes left: make room before it is full."


def _backups(status: ServiceStatus, settings: Settings, now: datetime, *, others: bool) -> Iterator[str]:
    """There may be `others` than ours, of a database server; where there are ours, they have to go on."""
    newest = newest_backup(Path(settings.backup_directory))
    status.facts["last_backup"] = _time(newest.made_at if newest else None)
    status.backup_age_seconds = None if newest is None else (now - newest.made_at).total_seconds()
    if newest is None and others:
        return
    if newest is None:
        yield f"There is no backup in {settings.backup_directory}: run `kb backup` every day."
    elif newest.made_at < now - BACKUP_AGE:
        yield f"The newest backup is of {rfc3339(newest.made_at)}: run `kb backup` every day."


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
