"""Which term was meant by a text that is none."""

from collections.abc import Sequence

from app.kit.text.suggestions import closest_matches
from app.search.index.rows import IndexRow
from app.search.index.synonyms import names_of
from app.search.text.query_parser import stems

MAX_TERMS = 3


def near_terms(rows: Sequence[IndexRow], text: str) -> Sequence[str]:
    """The slugs of terms one of whose names has every word of a text, endings aside, those that have no others first;
    else the slugs most like it."""
    return _named_alike(rows, text) or closest_matches(text, [row.slug for row in rows], MAX_TERMS)


def _named_alike(rows: Sequence[IndexRow], text: str) -> list[str]:
    requested = stems(text)
    begun = [stem[: max(1, len(stem) - 2)] for stem in requested]  # what no ending changes

    def others(row: IndexRow) -> int | None:
        """How many other words the nearest of its names has; None: there is no such name."""
        names = (name for name in names_of(row) if all(part in name for part in begun))
        return min((len(its) for name in names if requested <= (its := stems(name))), default=None)

    named = ((count, row.slug) for row in rows if (count := others(row)) is not None)
    return [slug for _, slug in sorted(named, key=lambda each: each[0])[:MAX_TERMS]] if requested else []
