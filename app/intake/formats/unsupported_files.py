"""Files of other kinds, known by their first bytes, and what to do instead of sending them."""

import re
from typing import Final

SIGNATURE_BYTES: Final = 2**16
"""Bytes from the beginning and from the end of a file that show what it is."""

_INSTEAD: Final = "export the references as RIS, BibTeX or CSL-JSON from where they are kept, and send that file."
_UNPACK: Final = "unpack it, and send the file that is inside."

_OFFICE: Final = (
    (b"xl/workbook", "This is an Excel workbook: save it as CSV (UTF-8), and send that file."),
    (b"word/document", f"This is a Word document: {_INSTEAD}"),
    (b"ppt/presentation", f"This is a PowerPoint presentation: {_INSTEAD}"),
    (
        b"application/vnd.oasis.opendocument.spreadsheet",
        "This is an OpenDocument spreadsheet: save it as CSV (UTF-8), and send that file.",
    ),
    (b"application/vnd.oasis.opendocument", f"This is an OpenDocument file: {_INSTEAD}"),
    (b"application/epub+zip", f"This is an EPUB book: {_INSTEAD}"),
    (b"Index/Document.iwa", "This is a Numbers or Pages document: export it as CSV (UTF-8), and send that file."),
)
"""Parts of a zip archive that show who wrote it; their names are not compressed."""
_COMPOUND: Final = (
    ("Workbook".encode("utf-16-le"), "This is an Excel workbook: save it as CSV (UTF-8), and send that file."),
    ("Book".encode("utf-16-le"), "This is an Excel workbook: save it as CSV (UTF-8), and send that file."),
    ("WordDocument".encode("utf-16-le"), f"This is a Word document: {_INSTEAD}"),
)
"""Streams of the files that Microsoft's programs wrote before 2007."""
_PICTURE: Final = f"This is a picture: {_INSTEAD}"
_BEGINNINGS: Final = (
    (b"%PDF-", f"This is a PDF: {_INSTEAD}"),
    (b"\x1f\x8b", f"This is a gzip archive: {_UNPACK}"),
    (b"BZh", f"This is a bzip2 archive: {_UNPACK}"),
    (b"\xfd7zXZ\x00", f"This is an xz archive: {_UNPACK}"),
    (b"\x28\xb5\x2f\xfd", f"This is a zstd archive: {_UNPACK}"),
    (b"7z\xbc\xaf\x27\x1c", f"This is a 7-Zip archive: {_UNPACK}"),
    (b"Rar!\x1a\x07", f"This is a RAR archive: {_UNPACK}"),
    (b"\x89PNG\r\n\x1a\n", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF87a", _PICTURE),
    (b"GIF89a", _PICTURE),
    (b"II*\x00", _PICTURE),
    (b"MM\x00*", _PICTURE),
    (b"{\\rtf", f"This is a Rich Text document: {_INSTEAD}"),
    (b"SQLite format 3\x00", f"This is a database: {_INSTEAD}"),
    (b"\x7fELF", f"This is a program: {_INSTEAD}"),
)
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_COMPOUND_FILE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML: Final = re.compile(
    rb"(?:<\?xml[^>]*+>\s*+)?(?:<!--.{0,2000}?-->\s*+)*+<(?:!doctype\s++html|html|head|body)\b", re.I | re.S
)
_XML: Final = re.compile(rb"<\?xml\b|<[A-Za-z][\w:.-]*+[\s>]")


def unsupported_kind(begin: bytes, end: bytes = b"") -> str | None:
    """A sentence that says what a file is and what to send instead; None for what may be a text of references.

    `begin` and `end` are what stands there, of any length.
    """
    text = begin.removeprefix(b"\xef\xbb\xbf").lstrip()
    if begin.startswith(_ZIP):
        archive = f"This is a zip archive: {_UNPACK}"
        return next((message for part, message in _OFFICE if part in begin or part in end), archive)
    if begin.startswith(_COMPOUND_FILE):
        office = f"This is an Office document: {_INSTEAD}"
        return next((message for part, message in _COMPOUND if part in begin or part in end), office)
    if begin[8:12] == b"WEBP" and begin.startswith(b"RIFF"):
        return _PICTURE
    found = next((message for mark, message in _BEGINNINGS if begin.startswith(mark)), None)
    if found is not None or not text.startswith(b"<"):
        return found
    if _HTML.match(text[:SIGNATURE_BYTES]):
        return f"This is a web page: {_INSTEAD}"
    return f"This is XML: {_INSTEAD}" if _XML.match(text[:SIGNATURE_BYTES]) else None


def unsupported_text(body: bytes) -> str | None:
    """As `unsupported_kind`, of the whole of a file."""
    return unsupported_kind(body[:SIGNATURE_BYTES], body[-SIGNATURE_BYTES:])
