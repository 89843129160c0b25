"""The operations of harvesting, for the OpenAPI document."""

from collections.abc import Sequence
from typing import Final, Literal

from pydantic import Field
from pydantic.json_schema import models_json_schema

from app.harvest.changes import PATH
from app.harvest.changes_router import MAX_PER_PAGE, MAX_WAIT, PER_PAGE
from app.harvest.dump_formats import DUMP_FORMATS, NDJSON
from app.harvest.dump_router import CATALOGUE, LATEST, MEDIA_TYPE
from app.harvest.dump_router import PATH as DUMP
from app.harvest.event_stream import MEDIA_TYPE as EVENTS
from app.harvest.oai.arguments import VERBS
from app.harvest.oai.repository import PATH as OAI
from app.harvest.oai.router import FORM
from app.kit.json_types import JsonObject
from app.openapi.components import NOT_MODIFIED, REFERENCE, json_answer, problem, reference
from app.openapi.public.parameters import parameter
from app.openapi.response_models import ResponseModel


class Successor(ResponseModel):
    """What replaces another."""

    id: str
    slug: str
    url: str
    label: str | None = None


class PublicChange(ResponseModel):
    """The latest change of one document. For `left`, only id, revision and time are given."""

    change: Literal["created", "updated", "withdrawn", "moved", "left"] = Field(
        description="`created`: first published since; `moved`: merged into another; `left`: it changed and does not "
        "match the query."
    )
    id: str = Field(description="The id of the document.")
    revision: int = Field(description="The revision of the change.")
    at: str
    kind: str | None = None
    slug: str | None = None
    url: str | None = None
    document: JsonObject | None = Field(None, description="The document, with `include=document`.")
    reason: str | None = Field(None, description="Why it was withdrawn.")
    replacement: Successor | None = None
    to: Successor | None = Field(None, description="Where it moved to.")


class ChangesMeta(ResponseModel):
    count: int = Field(description="Number of changes on this page.")
    has_more: bool = Field(description="Whether there are more changes.")
    next: str = Field(description="The `since` to continue with.")
    revision: int
    epoch: str


class ChangesLinks(ResponseModel):
    self: str
    next: str = Field(description="URL of the next page, now or later.")


class PublicChanges(ResponseModel):
    """Changes in the order of their commits."""

    meta: ChangesMeta
    results: list[PublicChange]
    links: ChangesLinks


PARAMETERS: Final = (
    parameter(
        "since",
        {"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9_-]+$"},
        "The number of a revision (0 is the beginning), then `meta.next` of each response.",
        "0",
        required=True,
    ),
    parameter(
        "collection",
        {"type": "string", "minLength": 1},
        "Only documents of this collection; the fields of its list are parameters. With filters and without a "
        "collection, `entries`.",
        "publications",
    ),
    parameter("include", {"type": "string", "enum": ["document"]}, "Embed each document as it is now.", "document"),
    parameter(
        "per_page",
        {"type": "integer", "minimum": 1, "maximum": MAX_PER_PAGE, "default": PER_PAGE},
        "Documents per page; fewer if they are large.",
        PER_PAGE,
    ),
    parameter(
        "wait",
        {"type": "integer", "minimum": 0, "maximum": MAX_WAIT, "default": 0},
        "Seconds to wait for the next publication if there is nothing new.",
        0,
    ),
)


AS: Final = parameter(
    "as",
    {"type": "string", "enum": list(DUMP_FORMATS), "default": NDJSON.name},
    "Documents, or linked data in N-Triples.",
    NDJSON.name,
)
NAME: Final[JsonObject] = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": f"Name of one of the last two dumps, or `{LATEST}`.",
    "schema": {"type": "string", "minLength": 1},
    "example": LATEST,
}


LAST_EVENT_ID: Final[JsonObject] = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": f"Of `{EVENTS}`: the id of the last event, in place of `since`.",
    "schema": {"type": "string", "examples": ["0"]},
}


OAI_PARAMETERS: Final = (
    parameter(
        "verb", {"type": "string", "enum": [*VERBS]}, "The request (verb) of the protocol.", "Identify", required=True
    ),
    parameter("metadataPrefix", {"type": "string"}, "Metadata format; `ListMetadataFormats` lists all.", "oai_dc"),
    parameter("identifier", {"type": "string"}, "Identifier of a record.", "oai:kb.example.org:01890a5d-ac96-774b"),
    parameter("from", {"type": "string"}, "Day or second (UTC) since which it changed.", "2026-01-31"),
    parameter("until", {"type": "string"}, "Day or second until which it changed.", "2026-01-31T09:00:00Z"),
    parameter("set", {"type": "string"}, "One of the sets in `ListSets`.", "publications"),
    parameter("resumptionToken", {"type": "string"}, "Continues a list; the only argument besides `verb`.", "token"),
)


