"""The digest of one subscriber, from what was decided for them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.mailing.bulk import Sort, Task
from app.mailing.composing import Personal, for_one_of_many
from app.mailing.deciding import DIGEST
from app.mailing.library import Entry
from app.mailing.post import Post
from app.mailing.presenting import sections, shortened
from app.mailing.queries import told
from app.mailing.rendering import OWN_LINK, Letter, render
from app.mailing.tables import SubscriptionRow
from app.mailing.transactional import house, in_words
from app.search.snapshot import Snapshot

MOST_ITEMS: Final = 60
"""In one mail; how many more there are is said."""
LONGEST_SUBJECT: Final = 120
"""Characters of a title in a subject: what lists of mails show, and more."""


def digest(post: Post, task: Task) -> Personal | None:
    """Of the subscriptions that are still active, and the entries that are still published."""
    rows = task.subscriptions
    items = task.delivery.items or {}
    ids = sorted({ident for row in rows for ident in items[str(row.id)]})
    entries = post.library.entries(task.session, ids)
    if not entries:
        return None
    alike = tuple((row.query_digest, tuple(items[str(row.id)])) for row in rows)
    shared = post.library.letter(
        task.session, (DIGEST, rows[0].language, alike), lambda: _for_many(post, task, rows, items, entries)
    )
    return for_one_of_many(post.head, shared, (row.id for row in rows))


def _for_many(
    post: Post,
    task: Task,
    rows: Sequence[SubscriptionRow],
    items: Mapping[str, list[int]],
    entries: Mapping[int, Entry],
) -> Letter:
    """What all with the same queries and the same entries get; the link to unsubscribe is put in later."""
    snapshot = post.library.terms(task.session)
    reasons = _reasons(snapshot, rows, items, post.office.settings.presets)
    followed = {"followed": in_words(post, task.session, rows), "unsubscribe": OWN_LINK}
    return render("digest", rows[0].language, {**house(post.head), **followed, **shown(snapshot, entries, reasons)})


def shown(snapshot: Snapshot, entries: Mapping[int, Entry], reasons: Mapping[int, list[str]]) -> dict[str, Any]:
    """What the template names."""
    parts = sections(snapshot, entries.values(), reasons, most=MOST_ITEMS)
    return {
        "sections": parts,
        "count": len(entries),
        "first": shortened(parts[0].items[0].title, LONGEST_SUBJECT),
        "left_out": max(len(entries) - MOST_ITEMS, 0),
    }


def _reasons(
    snapshot: Snapshot, rows: Sequence[SubscriptionRow], items: Mapping[str, list[int]], presets: Mapping[str, str]
) -> Mapping[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row in rows:
        words = told(snapshot, row.query, presets)
        for ident in items[str(row.id)]:
            found[ident].append(words)
    return found


SORT: Final = Sort(DIGEST, digest)
