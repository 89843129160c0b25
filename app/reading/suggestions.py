"""Completion while typing, and neighbours of a thing with the reasons why."""

from collections.abc import Sequence
from typing import Any

import orjson

from app.kit.errors import BadQuery, Fault
from app.kit.text import is_longer
from app.reading.addresses import Addresses, Pair
from app.search.completing import MOST, complete
from app.search.index import Index
from app.search.related import related
from app.search.rows import Row
from app.search.snapshot import Snapshot

USUAL = 10
MOST_TEXT = 200


def read_limited(pairs: Sequence[Pair], *, text: str | None) -> tuple[str, int]:
    """The parameter named `text` (needed where it is named at all) and `limit`. Raises `BadQuery`."""
    allowed = (*((text,) if text else ()), "limit")
    faults: list[Fault] = []
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in allowed:
            faults.append(
                Fault("unknown-parameter", "There is no such parameter here.", parameter=name, allowed=allowed)
            )
        elif name in given:
            faults.append(Fault("repeated", "This parameter may be given once.", parameter=name))
        given.setdefault(name, value)
    limit = given.get("limit", str(USUAL))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 4 and 1 <= int(limit) <= MOST):
        faults.append(Fault("out-of-range", f"Must be a whole number from 1 to {MOST}.", parameter="limit"))
    if text and not given.get(text, "").strip():
        faults.append(Fault("missing", "Say what was typed so far.", parameter=text))
    if is_longer(given.get(text or "", ""), MOST_TEXT):
        faults.append(Fault("too-long", f"At most {MOST_TEXT} characters.", parameter=text))
    if faults:
        raise BadQuery(errors=faults)
    return given.get(text or "", ""), int(limit)


def completions(snapshot: Snapshot, addresses: Addresses, text: str, limit: int) -> dict[str, Any]:
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
    return {"results": results, "links": {"self": addresses.asked("/v1/autocomplete", [("q", text)])}}


def neighbours(index: Index, snapshot: Snapshot, addresses: Addresses, row: Row, limit: int) -> dict[str, Any]:
    """Related documents, whole, each with why it is there and how near it is."""
    (body,) = index.bodies(snapshot, [row.id])
    found = related(snapshot, row, orjson.loads(body), limit)
    bodies = index.bodies(snapshot, [each.row.id for each in found])
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
