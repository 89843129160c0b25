"""The operations of readers as OpenAPI describes them: what `app.reading.router` serves for every collection."""

from collections.abc import Sequence
from typing import Final

from app.exports.formats import Format
from app.kit.json_types import JsonObject
from app.openapi.components import (
    NOT_MODIFIED,
    PUBLIC_HEADERS,
    SEE_PAGE,
    any_of,
    header,
    json_answer,
    problem,
    reference,
)
from app.openapi.public.citation_parameters import citation_content, citation_parameters
from app.openapi.public.collections import RESOURCE_TYPE, VOCABULARY, DescribedCollection, described_collections
from app.openapi.public.parameters import (
    LIMIT,
    RELATED_SELECT,
    item_parameters,
    list_parameters,
    map_parameters,
    resource_type_parameter,
    slug_parameter,
    vocabulary_parameter,
)
from app.reading.feed_links import EXTENSIONS
from app.reading.requests.suggestion_request import MAX_TEXT_LENGTH
from app.search.cross_table import MAX_AXIS, MAX_PARTS
from app.search.index.snapshot import Snapshot

FIRST_SLUG: Final = "$response.body#/results/0/slug"


def root_path() -> JsonObject:
    return {
        "get": {
            "tags": ["explore"],
            "operationId": "describe_knowledge_base",
            "summary": "Get an overview",
            "description": "Collections with their counts and addresses, formats, licence and the current revision.",
            "security": [],
            "responses": {
                "200": json_answer(reference("Overview"), "What is here."),
                "303": problem(SEE_PAGE),
                "304": NOT_MODIFIED,
                "406": problem("NotAcceptable"),
            },
        }
    }


def completion_path() -> JsonObject:
    """Completion over everything there is."""
    return {
        "get": {
            "tags": ["explore"],
            "operationId": "complete",
            "summary": "Autocomplete",
            "description": "Terms, people, organisations and entries whose names begin with the words typed so far; "
            "identifiers in any spelling.",
            "security": [],
            "parameters": [
                {
                    "name": "q",
                    "in": "query",
                    "required": True,
                    "description": "Text typed so far.",
                    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_TEXT_LENGTH, "pattern": r"\S"},
                    "example": "inn",
                },
                LIMIT,
            ],
            "responses": {
                "200": json_answer(reference("Completions"), "The completions."),
                "304": NOT_MODIFIED,
                "400": problem("BadQuery"),
                "406": problem("NotAcceptable"),
            },
        }
    }


def map_path(snapshot: Snapshot) -> JsonObject:
    """The evidence and gap map, over all entries."""
    entries = next(described_collections(snapshot))
    return {
        "get": _operation(
            "get_map",
            "Get an evidence and gap map",
            "Entries counted by two fields at once, gaps included, and by a third within each cell; every cell with "
            f"the URL of its entries. At most {MAX_AXIS} values a side, {MAX_PARTS} in a cell: where there are more, "
            "the most frequent. Other representations: `/v1/map.csv`, `/v1/map.svg`.",
            parameters=map_parameters(snapshot, entries),
            responses=_answers(
                {
                    "application/json": {"schema": reference("EvidenceMap")},
                    "text/csv; charset=utf-8": {"schema": {"type": "string"}},
                    "image/svg+xml": {"schema": {"type": "string"}},
                },
                "The map.",
            ),
        )
    }


def collection_paths(snapshot: Snapshot) -> JsonObject:
    """The paths of every collection. What is the same for all is described once, and so are the vocabularies."""
    collections = tuple(described_collections(snapshot))
    paths: JsonObject = {
        f"/v1/{{{RESOURCE_TYPE}}}/fields": {"get": list_fields(collections)},
        f"/v1/{{{RESOURCE_TYPE}}}/{{slug}}/related": {"get": list_related(collections)},
    }
    for collection in collections:
        operations = CollectionOperations(snapshot, collection)
        path = collection.path
        paths[path] = {"get": operations.list_documents()}
        paths[f"{path}/search"] = {"post": operations.search()}
        paths[f"{path}/{{slug}}"] = {"get": operations.get_document()}
    return paths


def list_fields(collections: Sequence[DescribedCollection]) -> JsonObject:
    return _operation(
        "list_fields",
        "List the fields of a collection",
        "Names, types, operators and values of the fields: everything a search form needs.",
        parameters=[resource_type_parameter(collections)],
        responses={
            "200": json_answer(reference("CollectionFields"), "The fields."),
            "304": NOT_MODIFIED,
            "400": problem("BadQuery"),
            "404": problem("NotFound"),
            "406": problem("NotAcceptable"),
        },
    )


def list_related(collections: Sequence[DescribedCollection]) -> JsonObject:
    return _operation(
        "list_related",
        "List related documents",
        "Related by shared terms and people, stated relations and words; the closest first, each with the reasons.",
        parameters=[
            resource_type_parameter(collections),
            slug_parameter(collections[0].example),
            LIMIT,
            RELATED_SELECT,
        ],
        responses=_answers(
            {"application/json": {"schema": reference("RelatedDocuments")}}, "The related documents.", single=True
        ),
    )


def _operation(name: str, summary: str, description: str, **rest: object) -> JsonObject:
    start = {"tags": ["explore"], "operationId": name, "summary": summary, "description": description}
    return {**start, "security": [], **rest}


