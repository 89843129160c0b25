"""CSV with a header: the columns of our own export (RFC 4180), in any order, with comma, semicolon or tab."""

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, Final, get_args

from app.exports.csv_table import COLUMNS, FIRST_OWN
from app.exports.record import CslRole
from app.intake.formats.encodings import LEGACY, DecodedLine, lines
from app.intake.records.item_types import CSL
from app.intake.records.names import NO_COMMA_WARNING, parse_inverted_name
from app.intake.records.parsed_record import (
    MAX_NAME_LENGTH,
    MAX_RECORD_LENGTH,
    ParsedItem,
    ParsedRecord,
    RejectedRecord,
    isbns_in,
    noted_as,
    set_item_type,
    within_bounds,
)
from app.kit.spreadsheets import csv_row, unescape_formula
from app.kit.values.identifiers import normalise

ALIASES: Final[Mapping[str, str]] = {
    "author": "authors", "editor": "editors", "year": "issued", "date": "issued", "journal": "container_title",
    "container": "container_title", "publication": "container_title", "series": "collection_title", "isbn": "isbns",
    "link": "url", "summary": "abstract", "tags": "keywords", "keyword": "keywords", "licence": "licence_id",
    "license": "licence_id", "place": "publisher_place", "notes": "note",
}  # fmt: skip
"""Other names for columns."""

_ROLE: Final = re.compile(r"(.*\S)\s*\(([a-z-]+)\)")
_ROLES: Final[Mapping[str, CslRole]] = {role: role for role in get_args(CslRole)}
_SEPARATOR: Final = re.compile(r"sep=([,;\t])")
_QUOTED: Final = re.compile(r'"[^"]*"')
MAX_COLUMNS: Final = 500
_FIELD: Final = MAX_RECORD_LENGTH // 8
_AGAIN: Final = 4
"""How often the text may be read again, all in all, to find the row after one that cannot be read."""
_MISQUOTED: Final = "a quotation mark is out of place or never closed"
_TOO_LONG: Final = f"it is longer than {MAX_RECORD_LENGTH} characters"
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


def template_rows() -> list[list[str]]:
    """Every column, and one row that shows how."""
    return [[*COLUMNS], [_EXAMPLE.get(name, "") for name in COLUMNS]]


def template() -> str:
    """The same as a text."""
    return "".join(map(csv_row, template_rows()))


def read(stream: BinaryIO) -> Iterator[ParsedItem]:
    """Every row. One with a quotation mark that is never closed is refused alone."""
    source = _Lines(lines(stream))
    separator = source.separator()
    header = next(_rows(source, separator), None)
    if isinstance(header, RejectedRecord) or header is None:
        yield header or RejectedRecord(1, "There is no header.")
        return
    has_kinds = any(name.strip().lower() == "kind" for name in header[1])
    names = [_column(name, has_kinds=has_kinds) for name in header[1]]
    if "title" not in names:
        yield RejectedRecord(header[0], "The header has no column `title`.")
        return
    if len(names) > MAX_COLUMNS or any(len(name) > MAX_NAME_LENGTH for name in names):
        yield RejectedRecord(
            header[0], f"A header has at most {MAX_COLUMNS} columns, named in {MAX_NAME_LENGTH} characters."
        )
        return
    known = _own_part(names)
    for row in _rows(source, separator):
        if isinstance(row, RejectedRecord):
            yield row
        elif any(cell.strip() for cell in row[1]):
            cells = list(zip(names[:known], row[1], strict=False))
            yield _reading(row[0], cells, row[1][len(names) :], source.legacy)


def _own_part(names: Sequence[str]) -> int:
    """How many columns are read: in an export of our own, those of a citation. The rest is said by them in other words,
    as vocabularies by the keywords, or is known to this knowledge base alone."""
    size = len(FIRST_OWN)
    starts = (place for place in range(len(names) - size + 1) if tuple(names[place : place + size]) == FIRST_OWN)
    return next(starts, len(names))


class _TooLong(csv.Error):
    """A row that is longer than a record may be."""


