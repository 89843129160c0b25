"""Workbooks of Excel (XLSX, ECMA-376): the first sheet comes in as a table in CSV, within bounds; tables go out.

A file is looked through before it is parsed: how much it unpacks to, how many elements and attributes it has, and that
it declares nothing (an entity could stand for a million others).
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from io import BytesIO, StringIO
from typing import Final, Protocol
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

from app.intake.formats.csv_table import MAX_COLUMNS

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_PARTS: Final = 300
MAX_UNPACKED: Final = 16 * 2**20
"""Bytes of all parts together."""
MAX_MARKS: Final = 1_000_000
"""Elements and attributes of all parts together."""
MAX_ROWS: Final = 5_000
MAX_TEXT: Final = 4 * 2**20
"""Characters of the table: one text may stand in many cells."""
_SIGNATURE: Final = b"PK\x03\x04"
_NAME: Final = b"xl/workbook"
_ENDS: Final = 2**16
_FOREIGN: Final = re.compile(rb"\0|<!(?:DOCTYPE|ENTITY)|<[^<>]{16384}", re.IGNORECASE)
"""UTF-16, in which nothing else is found; declarations; elements with thousands of attributes."""
_XML: Final = (".xml", ".rels", ".vml")
_LITERAL: Final = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
INSTEAD: Final = "Save it as CSV (UTF-8), and send that file."


class _Cell(Protocol):
    value: object
    number_format: str


class WorkbookError(ValueError):
    """A sentence that says what is wrong with a workbook."""


def is_workbook(body: bytes) -> bool:
    """By its first bytes, and the names of its parts."""
    return body.startswith(_SIGNATURE) and (_NAME in body[:_ENDS] or _NAME in body[-_ENDS:])


def read_workbook(body: bytes) -> bytes:
    """The first sheet, as CSV in UTF-8. Raises WorkbookError."""
    try:
        _check_parts(body)
        workbook = load_workbook(BytesIO(body), read_only=True, data_only=True, keep_links=False)
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()  # what a sheet says of its size need not be so
        return _table(sheet.iter_rows()).encode()
    except WorkbookError:
        raise
    except Exception as error:  # any error of a library on a malicious file
        raise WorkbookError(f"The workbook cannot be read: it may be damaged. {INSTEAD}") from error


def _check_parts(body: bytes) -> None:
    with ZipFile(BytesIO(body)) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise _too_large(f"it may unpack to {MAX_UNPACKED // 2**20} MB in {MAX_PARTS} parts")
        marks = sum(_marks_of(archive, part) for part in parts if part.filename.lower().endswith(_XML))
        if marks > MAX_MARKS:
            raise _too_large(f"it may have {MAX_MARKS:,} elements and attributes")


def _marks_of(archive: ZipFile, part: ZipInfo) -> int:
    """The elements and attributes of a part, or a few more. No more is unpacked than the part says that it has."""
    if part.compress_type not in (ZIP_STORED, ZIP_DEFLATED) or part.flag_bits & 1:
        raise WorkbookError(f"The workbook is packed in an unusual way, or needs a password. {INSTEAD}")
    text = archive.read(part)
    if _FOREIGN.search(text):
        raise WorkbookError(f"The workbook has parts that are not as Excel writes them. {INSTEAD}")
    return text.count(b"<") + text.count(b"=")


def _table(rows: Iterator[Sequence[_Cell]]) -> str:
    text = StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    for number, row in enumerate(rows, start=1):
        if number > MAX_ROWS:
            raise _too_large(f"a sheet may have {MAX_ROWS:,} rows")
        if len(row) > MAX_COLUMNS:
            raise _too_large(f"a sheet may have {MAX_COLUMNS} columns")
        table.writerow(map(_text_of, row))
        if text.tell() > MAX_TEXT:
            raise _too_large(f"a sheet may have {MAX_TEXT // 2**20} million characters")
    return text.getvalue()


def _too_large(bound: str) -> WorkbookError:
    return WorkbookError(f"The workbook is too large: {bound}. {INSTEAD}")


def _text_of(cell: _Cell) -> str:
    """A cell as people read it; a date to the precision that it is shown with."""
    match cell.value:
        case None:
            return ""
        case bool(value):
            return "yes" if value else "no"
        case date() as value:
            return _date_of(value, cell.number_format)
        case time() as value:
            return value.strftime("%H:%M:%S" if value.second else "%H:%M")
        case float(value) if value.is_integer():
            return str(int(value))
    return str(cell.value)


def _date_of(value: date, number_format: str) -> str:
    letters = _LITERAL.sub("", number_format).lower()
    if "d" in letters or "y" not in letters:
        return value.strftime("%Y-%m-%d")
    return value.strftime("%Y-%m" if "m" in letters else "%Y")


def write_workbook(sheets: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
    """Tables of texts, by the names of their sheets. Nothing becomes a formula."""
    workbook = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append([_text_cell(sheet, text) for text in row])
    file = BytesIO()
    workbook.save(file)
    return file.getvalue()


def _text_cell(sheet: object, text: str) -> object:
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    return cell
