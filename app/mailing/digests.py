"""The digest of one subscriber, from what was decided for them."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from app.mailing.deciding import DIGEST
from app.mailing.library import Entry
from app.mailing.post import Post
from app.mailing.presenting import sections
from app.mailing.queries import told
from app.mailing.rendering import OWN_LINK, Letter, render
from app.mailing.sending import Sort, Task
from app.mailing.tables import SubscriberState, SubscriptionRow, SubscriptionState
from app.mailing.transactional import house, in_words, unsubscribe
from app.search.snapshot import Snapshot

MOST_ITEMS: Final = 60
"""In one mail; how many more there are is said."""


def digest(post: Post, task: Task) -> Letter | None:
    """Of the subscriptions that are still active, and the entries that are still published."""
    rows = _subscriptions(task)
    items = task.delivery.items or {}
    ids = sorted({ident for row in rows for ident in items[str(row.id)]})
    entries = post.library.entries(task.session, ids)
    if not entries:
        return None
    alike = tuple((row.query_digest, tuple(items[str(row.id)])) for row in rows)
    letter = post.library.letter(
        task.session, (DIGEST, rows[0].language, alike), lambda: _for_many(post, task, rows, items, entries)
    )
    return letter.of_their_own(unsubscribe(post, rows), tuple(row.id for row in rows))


def _for_many(
    post: Post, task: Task, rows: list[SubscriptionRow], items: Mapping[str, list[int]], entries: Mapping[int, Entry]
) -> Letter:
    """What all with the same queries and the same entries get; the link to unsubscribe is put in later."""
    snapshot = post.library.terms(task.session)
    reasons = _reasons(snapshot, rows, items, post.office.settings.presets)
    followed = {"followed": in_words(post, task, rows), "unsubscribe": OWN_LINK}
    return render("digest", rows[0].language, {**house(post.head), **followed, **shown(snapshot, entries, reasons)})


def shown(snapshot: Snapshot, entries: Mapping[int, Entry], reasons: Mapping[int, list[str]]) -> dict[str, Any]:
    """What the template names."""
    parts = sections(snapshot, entries.values(), reasons, most=MOST_ITEMS)
    return {
        "sections": parts,
        "count": len(entries),
        "first": parts[0].items[0].title,
        "left_out": max(len(entries) - MOST_ITEMS, 0),
    }


def _subscriptions(task: Task) -> list[SubscriptionRow]:
    numbers = [int(number) for number in task.delivery.items or {}]
    active = select(SubscriptionRow).where(
        SubscriptionRow.id.in_(numbers), SubscriptionRow.state == SubscriptionState.active
    )
    return list(task.session.scalars(active.order_by(SubscriptionRow.id)))


def _reasons(
    snapshot: Snapshot, rows: list[SubscriptionRow], items: Mapping[str, list[int]], presets: Mapping[str, str]
) -> Mapping[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row in rows:
        words = told(snapshot, row.query, presets)
        for ident in items[str(row.id)]:
            found[ident].append(words)
    return found


SORT: Final = Sort(DIGEST, digest, (SubscriberState.active,), decided=True)
