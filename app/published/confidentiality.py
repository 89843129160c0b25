"""Nothing confidential is published, whether of the entry itself or of one that it names or is related to."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.entries import EntryRow, Status
from app.catalogue.kind import Kind
from app.catalogue.parts.confidential import ConfidentialRow
from app.catalogue.subjects import FormerSlugRow, SubjectRow
from app.documents.store import DocumentRow, DocumentState
from app.kit.errors import ErrorDetail, Invalid
from app.kit.json_pointer import escape_token
from app.kit.json_types import JsonMapping
from app.kit.text.phrases import Phrases, words
from app.published.rendering import render, vocabulary_slugs

CODE = "confidential"
CHECKED = "looked for what is confidential"
"""Key in the `info` of a session in which a text was checked, so that the response reveals the result."""
DETAIL = "It cannot be published: it contains something confidential."
LEAK_MESSAGE = "This contains something confidential."
MESSAGE = "{url} would contain something confidential here."


@dataclass(frozen=True)
class Secret:
    """`words` that must not appear wherever one of `names` is mentioned or an entry of `sources` is related: the entry
    that they are about, and what that was merged into."""

    sources: frozenset[int]
    words: Phrases
    names: Phrases


@dataclass(frozen=True)
class LeakedPassage:
    """A passage that contains something confidential: a JSON pointer into the document of the entry `source`."""

    source: int
    url: str
    pointer: str


class Secrets(tuple[Secret, ...]):
    """All secrets of one run."""

    @cached_property
    def words(self) -> Phrases:
        """Of all of them."""
        return Phrases.of(each.words for each in self)

    def may_leak(self, document: str) -> bool:
        """Whether a JSON document may contain any of the words, in a text or elsewhere. Few do, so the rest need not be
        parsed."""
        plain = document.replace("\\\\", "/").replace("\\n", " ").replace("\\t", " ")
        return self.words.may_be_in(plain)


def secrets(session: Session, sources: Collection[int] | None = None) -> Secrets:
    """Of these entries, or of all."""
    statement = select(ConfidentialRow, EntryRow).join(EntryRow, EntryRow.id == ConfidentialRow.entry_id)
    if sources is not None:
        statement = statement.where(ConfidentialRow.entry_id.in_(sources))
    found = [
        Secret(frozenset({entry.id, entry.current.id}), Phrases(kept.forbidden_words), Phrases(names(session, entry)))
        for kept, entry in session.execute(statement).all()
        if kept.forbidden_words
    ]
    return Secrets(secret for secret in found if secret.words)


def names(session: Session, entry: EntryRow) -> list[str]:
    """What it is called in public: titles and addresses, former ones too, and those of what was merged into it."""
    current = entry.current
    merged = select(EntryRow).where(EntryRow.replaced_by_id == current.id, EntryRow.status == Status.merged)
    called = {each.id: each for each in (entry, current, *session.scalars(merged))}
    former = select(FormerSlugRow.slug).where(FormerSlugRow.kind == entry.kind, FormerSlugRow.source.in_(called))
    given = [text for each in called.values() for text in (each.title, each.slug, *each.alternative_titles)]
    return [*given, *session.scalars(former)]


def texts(value: object, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a JSON value with its pointer (RFC 6901), without addresses made of what stands beside them."""
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            if name != "url" or not value.keys() & {"slug", "value"}:
                yield from texts(each, f"{pointer}/{escape_token(name)}")
    elif isinstance(value, list):
        for position, each in enumerate(value):
            yield from texts(each, f"{pointer}/{position}")


def related_ids(row: EntryRow) -> set[int]:
    """The entry itself and all it is related to, from whichever end."""
    return {row.id, *(each.target_id for each in row.relations), *(each.entry_id for each in row.related_from)}


def leak_pointers(secrets: Secrets, related: Collection[int], body: JsonMapping) -> Iterator[str]:
    """Pointers to the confidential texts of a document that is related to these entries or names any with a secret."""
    all_texts = [(pointer, words(text)) for pointer, text in texts(body)]
    suspects = [(pointer, forms) for pointer, forms in all_texts if secrets.words.are_among(forms)]
    if not suspects:
        return
    concerned = [
        secret
        for secret in secrets
        if not secret.sources.isdisjoint(related) or any(secret.names.are_among(forms) for _, forms in all_texts)
    ]
    for pointer, forms in suspects:
        if any(secret.words.are_among(forms) for secret in concerned):
            yield pointer


