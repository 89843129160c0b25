"""What a knowledge base has to be, in plain words."""

from dataclasses import dataclass, field
from typing import Literal

State = Literal["draft", "published", "withdrawn"]
Reader = Literal["pending", "active", "left"]


@dataclass
class Entry:
    """`title` is the one that is published, `waiting` the one that staff have written since."""

    state: State = "draft"
    title: str = ""
    waiting: str | None = None


@dataclass
class Model:
    entries: dict[str, Entry] = field(default_factory=dict)
    readers: dict[str, Reader] = field(default_factory=dict)

    def published(self) -> dict[str, str]:
        """Titles by slug, in the order of slugs."""
        return {slug: entry.title for slug, entry in sorted(self.entries.items()) if entry.state == "published"}

    def of(self, *states: State) -> list[str]:
        return [slug for slug, entry in self.entries.items() if entry.state in states]

    def waiting(self) -> list[tuple[str, str]]:
        """Slugs and titles of what can be published."""
        return [(slug, entry.waiting) for slug, entry in self.entries.items() if entry.waiting is not None]