def describe_harvest(document: JsonObject) -> None:
    """Add what FastAPI does not know: routes that read their parameters themselves."""
    _, schema = models_json_schema([(PublicChanges, "serialization")], ref_template=REFERENCE)
    document["components"]["schemas"].update(schema["$defs"])
    document["paths"][PATH] = {"get": _list_changes()}
    document["paths"][OAI] = {"get": _oai("get_oai", OAI_PARAMETERS), "post": _oai_form()}
    document["paths"][DUMP] = {"get": _get_dump("get_dump", "Download everything", [AS])}
    document["paths"][CATALOGUE] = {"get": _describe_dumps()}
    document["paths"][f"{DUMP}/{{name}}"] = {"get": _get_dump("get_named_dump", "Download a dump by its name", [NAME])}


def _describe_dumps() -> JsonObject:
    return {
        "tags": ["partners"],
        "operationId": "describe_dumps",
        "summary": "Describe the dumps",
        "description": "The available dumps as DCAT 3, in Turtle: for data portals.",
        "security": [],
        "responses": {
            "200": {"description": "The dataset.", "content": {"text/turtle": {"schema": {"type": "string"}}}},
            "304": NOT_MODIFIED,
            "400": problem("BadQuery"),
        },
    }


def _list_changes() -> JsonObject:
    return {
        "tags": ["partners"],
        "operationId": "list_changes",
        "summary": "Follow what changes",
        "description": "Every public change in the order of the commits, one line per document: created, updated, "
        "withdrawn, moved; nothing is left out, and what changes while you read comes again. Filters are those of "
        "the collection's list. `410` with the code `cursor-expired` after a backup was restored, or where `since` is "
        "yet to come: start over.",
        "security": [],
        "parameters": [*PARAMETERS, LAST_EVENT_ID],
        "responses": {
            "200": _changes_or_events(),
            "304": NOT_MODIFIED,
            "400": problem("BadQuery"),
            "404": problem("NotFound"),
            "406": problem("NotAcceptable"),
            "410": problem("Expired"),
            "429": problem("TooMany"),
        },
    }


def _changes_or_events() -> JsonObject:
    answer = json_answer(reference("PublicChanges"), "The changes.")
    answer["content"][EVENTS] = {"schema": {"type": "string"}}
    return answer


def _get_dump(name: str, summary: str, parameters: list[JsonObject]) -> JsonObject:
    header_texts = {
        "ETag": "Strong validator of the file.",
        "KB-Revision": "The revision that it shows.",
        "KB-Epoch": "Another one for the same revision means a restored backup.",
        "Link": "`next`: the changes since (RFC 8288).",
        "Repr-Digest": "SHA-256 of the file (RFC 9530).",
    }
    content = {MEDIA_TYPE: {"schema": {"type": "string", "contentEncoding": "binary"}}}
    fields = {field: {"description": text, "schema": {"type": "string"}} for field, text in header_texts.items()}
    return {
        "tags": ["partners"],
        "operationId": name,
        "summary": summary,
        "description": "Every public document of one revision, one per line (NDJSON) or as N-Triples, compressed with "
        "gzip; made by the service itself, at most once an hour. Parts by `Range`. One download at a time for each "
        "client.",
        "security": [],
        **({"parameters": parameters} if parameters else {}),
        "responses": {
            "200": {"description": "The dump.", "headers": fields, "content": content},
            "206": {"description": "The requested part.", "headers": fields, "content": content},
            "304": NOT_MODIFIED,
            "400": problem("BadQuery"),
            "404": problem("NotFound"),
            "416": problem("Problem"),
            "429": problem("TooMany"),
        },
    }


def _oai(name: str, parameters: Sequence[JsonObject]) -> JsonObject:
    return {
        "tags": ["partners"],
        "operationId": name,
        "summary": "Harvest by OAI-PMH",
        "description": "The Open Archives Initiative Protocol for Metadata Harvesting 2.0: entries, with sets of every "
        "vocabulary, persistent deletions, and datestamps to the second. Errors of the protocol have status 200.",
        "security": [],
        **({"parameters": [*parameters]} if parameters else {}),
        "responses": {
            "200": {"description": "The response.", "content": {"text/xml": {"schema": {"type": "string"}}}},
            "304": NOT_MODIFIED,
            "400": problem("BadQuery"),
        },
    }


def _oai_form() -> JsonObject:
    operation = _oai("get_oai_by_form", ())
    description = f"{operation['description']} The arguments are those of GET, as `{FORM}`."
    responses = {status: each for status, each in operation["responses"].items() if status != "304"}
    return operation | {"description": description, "responses": responses | {"415": problem("Unsupported")}}
