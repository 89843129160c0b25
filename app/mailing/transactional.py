"""Mails that answer what somebody did: confirm, you are subscribed already, your link, welcome."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.kit.errors import BadQuery
from app.mailing import suppression, tokens, wanted
from app.mailing.composing import Letterhead
from app.mailing.delivery_tables import DeliveryRow
from app.mailing.links import PRIVACY, Refusal, confirm_url, manage_url, never_again_url, unsubscribe_url
from app.mailing.post import Post
from app.mailing.presenting import sections
from app.mailing.queries import restored, told
from app.mailing.rendering import Letter, render
from app.mailing.sending import Sort, Task
from app.mailing.signing_up import subscriptions_of
from app.mailing.tables import Purpose, SubscriberState, SubscriptionRow, SubscriptionState
from app.search.fields import Field
from app.search.query import EVERYTHING, And, Query, leaves
from app.search.snapshot import Snapshot

FREQUENCIES: Final = {
    "at_once": "at once, whenever there is something new",
    "daily": "once a day",
    "weekly": "once a week",
    "monthly": "once a month",
}
ALL_STATES: Final = (SubscriberState.pending, SubscriberState.active, SubscriberState.unsubscribed)
READ_FIRST: Final = 6


def house(head: Letterhead) -> dict[str, Any]:
    """What every template may name."""
    return {"house": head, "privacy": head.base + PRIVACY}


def in_words(post: Post, session: Session, rows: Iterable[SubscriptionRow]) -> list[str]:
    snapshot = post.library.terms(session)
    return list(dict.fromkeys(told(snapshot, row.query, post.office.settings.presets) for row in rows))


def confirmation(post: Post, task: Task) -> Letter | None:
    """Nothing that the caller wrote is in it: only what the knowledge base calls things."""
    number = task.payload["sign_up"]
    pending = subscriptions_of(task.session, task.subscriber.id, SubscriptionState.pending)
    rows = [row for row in pending if row.sign_up == number]
    if not rows:
        return None
    token = tokens.issue(task.session, Purpose.confirm, task.subscriber.id, now=task.job.clock(), sign_up=number)
    values = {
        **house(post.head),
        "wanted": _in_our_words(post, task, rows),
        "frequency": FREQUENCIES[rows[0].frequency],
        "days": tokens.LIFE[Purpose.confirm].days,
        "address": confirm_url(post.head.base, token.text),
        "never": never_again_url(post.head.base, post.head.keyring, _refusal(post, task)),
    }
    return render("confirmation", task.subscriber.language, values)


def _refusal(post: Post, task: Task) -> Refusal:
    return Refusal(task.subscriber.id, *suppression.signed(post.head.keyring, task.subscriber.unique_key))


def _in_our_words(post: Post, task: Task, rows: Iterable[SubscriptionRow]) -> list[str]:
    """Without whatever a stranger may have typed into the form: only what the knowledge base itself calls things."""
    snapshot = post.library.terms(task.session)
    presets = post.office.settings.presets
    return list(dict.fromkeys(told(snapshot, _plain(snapshot, row.query), presets) for row in rows))


def _plain(snapshot: Snapshot, stored: dict[str, Any]) -> dict[str, Any]:
    """A query of which only those conditions are left that name terms, choices, dates and numbers."""
    try:
        asked = restored(snapshot, stored)
    except BadQuery:
        return stored
    fields = snapshot.fields(asked.collection)
    kept = [node for node in asked.conditions if all(_is_ours(fields[leaf.field]) for leaf in leaves(node))]
    if asked.words is None and len(kept) == len(asked.conditions):
        return stored
    return Query(asked.collection, And(tuple(kept)) if kept else EVERYTHING).as_json()


def _is_ours(field: Field) -> bool:
    return bool(field.collections or field.choices or field.type.ranged)


def reminder(post: Post, task: Task) -> Letter | None:
    rows = subscriptions_of(task.session, task.subscriber.id, SubscriptionState.active, SubscriptionState.paused)
    if not rows:
        return None
    return render(
        "reminder", task.subscriber.language, {**_managing(post, task), "wanted": in_words(post, task.session, rows)}
    )


def manage_link(post: Post, task: Task) -> Letter:
    return render("manage", task.subscriber.language, _managing(post, task))


def _managing(post: Post, task: Task) -> dict[str, Any]:
    token = tokens.issue(task.session, Purpose.manage, task.subscriber.id, now=task.job.clock())
    minutes = int(tokens.LIFE[Purpose.manage].total_seconds() // 60)
    return {**house(post.head), "minutes": minutes, "address": manage_url(post.head.base, token.text)}


def welcome(post: Post, task: Task) -> Letter | None:
    """With what to read first of what was subscribed to, newest first. Once in a subscriber's life."""
    rows = subscriptions_of(task.session, task.subscriber.id, SubscriptionState.active)
    if not rows or _welcomed(task):
        return None
    task.subscriber.welcomed_at = task.delivery.created_at
    found = first_of(post.library.everything(), [row.query for row in rows])
    entries = post.library.entries(task.session, found)
    snapshot = post.library.terms(task.session)
    values = {
        **house(post.head),
        "followed": in_words(post, task.session, rows),
        "unsubscribe": unsubscribe_url(post.head.base, post.head.keyring, *(row.id for row in rows)),
        "sections": sections(snapshot, entries.values(), {}, most=READ_FIRST),
    }
    return render("welcome", task.subscriber.language, values, tuple(row.id for row in rows))


def _welcomed(task: Task) -> bool:
    """By another mail than this one."""
    known, own = task.subscriber.welcomed_at, task.delivery
    earlier = exists().where(
        DeliveryRow.subscriber_id == task.subscriber.id, DeliveryRow.kind == own.kind, DeliveryRow.id < own.id
    )
    return (known is not None and known < own.created_at) or bool(task.session.scalar(select(earlier)))


def first_of(snapshot: Snapshot, stored: Iterable[dict[str, Any]]) -> list[int]:
    """Documents that match any of the queries, as many of each as of the next."""
    pages = [_page(snapshot, each) for each in stored]
    mixed = [ids[place] for place in range(READ_FIRST) for ids in pages if place < len(ids)]
    return list(dict.fromkeys(mixed))[:READ_FIRST]


def _page(snapshot: Snapshot, stored: dict[str, Any]) -> list[int]:
    try:
        asked = restored(snapshot, stored)
    except BadQuery:
        return []
    ordered = Query(asked.collection, asked.where, asked.words, snapshot.default_order(asked.collection))
    return snapshot.page(ordered, snapshot.match(ordered), skip=0, take=READ_FIRST)


SORTS: Final = (
    Sort(wanted.CONFIRMATION, confirmation, ALL_STATES, willing=False),
    Sort(wanted.REMINDER, reminder, ALL_STATES, willing=False),
    Sort(wanted.MANAGE, manage_link, ALL_STATES, willing=False),
    Sort(wanted.WELCOME, welcome, (SubscriberState.active,)),
)
