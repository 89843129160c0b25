"""Cursors: the position of a walk through a list. Opaque, checked, bound to query and order."""

import base64
import binascii
import json
from hashlib import blake2b

from app.documents.revisions import PublishedRevision
from app.kit.errors import BadQuery, ErrorDetail
from app.search.index.snapshot import Snapshot
from app.search.query.model import RELEVANCE, Query
from app.search.storage.orders import CursorPosition

START = "*"


def _digest(query: Query) -> str:
    canonical = json.dumps(query.as_json(), sort_keys=True, ensure_ascii=False)
    return blake2b(canonical.encode(), digest_size=9).hexdigest()


def _check(payload: bytes) -> bytes:
    return blake2b(payload, digest_size=6, person=b"kb-cursor").digest()


def cursor_after(snapshot: Snapshot, query: Query, ident: int) -> str:
    """The cursor of a walk whose last document was `ident`."""
    row = snapshot.rows[ident]
    positions = snapshot.registry.sort_positions[row.kind]
    values = [None if (at := positions.get(sort.field)) is None else row.sort_values[at] for sort in query.sort]
    parts = [_digest(query), values, ident, *snapshot.revision]
    payload = json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode()
    return _encoded(_check(payload) + payload)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def read_cursor(snapshot: Snapshot, query: Query, cursor: str) -> CursorPosition | None:
    """The position to go on after; None at the start of the walk. Raises `BadQuery`."""
    if query.sort == (RELEVANCE,):
        raise _refusal("cursor-with-relevance", "A cursor requires a sort order, for example `sort=-issued`.")
    if cursor == START:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        digest, values, ident, *revision = json.loads(raw[6:])
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise _refusal("invalid-cursor", "This is not a cursor of this service.") from None
    if _check(raw[6:]) != raw[:6] or _encoded(raw) != cursor:
        raise _refusal("invalid-cursor", "This is not a cursor of this service.")
    if digest != _digest(query):
        raise _refusal("foreign-cursor", "This cursor belongs to another query or sort order; start again with `*`.")
    _check_types(snapshot, query, values, ident, revision)
    if not snapshot.history.holds(PublishedRevision(*revision)):
        message = "A backup was restored since this cursor was issued; start again with `*`."
        raise _refusal("foreign-cursor", message)
    return CursorPosition(values, ident)


def _check_types(snapshot: Snapshot, query: Query, values: object, ident: object, revision: list[object]) -> None:
    """A token made by hand with a right checksum must not be able to compare text with numbers."""
    fields = snapshot.fields(query.collection)
    kinds = [int if fields[sort.field].type.ranged else str for sort in query.sort]
    right = (
        type(ident) is int
        and [type(part) for part in revision] == [int, int]
        and isinstance(values, list)
        and len(values) == len(kinds)
        and all(value is None or type(value) is kind for value, kind in zip(values, kinds, strict=True))
    )
    if not right:
        raise _refusal("invalid-cursor", "This is not a cursor of this service.")


def _refusal(code: str, message: str) -> BadQuery:
    return BadQuery(errors=(ErrorDetail(code, message, parameter="cursor"),))
