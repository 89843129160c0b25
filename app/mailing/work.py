"""What the workers do for mailing: the sorts of mail, and what comes back by itself."""

from app.jobs.kinds import JobKind
from app.jobs.periodic import Periodic
from app.mailing.announcing import SORT as UPDATE
from app.mailing.bulk import bulk_job
from app.mailing.deciding import digest_run_job
from app.mailing.digests import SORT as DIGEST
from app.mailing.doubting import doubting
from app.mailing.following import following
from app.mailing.forgetting import forgetting_mail
from app.mailing.post import Post
from app.mailing.previewing import TEST, test_mail_job
from app.mailing.sending import mail_job
from app.mailing.transactional import SORTS as TRANSACTIONAL
from app.mailing.updates import update_run_job
from app.search.layout import Layout

KINDS = (*(sort.kind for sort in TRANSACTIONAL), DIGEST.kind, UPDATE.kind, TEST)


def sending_jobs(post: Post) -> tuple[JobKind, ...]:
    mails = (*(mail_job(post, sort) for sort in TRANSACTIONAL), bulk_job(post, DIGEST), bulk_job(post, UPDATE))
    return (*mails, test_mail_job(post), digest_run_job(post.library), update_run_job(post.library))


def sending_tasks(post: Post, layout: Layout) -> tuple[Periodic, ...]:
    settings = post.office.settings
    return (
        following(layout, settings.mail_hour),
        doubting(KINDS, retry=settings.mail_uncertain == "retry"),
        forgetting_mail(settings),
    )
