"""Resources: the frameworks, which a client may add to the context of an assistant."""

from typing import Final

from app.assistants.arguments import GetArguments
from app.assistants.context import AssistantContext
from app.assistants.tools import get
from app.kit.errors import BadQuery, ErrorDetail, NotFound
from app.kit.json_types import JsonObject
from app.search.index.snapshot import Snapshot
from app.search.storage.rows import IndexRow

COLLECTION: Final = "frameworks"
PER_PAGE: Final = 50
MEDIA_TYPE: Final = "application/json"


def list_frameworks(snapshot: Snapshot, cursor: str | None) -> tuple[list[IndexRow], str | None]:
    """A page of them in their usual order, and the cursor of the next. Raises `BadQuery` for a cursor that is none."""
    text = cursor or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise BadQuery(errors=[ErrorDetail("invalid-cursor", "This is not a cursor of this list.", parameter="cursor")])
    begin, members = int(text), snapshot.members(COLLECTION)
    walk = list(snapshot.orders.walk(COLLECTION, snapshot.default_order(COLLECTION), members))
    end = begin + PER_PAGE
    return [snapshot.rows[ident] for ident in walk[begin:end]], str(end) if end < len(walk) else None


def resource_uri(context: AssistantContext, row: IndexRow) -> str:
    """Its address in the interface."""
    return context.reading.urls.item(row.collection, row.slug)


def uri_template(context: AssistantContext) -> str:
    """RFC 6570."""
    return f"{context.reading.urls.base}/v1/{{collection}}/{{slug}}"


def read_resource(context: AssistantContext, snapshot: Snapshot, uri: str) -> JsonObject:
    """As the tool `get` has it. Raises `NotFound` for another address, and what `get` raises."""
    prefix = f"{context.reading.urls.base}/v1/"
    if not uri.startswith(prefix):
        raise NotFound("Resources are addresses of this interface.")
    return get(context, snapshot, GetArguments(id=uri))
