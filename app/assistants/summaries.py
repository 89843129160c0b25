"""Documents as lists for assistants have them: what they are, where their page is, and how they are named in a call."""

from typing import Final

import orjson

from app.assistants.context import AssistantContext
from app.catalogue.registry import BY_NAME
from app.exports.record import Record
from app.kit.json_types import JsonObject
from app.search.index.snapshot import Snapshot
from app.search.storage.rows import IndexRow

MAX_TEXT: Final = 400
"""Characters of a summary or definition in a list."""
MAX_NAMES: Final = 6


def call_id(row: IndexRow) -> str:
    """How a document is named in a call, as autocomplete names it."""
    return f"{row.collection}/{row.slug}"


def summarise_documents(context: AssistantContext, snapshot: Snapshot, ids: list[int]) -> list[JsonObject]:
    """One object for each, in this order."""
    bodies = context.reading.index.listed_bodies(snapshot, ids)
    return [_summary(context, snapshot.rows[ident], body) for ident, body in zip(ids, bodies, strict=True)]


def _summary(context: AssistantContext, row: IndexRow, body: bytes) -> JsonObject:
    document = orjson.loads(body)
    named = {"id": call_id(row), "kind": row.kind, "title": row.label, "url": context.page_url(row)}
    view = BY_NAME[row.kind].view("record")
    summary = _of_record(view(document)) if view is not None else _of_other(document)
    return named | {name: value for name, value in summary.items() if value}


def _of_record(record: Record) -> JsonObject:
    date = record.issued or record.event_date
    return {
        "by": [name.spoken for name in record.names[:MAX_NAMES]],
        "issued": date.text if date else None,
        "format": record.format,
        "keywords": list(record.keywords[:MAX_NAMES]),
        "summary": shorten(record.abstract),
        "doi": record.doi,
        "licence": record.licence_id or record.licence_url,
    }


def _of_other(document: JsonObject) -> JsonObject:
    return {"summary": shorten(document.get("definition") or document.get("description"))}


def shorten(text: str | None) -> str | None:
    """At a space, with an ellipsis."""
    if text is None or len(text) <= MAX_TEXT:
        return text
    return f"{text[:MAX_TEXT].rpartition(' ')[0]} …"
