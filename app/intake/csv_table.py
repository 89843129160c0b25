"""CSV with a header: the columns of our own export (RFC 4180), in any order, with comma, semicolon or tab."""

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import BinaryIO, Final, get_args

from app.exports.csv_table import COLUMNS
from app.exports.record import Role
from app.intake.encodings import LEGACY, Line, lines
from app.intake.names import UNPARTED, from_inverted
from app.intake.reading import LONGEST_NAME, LONGEST_RECORD, Found, Reading, Refusal, isbns_in, typed, within_bounds
from app.intake.types import CSL
from app.kit.identifiers import normalise
from app.kit.spreadsheets import unguarded

ALIASES: Final[Mapping[str, str]] = {
    "author": "authors", "editor": "editors", "year": "issued", "date": "issued", "journal": "container_title",
    "container": "container_title", "publication": "container_title", "series": "collection_title", "isbn": "isbns",
    "link": "url", "summary": "abstract", "tags": "keywords", "keyword": "keywords", "licence": "licence_id",
    "license": "licence_id", "place": "publisher_place", "notes": "note",
}  # fmt: skip
"""Other names for columns."""

_ROLE: Final = re.compile(r"(.*\S)\s*\(([a-z-]+)\)")
_ROLES: Final = frozenset(get_args(Role))
_SEPARATOR: Final = re.compile(r"sep=([,;\t])")
_QUOTED: Final = re.compile(r'"[^"]*"')
MOST_COLUMNS: Final = 500
_FIELD: Final = LONGEST_RECORD // 8
_AGAIN: Final = 4
"""How often the text may be read again, all in all, to find the row after one that cannot be read."""
_MISQUOTED: Final = "a quotation mark is out of place or never closed"
_TOO_LONG: Final = f"it is longer than {LONGEST_RECORD} characters"
_EXAMPLE: Final = {
    "type": "article-journal",
    "title": "Example: put a record of your own in this row",
    "authors": "Example, Ada; van der Berg, Jan; Example Trust",
    "issued": "2022-09",
    "container_title": "Journal of Examples",
    "volume": "1",
    "pages": "1-10",
    "keywords": "one; another",
}


def template() -> str:
    """A table to fill in: every column, and one row that shows how."""
    text = StringIO(newline="")
    table = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    table.writeheader()
    table.writerow(_EXAMPLE)
    return text.getvalue()


def read(stream: BinaryIO) -> Iterator[Found]:
    """Every row. One with a quotation mark that is never closed is refused alone."""
    source = _Lines(lines(stream))
    separator = source.separator()
    header = next(_rows(source, separator), None)
    if isinstance(header, Refusal) or header is None:
        yield header or Refusal(1, "There is no header.")
        return
    names = [_column(name) for name in header[1]]
    if "title" not in names:
        yield Refusal(header[0], "The header has no column `title`.")
        return
    if len(names) > MOST_COLUMNS or any(len(name) > LONGEST_NAME for name in names):
        yield Refusal(header[0], f"A header has at most {MOST_COLUMNS} columns, named in {LONGEST_NAME} characters.")
        return
    for row in _rows(source, separator):
        if isinstance(row, Refusal):
            yield row
        elif any(cell.strip() for cell in row[1]):
            yield _reading(row[0], list(zip(names, row[1], strict=False)), row[1][len(names) :], source.legacy)


class _TooLong(csv.Error):
    """A row that is longer than a record may be."""


