"""Files that are no references are named, with what to send instead."""

import gzip
import io
import zipfile

import pytest

from app.intake.api.schemas import EXAMPLES
from app.intake.formats.source_formats import MEDIA_TYPES
from app.intake.formats.unsupported_files import unsupported_text
from app.intake.formats.workbook import MEDIA_TYPE as WORKBOOK
from tests.api_keys import api_key_client
from tests.client import problem
from tests.corpus import Corpus

PATH = "/v1/staff/import"
INSTEAD = "export the references as RIS, BibTeX or CSL-JSON from where they are kept, and send that file."
UNPACK = "unpack it, and send the file that is inside."
EXCEL = "This is an Excel workbook: save it as CSV (UTF-8), and send that file."
DAMAGED = ("unreadable", "The workbook cannot be read: it may be damaged. Save it as CSV (UTF-8), and send that file.")
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000)


def archive(*names: str, first: bytes = b"") -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as zipped:
        if first:
            zipped.writestr("mimetype", first, zipfile.ZIP_STORED)
        for name in names:
            zipped.writestr(name, "title,authors\n" * 9000)
    return raw.getvalue()


FOREIGN = {
    "xlsx": (archive("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/worksheets/sheet1.xml"), EXCEL),
    "xls": (COMPOUND + "Workbook".encode("utf-16-le") + bytes(500), EXCEL),
    "docx": (archive("[Content_Types].xml", "word/document.xml"), f"This is a Word document: {INSTEAD}"),
    "doc": (COMPOUND + "WordDocument".encode("utf-16-le"), f"This is a Word document: {INSTEAD}"),
    "msg": (COMPOUND, f"This is an Office document: {INSTEAD}"),
    "pptx": (archive("ppt/presentation.xml"), f"This is a PowerPoint presentation: {INSTEAD}"),
    "ods": (
        archive("content.xml", first=b"application/vnd.oasis.opendocument.spreadsheet"),
        "This is an OpenDocument spreadsheet: save it as CSV (UTF-8), and send that file.",
    ),
    "odt": (
        archive("content.xml", first=b"application/vnd.oasis.opendocument.text"),
        f"This is an OpenDocument file: {INSTEAD}",
    ),
    "zip": (archive("references.bib"), f"This is a zip archive: {UNPACK}"),
    "gz": (gzip.compress(b"@article{a, title={T}}"), f"This is a gzip archive: {UNPACK}"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", f"This is a PDF: {INSTEAD}"),
    "png": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", f"This is a picture: {INSTEAD}"),
    "jpg": (b"\xff\xd8\xff\xe0\x00\x10JFIF", f"This is a picture: {INSTEAD}"),
    "webp": (b"RIFF\x24\x00\x00\x00WEBPVP8 ", f"This is a picture: {INSTEAD}"),
    "rtf": (b"{\\rtf1\\ansi title}", f"This is a Rich Text document: {INSTEAD}"),
    "html": (b"\xef\xbb\xbf\n<!-- saved -->\n<!DOCTYPE html><title>x</title>", f"This is a web page: {INSTEAD}"),
    "xml": (b'<?xml version="1.0"?><xml><records/></xml>', f"This is XML: {INSTEAD}"),
    "mods": (b"<modsCollection><mods/></modsCollection>", f"This is XML: {INSTEAD}"),
}


def test_a_file_of_another_kind_is_named_whatever_it_is_sent_as(kb: Corpus) -> None:
    importer = api_key_client(kb, "imports:write")
    workbook = FOREIGN["xlsx"][0]
    for raw, message in FOREIGN.values():
        for media in ("text/plain", WORKBOOK, *MEDIA_TYPES):
            document = problem(importer("POST", PATH, content=raw, headers={"Content-Type": media}), 422)
            expected = DAMAGED if raw == workbook else ("foreign-format", message)
            assert [(each["code"], each["message"]) for each in document["errors"]] == [expected]
        own = importer("POST", PATH, content=raw, headers={"Content-Type": "application/octet-stream"})
        assert problem(own, 415)["detail"] == message
    text = problem(importer("POST", PATH, content=b"hello", headers={"Content-Type": WORKBOOK}), 422)
    assert [each["message"] for each in text["errors"]] == ["This is not an Excel workbook."]


def test_what_is_pasted_into_json_is_named_too(kb: Corpus) -> None:
    importer = api_key_client(kb, "imports:write")
    page = "<html><head><title>One</title></head></html>"
    for body in ({"text": page}, {"text": page, "format": "csv"}):
        document = problem(importer("POST", PATH, json=body), 422)
        assert [each["message"] for each in document["errors"]] == [f"This is a web page: {INSTEAD}"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_texts_of_references_are_no_such_files(name: str) -> None:
    assert unsupported_text(EXAMPLES[name].encode()) is None
    assert unsupported_text(b"<jats:p>title</jats:p>" + EXAMPLES[name].encode()) is not None
    for encoding in ("utf-16", "utf-32", "utf-8-sig"):
        assert unsupported_text(EXAMPLES[name].encode(encoding)) is None
