"""A workbook is read as a table, to the precision that its cells show; whatever it claims, it has bounds."""

import time
from collections.abc import Callable
from datetime import date, timedelta
from datetime import time as clock_time
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZipFile

import pytest
from openpyxl import Workbook

from app.intake.formats.workbook import (
    MAX_MARKS,
    MAX_ROWS,
    MAX_UNPACKED,
    WorkbookError,
    is_workbook,
    read_workbook,
    write_workbook,
)

SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
DAMAGED = "The workbook cannot be read: it may be damaged."
UNUSUAL = "The workbook has parts that are not as Excel writes them."


def saved(*rows: list[object], formats: dict[str, str] | None = None) -> bytes:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for row in rows:
        sheet.append(row)
    for place, text in (formats or {}).items():
        sheet[place].number_format = text
    file = BytesIO()
    workbook.save(file)
    return file.getvalue()


def with_part(data: bytes, name: str = SHEET, compression: int = ZIP_DEFLATED) -> bytes:
    """A workbook of one cell, with another part in the place of its own."""
    file = BytesIO()
    with ZipFile(BytesIO(saved(["title"]))) as given, ZipFile(file, "w", compression) as made:
        for part in given.infolist():
            made.writestr(part.filename, data if part.filename == name else given.read(part))
    return file.getvalue()


def sheet(rows: str) -> bytes:
    return f"<worksheet {NAMESPACE}><sheetData>{rows}</sheetData></worksheet>".encode()


def test_cells_are_read_as_they_are_shown() -> None:
    days = [date(2024, 5, 17), date(2024, 5, 1), date(2024, 1, 1)]
    body = saved(
        ["title", "issued", "issued", "issued", "online", "duration", "longer", "count"],
        ["A; b", *days, True, clock_time(12, 30), timedelta(hours=1, minutes=2), 2.0],
        [None, "2024", None, None, False, None, None, 2.5],
        formats={"B2": "dd/mm/yyyy", "C2": "mmm-yy", "D2": '"in" yyyy'},
    )
    assert is_workbook(body)
    assert read_workbook(body).decode().splitlines() == [
        "title,issued,issued,issued,online,duration,longer,count",
        "A; b,2024-05-17,2024-05,2024,yes,12:30,1:02:00,2",
        ",2024,,,no,,,2.5",
    ]


def test_what_is_written_is_read_and_nothing_becomes_a_formula() -> None:
    rows = [["title", "kind"], ["=1+1", "Ünïcode\nin two lines"]]
    body = write_workbook({"Entries": rows, "Values": [["column"]]})
    assert read_workbook(body).decode() == 'title,kind\n=1+1,"Ünïcode\nin two lines"\n'


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "zip bomb": (lambda: with_part(b" " * (MAX_UNPACKED + 1)), "The workbook is too large: it may unpack to 16 MB"),
    "XML bomb": (lambda: with_part(b'<!DOCTYPE a [<!ENTITY a "aa">]>' + sheet("")), UNUSUAL),
    "in UTF-16": (lambda: with_part(sheet("").decode().encode("utf-16")), UNUSUAL),
    "too many elements": (
        lambda: with_part(b"<a>" * (MAX_MARKS + 1)),
        "The workbook is too large: it may have 1,000,000",
    ),
    "deeply nested": (lambda: with_part(b"<a>" * 50_000), DAMAGED),
    "an element of attributes": (lambda: with_part(b"<a " + b'b="" ' * 5000 + b"/>"), UNUSUAL),
    "a row far away": (
        lambda: with_part(sheet(f'<row r="{MAX_ROWS + 2}"><c r="A1"><v>1</v></c></row>')),
        "The workbook is too large: a sheet may have 5,000 rows.",
    ),
    "a column far away": (
        lambda: with_part(sheet('<row r="1"><c r="XFD1"><v>1</v></c></row>')),
        "The workbook is too large: a sheet may have 500 columns.",
    ),
    "no sheet": (lambda: with_part(f"<workbook {NAMESPACE}/>".encode(), "xl/workbook.xml"), DAMAGED),
    "no XML": (lambda: with_part(b"\xff\xfe<"), DAMAGED),
    "another compression": (
        lambda: with_part(sheet(""), compression=ZIP_LZMA),
        "The workbook is packed in an unusual way",
    ),
    "half of one": (lambda: saved(["title"])[:2000] + b"xl/workbook", DAMAGED),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_it_claims_it_has_bounds(name: str) -> None:
    make, words = HOSTILE[name]
    body = make()
    started = time.process_time()
    with pytest.raises(WorkbookError) as raised:
        read_workbook(body)
    assert str(raised.value).startswith(words)
    assert str(raised.value).endswith(" Save it as CSV (UTF-8), and send that file.")
    assert time.process_time() - started < 2


def test_the_text_of_a_sheet_has_a_bound() -> None:
    rows = "".join(f'<row r="{number}"><c t="str"><v>{"y" * 30_000}</v></c></row>' for number in range(1, 200))
    with pytest.raises(WorkbookError, match="a sheet may have 4 million characters"):
        read_workbook(with_part(sheet(rows)))
