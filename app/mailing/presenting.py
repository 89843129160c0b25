"""Entries as a mail shows them: by kind, each with its terms, and why it is there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.mailing.library import Entry
from app.search.snapshot import Snapshot

SHOWN: Final = ("stage", "topic")
"""Vocabularies whose terms stand beside an entry."""
LONGEST: Final = 300
"""Characters of a summary."""


@dataclass(frozen=True, slots=True)
class Item:
    title: str
    url: str
    about: str
    when: str
    terms: tuple[tuple[str, tuple[str, ...]], ...]
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    heading: str
    items: tuple[Item, ...]


def sections(
    snapshot: Snapshot, entries: Iterable[Entry], because: Mapping[int, Sequence[str]], *, most: int
) -> tuple[Section, ...]:
    """By kind in the order of their names, with alike reasons, stages and topics side by side; at most so many."""
    ordered = sorted(entries, key=lambda each: _place(each, because))[:most]
    kinds = dict.fromkeys(each.collection for each in ordered)
    labels = {name: known.label for name, known in snapshot.layout.vocabularies.items()}
    return tuple(
        Section(
            collection.replace("-", " ").capitalize(),
            tuple(
                _item(each, labels, tuple(because.get(each.id, ())))
                for each in ordered
                if each.collection == collection
            ),
        )
        for collection in kinds
    )


def _place(entry: Entry, because: Mapping[int, Sequence[str]]) -> tuple[object, ...]:
    terms = tuple(entry.terms.get(name, ()) for name in SHOWN)
    return entry.collection, tuple(because.get(entry.id, ())), terms, entry.title, entry.id


def _item(entry: Entry, labels: Mapping[str, str], because: tuple[str, ...]) -> Item:
    terms = tuple((labels.get(name, name), entry.terms[name]) for name in SHOWN if entry.terms.get(name))
    return Item(entry.title, entry.url, shortened(entry.about), entry.when, terms, because)


def shortened(text: str, longest: int = LONGEST) -> str:
    """To the last whole word that fits."""
    if len(text) <= longest:
        return text
    return f"{text[:longest].rsplit(' ', 1)[0].rstrip(',;:.')} …"
