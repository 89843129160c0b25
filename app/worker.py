"""The composition of the background worker: its jobs and its periodic tasks, from the settings."""

from datetime import timedelta

from app.catalogue.registry import ALL_ENTRIES, SEARCH_SCHEMAS
from app.config.settings import Settings
from app.config.version import VERSION
from app.db.sessions import Sessions
from app.harvest.dumps import dump_task
from app.intake.runs import jobs as imports
from app.intake.runs import retention as old_imports
from app.jobs.kinds import by_name
from app.jobs.periodic import PeriodicTask
from app.jobs.retention import RETENTION_TASK
from app.jobs.worker import Worker
from app.kit.clock import Clock, utc_now
from app.mailing.content.entries import PublishedEntries
from app.mailing.context import make_mail_context
from app.mailing.delivery.mailer import make_mailer
from app.mailing.jobs import mail_jobs, mail_tasks
from app.mailing.messages.notices import enqueue_notice
from app.mailing.privacy.retention import retention_task
from app.ops.index_process import build_index, index_task
from app.ops.links.checker import link_job, weekly_check_task
from app.ops.links.visitor import PRODUCT, LinkVisitor
from app.ops.tracing.loader import UNTRACED, Tracing
from app.ops.usage.retention import usage_retention_task
from app.outbound.client import Outbound
from app.reading.requests.urls import PageUrls, UrlBuilder
from app.search.index.live_index import Index
from app.search.query.schema_registry import SchemaRegistry
from app.staff.auth.idempotency import EXPIRY_TASK
from app.staff.maintenance.rebuilding import RENDER_JOB
from app.staff.workflow.transitions import PUBLISHING_TASK
from app.webhooks.composition import make_sender, webhook_commit_tasks, webhook_jobs, webhook_tasks
from app.websub.pings import HubPings, hub_of


def make_worker(
    sessions: Sessions,
    settings: Settings,
    *,
    clock: Clock = utc_now,
    index: Index | None = None,
    tracing: Tracing = UNTRACED,
) -> Worker:
    """The background worker with all jobs and periodic tasks, over a migrated database; it has to be started. Without
    `index` it builds one of its own when it needs one."""
    registry = SchemaRegistry(SEARCH_SCHEMAS, ALL_ENTRIES)
    published = PublishedEntries(
        sessions, registry, PageUrls(settings.pages), lambda: index or build_index(sessions, settings)
    )
    mailer = make_mailer(make_mail_context(sessions, settings, clock), published)
    sender = make_sender(make_outbound(settings), settings, clock, registry, enqueue_notice)
    pings = HubPings(hub_of(settings), sender.receivers, registry, sender.urls)
    links = link_job(LinkVisitor(sender.receivers.outbound.fetch, clock))
    kinds = (
        links,
        imports.IMPORT_JOB,
        RENDER_JOB,
        *mail_jobs(mailer),
        *webhook_jobs(sender),
        pings.job_kind,
    )
    tasks = (
        *_periodic_tasks(settings),
        *mail_tasks(mailer, registry),
        *webhook_tasks(sender),
        *((pings.periodic_task,) if pings.hub else ()),
    )
    traced_kinds = by_name(*map(tracing.job_kind, kinds))
    traced_tasks = [tracing.task(task) for task in tasks]
    commit_tasks = (*webhook_commit_tasks(sender), *((pings.commit_task,) if pings.hub else ()))
    following = [tracing.task(task) for task in commit_tasks]
    on_stop = (mailer.transport.close,)
    return Worker(sessions, traced_kinds, traced_tasks, commit_tasks=following, clock=clock, on_stop=on_stop)


def make_outbound(settings: Settings) -> Outbound:
    """The client for all requests to other servers."""
    return Outbound(user_agent=f"{PRODUCT}/{VERSION} (+{settings.base})", enabled=settings.may_ask_others)


def _periodic_tasks(settings: Settings) -> tuple[PeriodicTask, ...]:
    addresses = UrlBuilder(settings.base, settings.pages_url)
    return (
        PUBLISHING_TASK,
        RETENTION_TASK,
        old_imports.RETENTION_TASK,
        EXPIRY_TASK,
        retention_task(settings),
        usage_retention_task(settings.keep_usage),
        dump_task(settings.dumps, timedelta(minutes=settings.dump_interval), addresses),
        *((weekly_check_task(),) if settings.may_ask_others else ()),
        *(() if settings.meaning else (index_task(settings),)),
    )
