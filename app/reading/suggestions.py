"""Completion while typing, and neighbours of a thing with the reasons why."""

from collections.abc import Sequence

import orjson

from app.kit.errors import BadQuery, ErrorDetail, repeated
from app.kit.json_types import JsonObject
from app.kit.text.characters import exceeds_length
from app.reading.projection import load_documents
from app.reading.urls import Pair, UrlBuilder
from app.search.index.completion import MAX_COMPLETIONS, complete
from app.search.index.live_index import Index
from app.search.index.rows import IndexRow
from app.search.index.snapshot import Snapshot
from app.search.related import find_related

DEFAULT_LIMIT = 10
MAX_TEXT_LENGTH = 200


def parse_limited(pairs: Sequence[Pair], *, text: str | None, others: Sequence[str] = ()) -> tuple[str, int]:
    """The parameter named `text` (needed where it is named at all) and `limit`; `others` may be given, and are read
    elsewhere. Raises `BadQuery`."""
    allowed = (*((text,) if text else ()), "limit", *others)
    errors: list[ErrorDetail] = []
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in allowed:
            errors.append(ErrorDetail("unknown-parameter", "Unknown parameter.", parameter=name, allowed=allowed))
        elif name in given:
            errors.append(repeated(name))
        given.setdefault(name, value)
    limit = given.get("limit", str(DEFAULT_LIMIT))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 4 and 1 <= int(limit) <= MAX_COMPLETIONS):
        errors.append(
            ErrorDetail("out-of-range", f"Must be a whole number from 1 to {MAX_COMPLETIONS}.", parameter="limit")
        )
    if text and not given.get(text, "").strip():
        errors.append(ErrorDetail("missing", "Required: the text typed so far.", parameter=text))
    if exceeds_length(given.get(text or "", ""), MAX_TEXT_LENGTH):
        errors.append(ErrorDetail("too-long", f"At most {MAX_TEXT_LENGTH} characters.", parameter=text))
    if errors:
        raise BadQuery(errors=errors)
    return given.get(text or "", ""), int(limit)


def completions(snapshot: Snapshot, addresses: UrlBuilder, text: str, limit: int) -> JsonObject:
    results = [
        {
            "id": f"{each.row.collection}/{each.row.slug}",
            "label": each.row.label,
            "kind": each.row.kind,
            "slug": each.row.slug,
            "hint": each.hint,
            "parameter": each.field,
            "count": each.count,
            "url": addresses.item(each.row.collection, each.row.slug),
        }
        for each in complete(snapshot, text, limit)
    ]
    return {"results": results, "links": {"self": addresses.query_url("/v1/autocomplete", [("q", text)])}}


def related_documents(
    index: Index, snapshot: Snapshot, addresses: UrlBuilder, row: IndexRow, limit: int, select: Sequence[str]
) -> JsonObject:
    """Related documents, whole or the members that are selected, each with why it is there and how near it is."""
    (body,) = index.bodies(snapshot, [row.id])
    found = find_related(snapshot, row, orjson.loads(body), limit)
    bodies = load_documents(index, snapshot, [each.row.id for each in found], select, ())
    own = addresses.item(row.collection, row.slug)
    return {
        "results": [
            {
                "score": round(each.score, 3),
                "because": [{"what": what, "label": label} for what, label in each.reasons],
                "document": orjson.loads(whole),
            }
            for each, whole in zip(found, bodies, strict=True)
        ],
        "links": {"self": f"{own}/related", "of": own},
    }
