"""Every representation there is. A new format is a module with `render` and a line here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.exports import bibtex, csl, csv_table, ris
from app.exports.record import Record


@dataclass(frozen=True, slots=True)
class Format:
    """A representation: `name` as in `?as=`, `extension` without its dot, `media_type` as it is sent.

    `render` is None for the native representation, which is not made of records.
    """

    name: str
    label: str
    media_type: str
    extension: str
    render: Callable[[Iterable[Record]], str] | None


JSON = Format("json", "JSON", "application/json", "json", None)

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        each.name: each
        for each in (
            JSON,
            Format("csl", "CSL-JSON", "application/vnd.citationstyles.csl+json", "csl", csl.render),
            Format("bibtex", "BibTeX", "application/x-bibtex", "bib", bibtex.render),
            Format("ris", "RIS", "application/x-research-info-systems", "ris", ris.render),
            Format("csv", "CSV", "text/csv; charset=utf-8; header=present", "csv", csv_table.render),
        )
    }
)
BY_EXTENSION: Mapping[str, Format] = MappingProxyType({each.extension: each for each in FORMATS.values()})
BY_MEDIA_TYPE: Mapping[str, Format] = MappingProxyType({each.media_type: each for each in FORMATS.values()})
MEDIA_TYPES: tuple[str, ...] = tuple(BY_MEDIA_TYPE)
"""What can be offered, the native representation first."""