class _Lines:
    """Lines for the parser; what it took in vain is put back, as long as not too much is read again and again."""

    def __init__(self, given: Iterator[DecodedLine]) -> None:
        self._given = given
        self._again: deque[DecodedLine] = deque()
        self._spare = MAX_RECORD_LENGTH
        self.begin()

    def __iter__(self) -> Iterator[str]:
        return self

    def begin(self) -> None:
        """Another row."""
        self.taken: list[DecodedLine] = []
        self.legacy = False
        self._size = 0

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._new()
        self.taken.append(line)
        self.legacy = self.legacy or line.legacy
        self._size += len(line.text) + 1
        if self._size > MAX_RECORD_LENGTH or line.cut:
            raise _TooLong
        return line.text + "\n"

    def _new(self) -> DecodedLine:
        line = next(self._given)
        self._spare += _AGAIN * (len(line.text) + 1)
        return line

    def separator(self) -> str:
        """As the header shows it, whose line comes next then: empty lines and Excel's `sep=;` are passed over."""
        for line in self._given:
            declared = _SEPARATOR.fullmatch(line.text)
            if declared:
                return declared[1]
            if line.text.strip():
                self._again.append(line)
                bare = _QUOTED.sub("", line.text)
                return max(",;\t", key=bare.count)
        return ","

    def refused(self, why: str) -> RejectedRecord:
        """The line that a row began in and that is none. What it took beside is put back, or is refused with it."""
        first, *rest = self.taken
        self._spare -= self._size
        if self._spare >= 0:
            self._again.extendleft(reversed(rest))
            return RejectedRecord(first.number, f"The row cannot be read: {why}.")
        last = self.taken[-1].number
        return RejectedRecord(first.number, f"The lines from here to {last} cannot be read: {why}.")


def _rows(source: _Lines, separator: str) -> Iterator[tuple[int, list[str]] | RejectedRecord]:
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


def _column(name: str, *, has_kinds: bool) -> str:
    """Of a citation, by any of its names. A table that says the kinds of its rows may mean the place of an event."""
    plain = re.sub(r"[\s-]+", "_", name.strip().lower())
    if has_kinds and plain == "place":
        return plain
    return ALIASES.get(plain, plain if plain in COLUMNS else name.strip())


@within_bounds
def _reading(line: int, cells: list[tuple[str, str]], beyond: list[str], legacy: bool) -> ParsedItem:
    parsed = ParsedRecord(line)
    if legacy:
        parsed.warn(f"The text is not UTF-8; it was read as {LEGACY}.")
    for name, cell in cells:
        text = unescape_formula(cell)
        if text.strip():
            _take(parsed, name, text)
    for cell in beyond:
        if cell.strip():
            parsed.warn("The row has more cells than the header; the additional ones are kept in the notes.")
            parsed.note("beyond the header", cell)
    if not parsed.values.get("title"):
        return RejectedRecord(line, "The row has no title.")
    return parsed


def _take(parsed: ParsedRecord, name: str, text: str) -> None:
    if name == "type":
        set_item_type(parsed, text, CSL, name)
    elif name in ("authors", "editors", "contributors"):
        _names(parsed, name, text)
    elif name == "isbns":
        parsed.add_values(name, isbns_in(text), name)
    elif name == "keywords":
        parsed.add_values(name, text.split(";"), name)
    elif name == "url":
        parsed.link(text, name)
    elif name == "doi":
        _doi(parsed, text)
    elif name in COLUMNS:
        parsed.set_field(name, text, name)
    else:
        parsed.note(name, text)
        parsed.columns.add(noted_as(name, text).name)


def _doi(parsed: ParsedRecord, text: str) -> None:
    parsed.set_field("doi", text, "doi")
    if "doi" in parsed.values and normalise("doi", text) == parsed.values["doi"]:
        parsed.origin["doi"] = "doi"


def _names(parsed: ParsedRecord, name: str, text: str) -> None:
    roles: Mapping[str, CslRole] = {"editors": "editor", "contributors": "contributor"}
    for part in filter(None, (each.strip() for each in text.split(";"))):
        found = _ROLE.fullmatch(part) if name == "contributors" else None
        own = _ROLES.get(found[2]) if found else None
        credit = parse_inverted_name(found[1] if found and own else part, own or roles.get(name, "author"))
        if credit is None:
            continue
        if credit.whole:
            parsed.warn(f"{name}: {NO_COMMA_WARNING}")
        parsed.credit(credit, name)
