"""Which term was meant by a text that is none."""

from collections.abc import Sequence

from app.kit.text.suggestions import closest_matches
from app.search.index.rows import IndexRow
from app.search.text.query_parser import stems

MAX_TERMS = 3


def near_terms(rows: Sequence[IndexRow], text: str) -> Sequence[str]:
    """The slugs most like a text, else those of terms one of whose names has every word of it, endings aside."""
    return closest_matches(text, [row.slug for row in rows], MAX_TERMS) or _named_alike(rows, text)


def _named_alike(rows: Sequence[IndexRow], text: str) -> list[str]:
    requested = stems(text)
    begun = [stem[: max(1, len(stem) - 2)] for stem in requested]  # what no ending changes

    def is_meant(name: str) -> bool:
        return all(part in name for part in begun) and requested <= stems(name)

    named = (row.slug for row in rows if any(is_meant(name) for of, name in row.keys if of == "@synonym"))
    return list(named)[:MAX_TERMS] if requested else []
