"""The digest of one subscriber, from what was decided for them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from app.mailing.campaigns.digest_planner import DIGEST_MAIL
from app.mailing.content.entries import MailEntry
from app.mailing.content.mime import PersonalisedMessage, personalise_bulk
from app.mailing.content.presenting import sections, shortened
from app.mailing.content.rendering import OWN_LINK, Message, render
from app.mailing.delivery.bulk import BulkMailKind, BulkMailTask
from app.mailing.delivery.mailer import Mailer
from app.mailing.messages.transactional import common_values, describe_subscriptions
from app.mailing.models import SubscriptionRow
from app.mailing.subscriptions.saved_queries import describe_stored_query
from app.search.index.snapshot import Snapshot

MAX_ITEMS: Final = 60
"""In one mail; the mail says how many more there are."""
MAX_SUBJECT_LENGTH: Final = 120
"""Characters of a title in a subject: what lists of mails show, and more."""


def render_digest(mailer: Mailer, task: BulkMailTask) -> PersonalisedMessage | None:
    """Of the subscriptions that are still active, and the entries that are still published."""
    rows = task.subscriptions
    items = task.delivery.items or {}
    ids = sorted({ident for row in rows for ident in items[str(row.id)]})
    entries = mailer.entries.entries(task.session, ids)
    if not entries:
        return None
    alike = tuple((row.query_digest, tuple(items[str(row.id)])) for row in rows)
    shared = mailer.entries.shared_message(
        task.session, (DIGEST_MAIL, rows[0].language, alike), lambda: _for_many(mailer, task, rows, items, entries)
    )
    return personalise_bulk(mailer.sender, shared, (row.id for row in rows))


def _for_many(
    mailer: Mailer,
    task: BulkMailTask,
    rows: Sequence[SubscriptionRow],
    items: Mapping[str, list[int]],
    entries: Mapping[int, MailEntry],
) -> Message:
    """What all with the same queries and the same entries get; the link to unsubscribe is put in later."""
    snapshot = mailer.entries.terms(task.session)
    reasons = _reasons(snapshot, rows, items, mailer.context.settings.presets)
    followed = {"followed": describe_subscriptions(mailer, task.session, rows), "unsubscribe": OWN_LINK}
    return render(
        "digest",
        rows[0].language,
        {**common_values(mailer.sender), **followed, **digest_values(snapshot, entries, reasons)},
    )


def digest_values(
    snapshot: Snapshot, entries: Mapping[int, MailEntry], reasons: Mapping[int, list[str]]
) -> dict[str, object]:
    """What the template names."""
    parts = sections(snapshot, entries.values(), reasons, most=MAX_ITEMS)
    return {
        "sections": parts,
        "count": len(entries),
        "first": shortened(parts[0].items[0].title, MAX_SUBJECT_LENGTH),
        "left_out": max(len(entries) - MAX_ITEMS, 0),
    }


def _reasons(
    snapshot: Snapshot, rows: Sequence[SubscriptionRow], items: Mapping[str, list[int]], presets: Mapping[str, str]
) -> Mapping[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row in rows:
        words = describe_stored_query(snapshot, row.query, presets)
        for ident in items[str(row.id)]:
            found[ident].append(words)
    return found


DIGEST_MAIL_KIND: Final = BulkMailKind(DIGEST_MAIL, render_digest)
