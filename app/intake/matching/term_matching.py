"""Terms by the words that others use for them, read once for an import."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.kind import FromRecord
from app.catalogue.record_mapping import NOT_KEYWORDS
from app.catalogue.terms import SchemeRow, TermRow
from app.kit.text.characters import fold

FORMAT = "format"
"""The vocabulary that says what kind of thing an entry is."""
GENERIC_TYPE = "document"
"""The type of CSL that says nothing: no format follows from it."""


@dataclass
class TermMatcher:
    """`labels` lead from a folded label to terms of any vocabulary that keywords may come from, `named` from a
    vocabulary and a folded label or slug to a term of it; `vocabularies` from the folded names of one to its slug."""

    labels: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    slugs: list[str] = field(default_factory=list)
    single: set[str] = field(default_factory=set)
    named: dict[tuple[str, str], str] = field(default_factory=dict)
    vocabularies: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, session: Session) -> "TermMatcher":
        found = cls(single=set(session.scalars(select(SchemeRow.slug).where(SchemeRow.single))))
        statement = (
            select(SchemeRow.slug, TermRow.slug, TermRow.label, TermRow.alternative_labels, TermRow.hidden_labels)
            .join(TermRow.scheme)
            .where(TermRow.replaced_by_id.is_(None), ~SchemeRow.synonym_rings)
            .order_by(TermRow.position, TermRow.id)
        )
        schemes = select(SchemeRow.slug, SchemeRow.collection, SchemeRow.label).where(~SchemeRow.synonym_rings)
        for scheme, collection, label in session.execute(schemes):
            found.vocabularies |= dict.fromkeys(map(fold, (label, collection, scheme)), scheme)
        for scheme, slug, label, alternative, hidden in session.execute(statement):
            found._add(scheme, slug, [label, *alternative, *hidden])
        return found

    def _add(self, scheme: str, slug: str, labels: Iterable[str]) -> None:
        self.named[scheme, slug] = slug
        if scheme == FORMAT:
            self.slugs.append(slug)
        for label in map(fold, labels):
            self.named.setdefault((scheme, label), slug)
            if scheme == FORMAT:
                self.formats.setdefault(label, slug)
            elif scheme not in NOT_KEYWORDS:
                self.labels.setdefault(label, []).append((scheme, slug))

    def format_of(self, mapping: FromRecord, item_type: str, genre: str | None) -> tuple[str | None, tuple[str, ...]]:
        """The format, and others that it could be as well: by the name it is given, else by its CSL type."""
        if genre and (named := self.formats.get(fold(genre))):
            return named, ()
        fitting = [
            slug for slug in self.slugs if item_type != GENERIC_TYPE and mapping.csl_types.get(slug) == item_type
        ]
        fitting.sort(key=lambda slug: slug != item_type)
        if not fitting:
            return None, ()
        if fitting[0] == item_type:
            return fitting[0], ()
        return fitting[0], tuple(fitting[1:])
