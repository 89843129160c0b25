"""CSL-JSON: the input of citation processors (CSL 1.0.2, schema `csl-data.json`)."""

import json
from collections.abc import Iterable, Iterator

from app.exports.context import ExportContext
from app.exports.record import Name, Record
from app.kit.clock import rfc3339
from app.kit.json_types import JsonObject
from app.kit.values.partial_dates import PartialDate


def pieces(records: Iterable[Record], _: ExportContext) -> Iterator[str]:
    """One JSON array; what has no variable of its own in CSL (licence, access, last change) is under `custom`."""
    between = "["
    for record in records:
        yield between + json.dumps(item(record), ensure_ascii=False)
        between = ", "
    yield "[]" if between == "[" else "]"


def item(record: Record) -> JsonObject:
    """The variables of CSL that it has."""
    variables = {
        "id": record.id,
        "type": record.type,
        "title": record.title,
        **_names(record),
        "issued": _date(record.cited_issued),
        "available-date": _date(record.issued if record.cover_date else None),
        "container-title": record.container_title,
        "collection-title": record.cited_series,
        "volume": record.cited_volume,
        "issue": record.issue,
        "page": record.pages,
        "number": record.number,
        "edition": record.cited_edition,
        "publisher": record.cited_publisher,
        "publisher-place": record.publisher_place,
        "DOI": record.doi,
        "ISBN": " ".join(record.cited_isbns),
        "ISSN": record.issn,
        "URL": record.url,
        "abstract": record.abstract,
        "keyword": "; ".join(record.keywords),
        "language": record.language,
        "genre": record.genre,
        "medium": record.medium,
        "dimensions": record.duration,
        "event-title": record.event_title if record.event_title != record.title else None,
        "event-place": record.event_place,
        "event-date": _date(record.event_date, record.end),
        "note": record.note,
        "custom": _custom(record),
    }
    return {name: value for name, value in variables.items() if value}


def _names(record: Record) -> dict[str, list[dict[str, str]]]:
    variables: dict[str, list[dict[str, str]]] = {}
    for name in record.cited_names:
        variables.setdefault(name.role, []).append(_name(name))
    return variables


def _name(name: Name) -> dict[str, str]:
    before, family = name.family_parts
    given, after = name.given_parts
    parts = {
        "family": family,
        "given": given,
        "non-dropping-particle": before,
        "dropping-particle": after,
        "literal": name.literal,
    }
    return {part: value for part, value in parts.items() if value}


def _date(date: PartialDate | None, end: PartialDate | None = None) -> dict[str, list[list[int]]] | None:
    if date is None:
        return None
    return {"date-parts": [list(each.parts) for each in (date, end) if each and (each is date or each != date)]}


def _custom(record: Record) -> dict[str, str]:
    extra = {
        "licence": record.licence_id,
        "licence_url": record.licence_url,
        "access": record.access,
        "updated_at": rfc3339(record.updated_at) if record.updated_at else None,
    }
    return {key: value for key, value in extra.items() if value}
