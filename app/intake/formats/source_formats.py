"""Every format that is read. A new one is a module with `read` and a line here."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import BinaryIO, Final, Literal

from app.intake.formats import bibtex, csl, csv_table, ris
from app.intake.formats.encodings import blocks
from app.intake.records.parsed_record import ParsedItem

FormatName = Literal["bibtex", "ris", "csl", "csv"]


@dataclass(frozen=True, slots=True)
class SourceFormat:
    """`media_types` and `extensions` by which it is known."""

    name: FormatName
    media_types: tuple[str, ...]
    extensions: tuple[str, ...]
    read: Callable[[BinaryIO], Iterator[ParsedItem]]


SOURCE_FORMATS: Final[Mapping[str, SourceFormat]] = {
    each.name: each
    for each in (
        SourceFormat("bibtex", ("application/x-bibtex", "text/x-bibtex"), ("bib", "bibtex"), bibtex.read),
        SourceFormat("ris", ("application/x-research-info-systems",), ("ris",), ris.read),
        SourceFormat(
            "csl",
            ("application/vnd.citationstyles.csl+json", "application/vnd.datacite.datacite+json"),
            ("json", "csl", "jsonl"),
            csl.read,
        ),
        SourceFormat("csv", ("text/csv",), ("csv", "tsv"), csv_table.read),
    )
}
BY_MEDIA_TYPE: Final = {media: each for each in SOURCE_FORMATS.values() for media in each.media_types}
BY_EXTENSION: Final = {extension: each for each in SOURCE_FORMATS.values() for extension in each.extensions}
MEDIA_TYPES: Final = tuple(BY_MEDIA_TYPE)


def detect_format(text: bytes) -> SourceFormat | None:
    """By how a text begins: an entry of BibTeX, a tag of RIS, a bracket of JSON, or a line with `title` in it."""
    begin = b"".join(islice(blocks(BytesIO(text[:4000])), 8)).lstrip()
    if re.match(rb"(?:%[^\n]*\n\s*)*@\s*[A-Za-z]+\s*[{(]", begin):
        return SOURCE_FORMATS["bibtex"]
    if begin[:1] in (b"[", b"{"):
        return SOURCE_FORMATS["csl"]
    if re.search(rb"(?:^|\n)\s*TY\s{1,2}-", begin):
        return SOURCE_FORMATS["ris"]
    return SOURCE_FORMATS["csv"] if re.search(rb"\btitle\b", begin.split(b"\n", 1)[0].lower()) else None
