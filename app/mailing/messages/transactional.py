"""Transactional mails: confirmation, already subscribed, a new link, welcome."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.feed.deliveries import DeliveryRow
from app.feed.stored_queries import parse_stored_query
from app.kit.errors import BadQuery
from app.kit.json_types import JsonObject
from app.mailing.consent import suppression, tokens
from app.mailing.content.links import PRIVACY, Refusal, confirm_url, manage_url, never_again_url, unsubscribe_url
from app.mailing.content.mime import SenderIdentity
from app.mailing.content.presenting import sections
from app.mailing.content.rendering import Message, render
from app.mailing.delivery.mailer import Mailer
from app.mailing.delivery.sending import MailKind, MailTask
from app.mailing.models import Purpose, SubscriberState, SubscriptionRow, SubscriptionState
from app.mailing.subscriptions import job_requests
from app.mailing.subscriptions.saved_queries import describe_stored_query
from app.mailing.subscriptions.signup import subscriptions_of
from app.search.index.snapshot import Snapshot
from app.search.query.model import MATCH_ALL, And, Query, leaves
from app.search.query.schema import Field

FREQUENCIES: Final = {
    "at_once": "at once, whenever there is something new",
    "daily": "once a day",
    "weekly": "once a week",
    "monthly": "once a month",
}
ALL_STATES: Final = (SubscriberState.pending, SubscriberState.active, SubscriberState.unsubscribed)
MAX_WELCOME_ENTRIES: Final = 6


def common_values(sender: SenderIdentity) -> dict[str, object]:
    """What every template may name."""
    return {"sender": sender, "privacy": sender.base + PRIVACY}


def describe_subscriptions(mailer: Mailer, session: Session, rows: Iterable[SubscriptionRow]) -> list[str]:
    snapshot = mailer.entries.terms(session)
    return list(
        dict.fromkeys(describe_stored_query(snapshot, row.query, mailer.context.settings.presets) for row in rows)
    )


def render_confirmation(mailer: Mailer, task: MailTask) -> Message | None:
    """Nothing that the caller wrote is in it: only what the knowledge base calls things."""
    number = task.payload["sign_up"]
    pending = subscriptions_of(task.session, task.subscriber.id, SubscriptionState.pending)
    rows = [row for row in pending if row.sign_up == number]
    if not rows:
        return None
    token = tokens.issue(task.session, Purpose.confirm, task.subscriber.id, now=task.job.clock(), sign_up=number)
    values = {
        **common_values(mailer.sender),
        "wanted": _describe_safely(mailer, task, rows),
        "frequency": FREQUENCIES[rows[0].frequency],
        "days": tokens.LIFE[Purpose.confirm].days,
        "address": confirm_url(mailer.sender.base, token.text),
        "never": never_again_url(mailer.sender.base, mailer.sender.signing_keys, _refusal(mailer, task)),
    }
    return render("confirmation", task.subscriber.language, values)


def _refusal(mailer: Mailer, task: MailTask) -> Refusal:
    return Refusal(task.subscriber.id, *suppression.signed(mailer.sender.signing_keys, task.subscriber.unique_key))


def _describe_safely(mailer: Mailer, task: MailTask, rows: Iterable[SubscriptionRow]) -> list[str]:
    """Without whatever a stranger may have typed into the form: only what the knowledge base itself calls things."""
    snapshot = mailer.entries.terms(task.session)
    presets = mailer.context.settings.presets
    return list(
        dict.fromkeys(describe_stored_query(snapshot, _without_free_text(snapshot, row.query), presets) for row in rows)
    )


def _without_free_text(snapshot: Snapshot, stored: JsonObject) -> JsonObject:
    """A query of which only those conditions are left that name terms, choices, dates and numbers."""
    try:
        query = parse_stored_query(snapshot, stored)
    except BadQuery:
        return stored
    fields = snapshot.fields(query.collection)
    kept = [node for node in query.conditions if all(_is_ours(fields[leaf.field]) for leaf in leaves(node))]
    if query.words is None and len(kept) == len(query.conditions):
        return stored
    return Query(query.collection, And(tuple(kept)) if kept else MATCH_ALL).as_json()


def _is_ours(field: Field) -> bool:
    return bool(field.collections or field.choices or field.type.ranged)


def render_reminder(mailer: Mailer, task: MailTask) -> Message | None:
    rows = subscriptions_of(task.session, task.subscriber.id, SubscriptionState.active, SubscriptionState.paused)
    if not rows:
        return None
    return render(
        "reminder",
        task.subscriber.language,
        {**_managing(mailer, task), "wanted": describe_subscriptions(mailer, task.session, rows)},
    )


def render_manage_link(mailer: Mailer, task: MailTask) -> Message:
    return render("manage", task.subscriber.language, _managing(mailer, task))


def _managing(mailer: Mailer, task: MailTask) -> dict[str, object]:
    token = tokens.issue(task.session, Purpose.manage, task.subscriber.id, now=task.job.clock())
    minutes = int(tokens.LIFE[Purpose.manage].total_seconds() // 60)
    return {**common_values(mailer.sender), "minutes": minutes, "address": manage_url(mailer.sender.base, token.text)}


def render_welcome(mailer: Mailer, task: MailTask) -> Message | None:
    """With what to read first of what was subscribed to, newest first. Once in a subscriber's life."""
    rows = subscriptions_of(task.session, task.subscriber.id, SubscriptionState.active)
    if not rows or _welcomed(task):
        return None
    task.subscriber.welcomed_at = task.delivery.created_at
    found = newest_matches(mailer.entries.full_snapshot(), [row.query for row in rows])
    entries = mailer.entries.entries(task.session, found)
    snapshot = mailer.entries.terms(task.session)
    values = {
        **common_values(mailer.sender),
        "followed": describe_subscriptions(mailer, task.session, rows),
        "unsubscribe": unsubscribe_url(mailer.sender.base, mailer.sender.signing_keys, *(row.id for row in rows)),
        "sections": sections(snapshot, entries.values(), {}, most=MAX_WELCOME_ENTRIES),
    }
    return render("welcome", task.subscriber.language, values, tuple(row.id for row in rows))


