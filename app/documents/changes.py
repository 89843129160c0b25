"""Documents in the order of their latest changes, a page at a time, however many there are."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, case, select, tuple_

from app.db.base import table_of
from app.documents.store import DocumentRow, DocumentState

_TABLE: Final = table_of(DocumentRow).c


def changes_after(revision: int, ident: int | None, *, limit: int, bodies: bool) -> Select[Any]:
    """The next `limit` documents after one (after all of its revision where `ident` is None), without the traces of
    former addresses. What is live has its body only with `bodies`."""
    body = _TABLE.body if bodies else case((_TABLE.state == DocumentState.live, ""), else_=_TABLE.body).label("body")
    columns = (*_COLUMNS, body)
    later: Any = _TABLE.revision > revision
    if ident is not None:
        later = tuple_(_TABLE.revision, _TABLE.id) > tuple_(revision, ident)
    ordered = select(*columns).where(_TABLE.uuid.is_not(None), later).order_by(_TABLE.revision, _TABLE.id)
    return ordered.limit(limit)


def latest_changes(limit: int) -> Select[Any]:
    """The documents that were changed last, the newest first, without their bodies."""
    ordered = select(*_COLUMNS).where(_TABLE.uuid.is_not(None)).order_by(_TABLE.revision.desc(), _TABLE.id.desc())
    return ordered.limit(limit)


_COLUMNS: Final[Sequence[Any]] = (
    _TABLE.id,
    _TABLE.uuid,
    _TABLE.kind,
    _TABLE.collection,
    _TABLE.slug,
    _TABLE.state,
    _TABLE.revision,
    _TABLE.first_revision,
    _TABLE.modified,
)