def _answers(content: JsonObject, description: str, *, single: bool = False, **rest: object) -> JsonObject:
    fields = PUBLIC_HEADERS
    if len(content) > 1:
        fields = fields | {"Content-Disposition": header("Content-Disposition")}
    answers = {
        "200": {"description": description, "headers": fields, "content": content, **rest},
        "304": NOT_MODIFIED,
        "400": problem("BadQuery"),
        "406": problem("NotAcceptable"),
    }
    if single:
        answers |= {"301": problem("Moved"), "404": problem("NotFound"), "410": problem("Gone")}
    return dict(sorted(answers.items()))


def _other_than_json(formats: tuple[Format, ...]) -> JsonObject:
    """Representations that are not the native one."""
    others = {each.media_type: {"schema": _schema(each)} for each in formats if not each.is_native}
    return others | citation_content(formats)


def _schema(other: Format) -> JsonObject:
    """What is one JSON value is described as such; all else is text."""
    if other.json_type == "array":
        return {"type": "array", "items": {"type": "object"}}
    if other.json_type == "either":
        return {"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]}
    return {"type": other.json_type or "string"}


class CollectionOperations:
    """The operations of one collection, or of the collections that share them."""

    def __init__(self, snapshot: Snapshot, collection: DescribedCollection) -> None:
        self.snapshot = snapshot
        self.collection = collection
        self.shared = [vocabulary_parameter(collection)] if collection.is_shared else []

    def _content(self, schema: JsonObject) -> JsonObject:
        return {"application/json": {"schema": schema}} | _other_than_json(self.collection.formats)

    def _links(self, slug: str) -> JsonObject:
        """Where a slug that stands in an answer leads (OpenAPI 3.1, Link Object); `slug` is a runtime expression."""
        collection = f"$request.path.{VOCABULARY}" if self.shared else self.collection.name
        here = {VOCABULARY: collection} if self.shared else {}
        return {
            "one": {"operationId": f"get_{self.collection.one}", "parameters": here | {"slug": slug}},
            "related": {"operationId": "list_related", "parameters": {RESOURCE_TYPE: collection, "slug": slug}},
        }

    def _as_other_formats(self, path: str) -> str:
        """How representations other than JSON are requested."""
        others = [each for each in self.collection.formats if not each.is_native]
        if not others:
            return ""
        extensions = ", ".join(f"`.{each.extension}`" for each in others)
        example = f"`{path}.{others[0].extension}`"
        return f" Other representations by `Accept`, by `as`, or by an extension, as {example}: {extensions}."

    def _as_feeds(self) -> str:
        """How feeds are requested; they are of entries."""
        if not all(schema.has_terms for schema in self.collection.known.schemas):
            return ""
        paths = " and ".join(f"`{self.collection.path}.{extension}`" for extension in EXTENSIONS.values())
        return f" Feeds of the same filters: {paths}."

    def list_documents(self) -> JsonObject:
        label = self.collection.label
        return _operation(
            f"list_{self.collection.function}",
            f"List {label}",
            f"The published {label}: filtered, searched, sorted, counted. Operators such as `topic__not` and "
            f"`issued__gte` work on every field that `/fields` lists.{self._as_other_formats(self.collection.path)}"
            f"{self._as_feeds()}",
            parameters=[
                *self.shared,
                *list_parameters(self.snapshot, self.collection),
                *citation_parameters(self.collection),
            ],
            responses={"303": problem(SEE_PAGE)}
            | _answers(
                self._content(reference(self.collection.model("Page"))), "One page.", links=self._links(FIRST_SLUG)
            ),
        )

    def search(self) -> JsonObject:
        example = {"where": {"field": "slug", "op": "any", "value": self.collection.example}, "per_page": 5}
        schema = reference("SearchRequest")
        return _operation(
            f"search_{self.collection.function}",
            f"Search {self.collection.label} with nested conditions",
            "Like the list, queried by a JSON tree of `and`, `or`, `not` and conditions (`field`, `op`, `value`). Also "
            "by QUERY (RFC 10008).",
            **({"parameters": self.shared} if self.shared else {}),
            requestBody={"required": True, "content": {"application/json": {"schema": schema, "example": example}}},
            responses={
                "200": {
                    "description": "One page.",
                    "headers": {"X-Request-ID": PUBLIC_HEADERS["X-Request-ID"]},
                    "content": self._content(reference(self.collection.model("Page"))),
                    "links": self._links(FIRST_SLUG),
                },
                "400": problem("BadQuery"),
                "406": problem("NotAcceptable"),
                "413": problem("ContentTooLarge"),
                "415": problem("Unsupported"),
                "422": problem("Invalid"),
            },
        )

    def get_document(self) -> JsonObject:
        path = f"{self.collection.path}/{self.collection.example}"
        return _operation(
            f"get_{self.collection.one}",
            f"Get one of the {self.collection.label}",
            f"By its slug, or by an identifier such as `doi:10.…`.{self._as_other_formats(path)}",
            parameters=[*self.shared, *item_parameters(self.collection), *citation_parameters(self.collection)],
            responses={"303": problem(SEE_PAGE)}
            | _answers(
                self._content(any_of(self.collection.documents("Item"))),
                "The document.",
                single=True,
                links={"related": self._links("$response.body#/slug")["related"]},
            ),
        )