class ConfidentialityCheck:
    """One run of publishing: collects the leaks of each document, and refuses them at its end. Ids are those of rows,
    which no two of any kind share."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._leaks: dict[LeakedPassage, None] = {}  # in their order; some documents are rendered twice
        self._before: dict[int, set[str]] = {}
        self._found: Secrets | None = None

    @property
    def _secrets(self) -> Secrets:
        """Read once. No `cached_property`: up to Python 3.11 all instances share its lock, under which this would be
        read, while the database has one of them wait for another."""
        if self._found is None:
            self._found = secrets(self._session)
        return self._found

    def check_document(self, kind: Kind, row: SubjectRow, document: str) -> None:
        """Note the leaks of the document of `row`. To be called before it is stored."""
        if self._secrets and self._secrets.may_leak(document):
            shown = json.loads(document)
            self._note_leaks(kind, row, shown["url"], shown)

    def check_reason(self, kind: Kind, row: EntryRow) -> None:
        """Of a tombstone, only the reason that staff wrote: a confidential slug must not prevent a withdrawal."""
        if self._secrets and row.withdrawn_reason:
            self._note_leaks(kind, row, row.ref().url, {"reason": row.withdrawn_reason})

    def _note_leaks(self, kind: Kind, row: Any, url: str, shown: JsonMapping) -> None:
        related = related_ids(row) if kind.is_entry else set()
        found = [LeakedPassage(row.id, url, pointer) for pointer in leak_pointers(self._secrets, related, shown)]
        if found and row.id not in self._before:
            self._before[row.id] = self._leaked_before(kind.name, row.id)
        self._leaks |= dict.fromkeys(found)

    def _leaked_before(self, kind: str, source: int) -> set[str]:
        """Pointers to the leaks of its stored document; its relations of then are in that document itself."""
        body = self._session.scalar(
            select(DocumentRow.body).where(
                DocumentRow.kind == kind, DocumentRow.source == source, DocumentRow.state != DocumentState.moved
            )
        )
        return set(leak_pointers(self._secrets, {source}, json.loads(body))) if body else set()

    def raise_leaks(self, changed: Mapping[int, str], *, published: bool) -> None:
        """Raise `Invalid` for the leaks of `changed` rows (by id, the start of their pointers); without any, for new
        leaks of other rows. No message repeats a word. Where anything was `published`, the session notes that it was
        checked, even if there are no leaks.
        """
        own = [leak for leak in self._leaks if leak.source in changed]
        others = [leak for leak in self._leaks if leak.pointer not in self._before[leak.source]]
        errors = [
            ErrorDetail(
                CODE,
                MESSAGE.format(url=self._safe_url(leak)),
                pointer=changed.get(leak.source, "") + leak.pointer,
            )
            for leak in own or others
        ]
        if errors or published:
            self._session.info[CHECKED] = True
        if errors:
            raise Invalid(DETAIL, errors=errors)

    def _safe_url(self, leak: LeakedPassage) -> str:
        """The address, unless it contains something confidential itself."""
        return "something" if any(secret.words.are_in(leak.url) for secret in self._secrets) else leak.url


def check_publishable(session: Session, kind: Kind, row: EntryRow) -> None:
    """Raise what publishing this entry as its rows are would raise, and publish nothing."""
    confidentiality = ConfidentialityCheck(session)
    confidentiality.check_document(kind, row, render(kind, row, vocabulary_slugs(session)))
    confidentiality.raise_leaks({row.id: ""}, published=True)


def find_leaks(session: Session, shown: JsonMapping) -> list[ErrorDetail]:
    """The leaks of something other than a document, such as a mail to readers."""
    session.info[CHECKED] = True
    return [ErrorDetail(CODE, LEAK_MESSAGE, pointer=pointer) for pointer in leak_pointers(secrets(session), (), shown)]
