"""Entries as a mail shows them: by kind, each with its terms, and why it is there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.mailing.content.entries import MailEntry
from app.search.index.snapshot import Snapshot

SHOWN: Final = ("stage", "topic")
"""Vocabularies whose terms stand beside an entry."""
MAX_LENGTH: Final = 300
"""Characters of a summary."""


@dataclass(frozen=True, slots=True)
class MailItem:
    title: str
    url: str
    about: str
    when: str
    terms: tuple[tuple[str, tuple[str, ...]], ...]
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MailSection:
    heading: str
    items: tuple[MailItem, ...]


def sections(
    snapshot: Snapshot, entries: Iterable[MailEntry], because: Mapping[int, Sequence[str]], *, most: int
) -> tuple[MailSection, ...]:
    """By kind in the order of their names, with alike reasons, stages and topics side by side; at most so many."""
    ordered = sorted(entries, key=lambda each: _place(each, because))[:most]
    kinds = dict.fromkeys(each.collection for each in ordered)
    labels = {name: known.label for name, known in snapshot.registry.vocabularies.items()}
    return tuple(
        MailSection(
            collection.replace("-", " ").capitalize(),
            tuple(
                _item(each, labels, tuple(because.get(each.id, ())))
                for each in ordered
                if each.collection == collection
            ),
        )
        for collection in kinds
    )


def _place(entry: MailEntry, because: Mapping[int, Sequence[str]]) -> tuple[object, ...]:
    terms = tuple(entry.terms.get(name, ()) for name in SHOWN)
    return entry.collection, tuple(because.get(entry.id, ())), terms, entry.title, entry.id


def _item(entry: MailEntry, labels: Mapping[str, str], because: tuple[str, ...]) -> MailItem:
    terms = tuple((labels.get(name, name), entry.terms[name]) for name in SHOWN if entry.terms.get(name))
    return MailItem(entry.title, entry.url, shortened(entry.about), entry.when, terms, because)


def shortened(text: str, longest: int = MAX_LENGTH) -> str:
    """To the last whole word that fits."""
    if len(text) <= longest:
        return text
    return f"{text[:longest].rsplit(' ', 1)[0].rstrip(',;:.')} …"
