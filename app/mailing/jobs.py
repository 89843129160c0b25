"""What workers do for mailing: a job for each kind of mail, and the periodic tasks."""

from app.feed.deliveries import Channel
from app.feed.reconciliation import reconciliation_task
from app.jobs.kinds import JobKind
from app.jobs.periodic import PeriodicTask
from app.mailing.campaigns.announcements import announcement_run_job
from app.mailing.campaigns.digest_planner import digest_run_job
from app.mailing.delivery.bulk import bulk_mail_job
from app.mailing.delivery.mailer import Mailer
from app.mailing.delivery.sending import mail_job
from app.mailing.digest_schedule import digest_schedule_task
from app.mailing.messages.announcements import ANNOUNCEMENT_MAIL_KIND as ANNOUNCEMENT
from app.mailing.messages.digests import DIGEST_MAIL_KIND as DIGEST
from app.mailing.messages.notices import NOTICE, notice_mail_job
from app.mailing.messages.previews import TEST, test_mail_job
from app.mailing.messages.transactional import TRANSACTIONAL_KINDS as TRANSACTIONAL
from app.mailing.privacy.erasure import purge_job
from app.mailing.privacy.retention import mail_retention_task
from app.mailing.subscriptions.signup import signup_job
from app.search.query.schema_registry import SchemaRegistry

MAIL_JOB_KINDS = (*(each.kind for each in TRANSACTIONAL), DIGEST.kind, ANNOUNCEMENT.kind, TEST, NOTICE)


def mail_jobs(mailer: Mailer) -> tuple[JobKind, ...]:
    mails = (
        *(mail_job(mailer, each) for each in TRANSACTIONAL),
        bulk_mail_job(mailer, DIGEST),
        bulk_mail_job(mailer, ANNOUNCEMENT),
    )
    single = (test_mail_job(mailer), notice_mail_job(mailer))
    subscribers = (signup_job(mailer.context), purge_job(mailer.context))
    return (*mails, *single, *subscribers, digest_run_job(mailer.entries), announcement_run_job(mailer.entries))


def mail_tasks(mailer: Mailer, registry: SchemaRegistry) -> tuple[PeriodicTask, ...]:
    settings = mailer.context.settings
    return (
        digest_schedule_task(registry, settings.digest_hour),
        reconciliation_task(Channel.mail, MAIL_JOB_KINDS, retry=settings.mail_unconfirmed == "retry"),
        mail_retention_task(settings),
    )
