"""Every representation there is. A new format is a module with `render` and a line here."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from app.exports import bibtex, csl, csv_table, ris, skos


@dataclass(frozen=True, slots=True)
class Format:
    """A representation: `name` as in `?as=`, `extension` without its dot, `media_type` as it is sent.

    `render` is None for the native representation; `of` says what the others are made of. `pieces` gives the same text
    bit by bit, which lists of any length can be sent in.
    """

    name: str
    label: str
    media_type: str
    extension: str
    render: Callable[[Iterable[Any]], str] | None
    of: Literal["record", "concept"] = "record"
    pieces: Callable[[Iterable[Any]], Iterator[str]] | None = None


CSV_TABLE = "text/csv; charset=utf-8; header=present"
JSON = Format("json", "JSON", "application/json", "json", None)

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        each.name: each
        for each in (
            JSON,
            Format("csl", "CSL-JSON", "application/vnd.citationstyles.csl+json", "csl", csl.render, pieces=csl.pieces),
            Format("bibtex", "BibTeX", "application/x-bibtex", "bib", bibtex.render, pieces=bibtex.pieces),
            Format("ris", "RIS", "application/x-research-info-systems", "ris", ris.render, pieces=ris.pieces),
            Format(
                "csv",
                "CSV",
                "text/csv; charset=utf-8; header=present",
                "csv",
                csv_table.render,
                pieces=csv_table.pieces,
            ),
            Format("jsonld", "SKOS as JSON-LD", "application/ld+json", "jsonld", skos.render_json, "concept"),
            Format("turtle", "SKOS as Turtle", "text/turtle; charset=utf-8", "ttl", skos.render_turtle, "concept"),
        )
    }
)
BY_EXTENSION: Mapping[str, Format] = MappingProxyType({each.extension: each for each in FORMATS.values()})
BY_MEDIA_TYPE: Mapping[str, Format] = MappingProxyType({each.media_type: each for each in FORMATS.values()})
MEDIA_TYPES: tuple[str, ...] = tuple(BY_MEDIA_TYPE)
"""What can be offered, the native representation first."""