class _Lines:
    """Lines for the parser; what it took in vain is put back, as long as not too much is read again and again."""

    def __init__(self, given: Iterator[Line]) -> None:
        self._given = given
        self._again: deque[Line] = deque()
        self._spare = LONGEST_RECORD
        self.begin()

    def __iter__(self) -> Iterator[str]:
        return self

    def begin(self) -> None:
        """Another row."""
        self.taken: list[Line] = []
        self.legacy = False
        self._size = 0

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._new()
        self.taken.append(line)
        self.legacy = self.legacy or line.legacy
        self._size += len(line.text) + 1
        if self._size > LONGEST_RECORD or line.cut:
            raise _TooLong
        return line.text + "\n"

    def _new(self) -> Line:
        line = next(self._given)
        self._spare += _AGAIN * (len(line.text) + 1)
        return line

    def separator(self) -> str:
        """As the header shows it, whose line comes next then: empty lines and Excel's `sep=;` are passed over."""
        for line in self._given:
            said = _SEPARATOR.fullmatch(line.text)
            if said:
                return said[1]
            if line.text.strip():
                self._again.append(line)
                bare = _QUOTED.sub("", line.text)
                return max(",;\t", key=bare.count)
        return ","

    def refused(self, why: str) -> Refusal:
        """The line that a row began in and that is none. What it took beside is put back, or is refused with it."""
        first, *rest = self.taken
        self._spare -= self._size
        if self._spare >= 0:
            self._again.extendleft(reversed(rest))
            return Refusal(first.number, f"The row cannot be read: {why}.")
        last = self.taken[-1].number
        return Refusal(first.number, f"The lines from here to {last} cannot be read: {why}.")


def _rows(source: _Lines, separator: str) -> Iterator[tuple[int, list[str]] | Refusal]:
    """Rows with the line that each begins in."""
    csv.field_size_limit(_FIELD)
    while True:
        source.begin()
        try:
            row = next(csv.reader(source, delimiter=separator, strict=True))
        except StopIteration:
            return
        except csv.Error as error:
            yield source.refused(_TOO_LONG if isinstance(error, _TooLong) else _MISQUOTED)
            continue
        yield source.taken[0].number, row


def _column(name: str) -> str:
    plain = re.sub(r"[\s-]+", "_", name.strip().lower())
    return ALIASES.get(plain, plain if plain in COLUMNS else name.strip())


@within_bounds
def _reading(line: int, cells: list[tuple[str, str]], beyond: list[str], legacy: bool) -> Found:
    reading = Reading(line)
    if legacy:
        reading.warn(f"The text is not UTF-8; it was read as {LEGACY}.")
    for name, cell in cells:
        text = unguarded(cell)
        if text.strip():
            _take(reading, name, text)
    for cell in beyond:
        if cell.strip():
            reading.warn("The row has more cells than the header has columns; they are kept in the notes.")
            reading.note("beyond the header", cell)
    if not reading.values.get("title"):
        return Refusal(line, "The row has no title.")
    return reading


def _take(reading: Reading, name: str, text: str) -> None:
    if name == "type":
        typed(reading, text, CSL, name)
    elif name in ("authors", "editors", "contributors"):
        _names(reading, name, text)
    elif name == "isbns":
        reading.extend(name, isbns_in(text), name)
    elif name == "keywords":
        reading.extend(name, text.split(";"), name)
    elif name == "url":
        reading.link(text, name)
    elif name == "doi":
        _doi(reading, text)
    elif name in COLUMNS:
        reading.take(name, text, name)
    else:
        reading.note(name, text)


def _doi(reading: Reading, text: str) -> None:
    reading.take("doi", text, "doi")
    if "doi" in reading.values and normalise("doi", text) == reading.values["doi"]:
        reading.origin["doi"] = "doi"


def _names(reading: Reading, name: str, text: str) -> None:
    role: Role = "editor" if name == "editors" else "author"
    for part in filter(None, (each.strip() for each in text.split(";"))):
        found = _ROLE.fullmatch(part) if name == "contributors" else None
        own: Role = found[2] if found and found[2] in _ROLES else ("contributor" if name == "contributors" else role)  # type: ignore[assignment]
        credit = from_inverted(found[1] if found and found[2] in _ROLES else part, own)
        if credit is None:
            continue
        if credit.whole:
            reading.warn(f"{name}: {UNPARTED}")
        reading.credit(credit, name)
