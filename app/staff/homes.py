"""Where staff find things of a kind, what that needs, and how its operations are called."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Path

from app.catalogue.kinds import Kind
from app.catalogue.registry import KINDS
from app.catalogue.terms import SchemeRow, TermRow

READ: Final = "entries:read"
PRACTICE: Final = "practice-draft"
"""A draft that the seed data has of every kind of entry: examples of what can be done to drafts name it."""


@dataclass(frozen=True, slots=True)
class Place:
    """What an address names: a thing by its slug, for a term within its vocabulary."""

    slug: str = ""
    scheme: str | None = None


@dataclass(frozen=True)
class Home:
    """`write` and `publish` are scopes; `examples` a slug that is there and another, as the description fills them in.

    `inside` gives the place of the whole collection, `at` that of one thing, `at_draft` the same with a draft as its
    example: dependencies of a handler.
    """

    kind: Kind
    path: str
    write: str
    publish: str
    examples: tuple[str, str]

    @property
    def one(self) -> str:
        """Its name in the names of operations."""
        return self.kind.name

    @property
    def a_one(self) -> str:
        """With its article."""
        return f"{'an' if self.one[0] in 'aeiou' else 'a'} {self.one}"

    @property
    def many(self) -> str:
        return str(self.kind.collection or "terms")

    @property
    def deletes(self) -> bool:
        """Whether there may be one that was never public."""
        return not issubclass(self.kind.row, TermRow | SchemeRow)

    @property
    def merges(self) -> bool:
        return not issubclass(self.kind.row, SchemeRow)

    @property
    def inside(self) -> Callable[..., Place]:
        return _vocabulary_place if issubclass(self.kind.row, TermRow) else nowhere

    @property
    def at(self) -> Callable[..., Place]:
        return self._at(self.examples[0])

    @property
    def at_draft(self) -> Callable[..., Place]:
        return self._at(PRACTICE)

    def _at(self, example: str) -> Callable[..., Place]:
        slug: Any = Annotated[str, Path(description=f"Slug of the {self.one}.", examples=[example])]

        def at(slug: str) -> Place:
            return Place(slug)

        def at_term(vocabulary: Vocabulary, slug: str) -> Place:
            return Place(slug, vocabulary)

        chosen: Callable[..., Place] = at_term if issubclass(self.kind.row, TermRow) else at
        chosen.__annotations__["slug"] = slug
        return chosen


Vocabulary = Annotated[str, Path(description="Slug of the vocabulary.", examples=["{vocabularies.0}"])]


def nowhere() -> Place:
    """The whole of a collection that has no other inside another."""
    return Place()


def _vocabulary_place(vocabulary: Vocabulary) -> Place:
    return Place(scheme=vocabulary)


def _home(kind: Kind) -> Home:
    if kind.is_entry:
        write, publish = "entries:write", "entries:publish"
    else:
        write = publish = "agents:write" if kind.row.__tablename__ == "agent" else "vocabularies:write"
    path = f"/v1/staff/{kind.collection}" if kind.collection else "/v1/staff/vocabularies/{vocabulary}/terms"
    many = kind.collection or "terms"
    return Home(kind, path, write, publish, (f"{{{many}.0}}", f"{{{many}.1}}"))


HOMES: Final = tuple(_home(kind) for kind in KINDS)
