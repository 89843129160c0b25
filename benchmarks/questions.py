"""What every service is asked beside ours, in no tongue."""

from collections.abc import Sequence
from dataclasses import dataclass, field

FACETS = ("topic", "stage", "format")
Counted = tuple[int, dict[str, int]]
"""How many publications an answer found, and how many of each format."""


@dataclass(frozen=True)
class Question:
    """25 publications and how often each value of these facets occurs."""

    facets: Sequence[str]
    terms: dict[str, str] = field(default_factory=dict)
    since: str | None = None
    """A day."""
    words: str | None = None
