"""CSV for spreadsheets (RFC 4180): what begins like a formula is one, unless an apostrophe stands before it."""

import csv
import re
from collections.abc import Iterable
from io import StringIO
from typing import Final

_FORMULA: Final = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""As formulas begin, also in the wide forms that spreadsheets in East Asia take for the same; apostrophes before it
are those of the text itself, and one more marks ours."""
_FIRST: Final = frozenset("'=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""The first character of such a cell: most cells are ruled out by it."""


def escape_formula(cell: str) -> str:
    """The cell as text, whatever it begins with."""
    return f"'{cell}" if cell[:1] in _FIRST and _FORMULA.match(cell) else cell


def csv_row(cells: Iterable[str]) -> str:
    """One row with its end; no cell of it is a formula."""
    text = StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(map(escape_formula, cells))
    return text.getvalue()


def unescape_formula(cell: str) -> str:
    """What was guarded, or is as people write it who know of this."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
