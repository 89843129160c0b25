"""Which term was meant by a text that is none."""

from collections.abc import Sequence

from app.kit.suggest import nearest
from app.search.rows import Row
from app.search.wording import stems

MOST = 3


def near_terms(rows: Sequence[Row], text: str) -> Sequence[str]:
    """The slugs most like a text, else those of terms one of whose names has every word of it, endings aside."""
    return nearest(text, [row.slug for row in rows], MOST) or _named_alike(rows, text)


def _named_alike(rows: Sequence[Row], text: str) -> list[str]:
    wanted = stems(text)
    begun = [stem[: max(1, len(stem) - 2)] for stem in wanted]  # what no ending changes

    def is_meant(name: str) -> bool:
        return all(part in name for part in begun) and wanted <= stems(name)

    named = (row.slug for row in rows if any(is_meant(name) for of, name in row.keys if of == "@synonym"))
    return list(named)[:MOST] if wanted else []
