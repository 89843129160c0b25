"""Which addresses there are to visit: those that live entries show."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import orjson
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.catalogue.registry import ENTRY_KINDS
from app.db.sessions import Sessions
from app.db.upsert import insert_or_ignore
from app.documents.store import DocumentRow, DocumentState
from app.kit.json_types import JsonMapping
from app.ops.links.models import LinkCheckRow, LinkState, LinkUseRow

CHUNK: Final = 200
KINDS: Final = tuple(kind.name for kind in ENTRY_KINDS)


def survey_links(sessions: Sessions, now: datetime) -> list[str]:
    """Note every address of every live entry, a few hundred entries a transaction, and forget those that are no longer
    shown. Returns the hosts."""
    after: int | None = 0
    while after is not None:
        with sessions.write() as session:
            after = _note_some(session, after, now)
    with sessions.write() as session:
        session.execute(delete(LinkUseRow).where(LinkUseRow.seen < now))
        session.execute(delete(LinkCheckRow).where(LinkCheckRow.id.not_in(select(LinkUseRow.link_id))))
        return list(session.scalars(select(LinkCheckRow.host).distinct().order_by(LinkCheckRow.host)))


def _note_some(session: Session, after: int, now: datetime) -> int | None:
    """The id of the last document that was looked at; None where there is none after `after`."""
    documents = _some(session, after)
    _note(session, documents, now)
    return documents[-1].id if documents else None


def _some(session: Session, after: int) -> Sequence[DocumentRow]:
    statement = (
        select(DocumentRow)
        .where(DocumentRow.id > after, DocumentRow.kind.in_(KINDS), DocumentRow.state == DocumentState.live)
        .order_by(DocumentRow.id)
    )
    return session.scalars(statement.limit(CHUNK)).all()


def _note(session: Session, documents: Sequence[DocumentRow], now: datetime) -> None:
    uses = [(row.source, *found) for row in documents for found in document_links(orjson.loads(row.body))]
    digests = {digest(url): url for _, _, url in uses}
    for key, url in digests.items():
        statement = insert_or_ignore(session, LinkCheckRow, "digest")
        first = {"state": LinkState.unchecked, "redirects": [], "failures": 0}
        session.execute(statement.values(digest=key, url=url, host=host_of(url), **first))
    session.execute(delete(LinkUseRow).where(LinkUseRow.entry_id.in_([row.source for row in documents])))
    rows = session.execute(select(LinkCheckRow.digest, LinkCheckRow.id).where(LinkCheckRow.digest.in_(digests)))
    known = {row.digest: row.id for row in rows}
    session.add_all(
        LinkUseRow(entry_id=entry, pointer=pointer, link_id=known[digest(url)], seen=now)
        for entry, pointer, url in uses
    )


def document_links(document: JsonMapping) -> Iterator[tuple[str, str]]:
    """JSON pointers and web addresses of what leads out of a document: where it is found, and its identifiers. An
    archived copy is visited as well: it is what remains where the link is broken."""
    for name, members in (("resources", ("url", "archived_url")), ("identifiers", ("url",))):
        for place, each in enumerate(document[name]):
            yield from ((f"/{name}/{place}/{member}", each[member]) for member in members if each.get(member))


def digest(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


def host_of(url: str) -> str:
    """Name and port, in lower case, without credentials; empty where it cannot be determined."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return f"{parts.hostname or ''}{port}"[:260]