def _welcomed(task: MailTask) -> bool:
    """By another mail than this one."""
    known, own = task.subscriber.welcomed_at, task.delivery
    earlier = exists().where(
        DeliveryRow.subscriber_id == task.subscriber.id, DeliveryRow.kind == own.kind, DeliveryRow.id < own.id
    )
    return (known is not None and known < own.created_at) or bool(task.session.scalar(select(earlier)))


def newest_matches(snapshot: Snapshot, stored: Iterable[JsonObject]) -> list[int]:
    """Documents that match any of the queries, as many of each as of the next."""
    pages = [_page(snapshot, each) for each in stored]
    mixed = [ids[place] for place in range(MAX_WELCOME_ENTRIES) for ids in pages if place < len(ids)]
    return list(dict.fromkeys(mixed))[:MAX_WELCOME_ENTRIES]


def _page(snapshot: Snapshot, stored: JsonObject) -> list[int]:
    try:
        query = parse_stored_query(snapshot, stored)
    except BadQuery:
        return []
    ordered = Query(query.collection, query.where, query.words, snapshot.default_order(query.collection))
    return snapshot.page(ordered, snapshot.match(ordered), skip=0, take=MAX_WELCOME_ENTRIES)


TRANSACTIONAL_KINDS: Final = (
    MailKind(job_requests.CONFIRMATION, render_confirmation, ALL_STATES, respects_suppression=False),
    MailKind(job_requests.REMINDER, render_reminder, ALL_STATES, respects_suppression=False),
    MailKind(job_requests.MANAGE, render_manage_link, ALL_STATES, respects_suppression=False),
    MailKind(job_requests.WELCOME, render_welcome, (SubscriberState.active,)),
)
