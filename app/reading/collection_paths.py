"""The operations of one collection as OpenAPI describes them: what `app.reading.router` serves for each."""

from typing import Any

from app.exports.formats import Format
from app.reading.asking import JSON_ONLY
from app.reading.collection_schemas import any_of, models, named, reference
from app.reading.lists import offered
from app.reading.parameters import item_parameters, list_parameters, parameter
from app.reading.suggestions import MOST_TEXT, USUAL
from app.search.completing import MOST
from app.search.snapshot import Snapshot

Json = dict[str, Any]
LIMIT = parameter(
    "limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}, "At most so many.", USUAL
)


def problem(name: str) -> Json:
    return {"$ref": f"#/components/responses/{name}"}


PUBLIC_HEADERS: Json = {
    name: {"$ref": f"#/components/headers/{name}"} for name in ("ETag", "Last-Modified", "Link", "X-Request-ID")
}
FIRST_SLUG = "$response.body#/results/0/slug"
NOT_MODIFIED: Json = {"description": "What you have is still right."}


def json_answer(schema: Json, description: str) -> Json:
    return {
        "description": description,
        "headers": PUBLIC_HEADERS,
        "content": {"application/json": {"schema": schema}},
    }


def completion_path() -> Json:
    """Completion over everything there is."""
    return {
        "get": {
            "tags": ["explore"],
            "operationId": "complete",
            "summary": "Complete what is being typed",
            "description": "Terms, people, organisations and entries whose names begin with the words typed so far; "
            "identifiers in any spelling.",
            "security": [],
            "parameters": [
                {
                    "name": "q",
                    "in": "query",
                    "required": True,
                    "description": "What was typed so far.",
                    "schema": {"type": "string", "minLength": 1, "maxLength": MOST_TEXT, "pattern": r"\S"},
                    "example": "inn",
                },
                LIMIT,
            ],
            "responses": {
                "200": json_answer(reference("Completions"), "What it could become."),
                "304": NOT_MODIFIED,
                "400": problem("BadQuery"),
                "406": problem("NotAcceptable"),
            },
        }
    }


def collection_paths(snapshot: Snapshot) -> Json:
    """The paths of every collection, as served by the generic routes of `app.reading.router`."""
    paths: Json = {}
    for name in sorted(snapshot.layout.collections, key=lambda each: _order(snapshot, each)):
        described = CollectionPaths(snapshot, name)
        paths[f"/v1/{name}"] = {"get": described.listing()}
        paths[f"/v1/{name}/fields"] = {"get": described.fields()}
        paths[f"/v1/{name}/search"] = {"post": described.search()}
        paths[f"/v1/{name}/{{slug}}"] = {"get": described.single()}
        paths[f"/v1/{name}/{{slug}}/related"] = {"get": described.related()}
        for each in offered(snapshot, name):
            if each.render is not None:
                paths[f"/v1/{name}.{each.extension}"] = {"get": described.exported(each)}
                paths[f"/v1/{name}/{{slug}}.{each.extension}"] = {"get": described.exported_single(each)}
    return paths


def _order(snapshot: Snapshot, name: str) -> tuple[int, str]:
    """All entries first, then each kind as registered, then vocabularies."""
    shapes = snapshot.layout.collections[name].shapes
    if len(shapes) > 1:
        return (0, name)
    place = list(snapshot.layout.shapes).index(shapes[0].kind)
    return (place + 1, name)


def _written(chosen: Format) -> Json:
    """A representation that is not the native one: text, unless it is JSON as well."""
    written: Json = {} if "json" in chosen.media_type else {"type": "string"}
    return {chosen.media_type: {"schema": written}}


class CollectionPaths:
    """The operations of one collection."""

    def __init__(self, snapshot: Snapshot, name: str) -> None:
        self.snapshot = snapshot
        self.name = name
        self.formats = offered(snapshot, name)
        self.label = name.replace("-", " ")
        self.function = name.replace("-", "_")
        self.one = self._singular()
        first = next(iter(snapshot.live(name)), None)
        self.example = first.slug if first else "slug"

    def _singular(self) -> str:
        """For the names of operations: what the vocabulary or the kind is called, where the collection has one."""
        layout = self.snapshot.layout
        shapes = layout.collections[self.name].shapes
        terms = [each.name for each in layout.vocabularies.values() if each.collection == self.name]
        kinds = [shape.kind for shape in shapes] if len(shapes) == 1 else [f"one_of_{self.function}"]
        return (terms or kinds)[0].replace("-", "_")

    def _content(self, schema: Json) -> Json:
        content: Json = {"application/json": {"schema": schema}}
        for each in self.formats:
            if each.render is not None:
                content |= _written(each)
        return content

    def _links(self, slug: str) -> Json:
        """Where a slug that stands in an answer leads (OpenAPI 3.1, Link Object); `slug` is a runtime expression."""
        return {
            "one": {"operationId": f"get_{self.one}", "parameters": {"slug": slug}},
            "related": {"operationId": f"list_related_to_{self.one}", "parameters": {"slug": slug}},
        }

    def _operation(self, name: str, summary: str, description: str, **rest: Any) -> Json:
        start = {"tags": ["explore"], "operationId": name, "summary": summary, "description": description}
        return {**start, "security": [], **rest}

    def _answers(self, content: Json, description: str, *, single: bool = False, **rest: Any) -> Json:
        answers = {
            "200": {"description": description, "headers": PUBLIC_HEADERS, "content": content, **rest},
            "304": NOT_MODIFIED,
            "400": problem("BadQuery"),
            "406": problem("NotAcceptable"),
        }
        if single:
            answers["301"] = {
                "description": "It has another address now.",
                "headers": {"Location": {"description": "Where it is.", "schema": {"type": "string"}}},
            }
            answers |= {"404": problem("NotFound"), "410": problem("Gone")}
        return dict(sorted(answers.items()))

    def listing(self) -> Json:
        return self._operation(
            f"list_{self.function}",
            f"List {self.label}",
            f"The published {self.label}: filtered, searched, sorted, counted. Unknown parameters are refused with "
            "the nearest right ones.",
            parameters=list_parameters(self.snapshot, self.name),
            responses=self._answers(
                self._content(reference(named(self.name, "Page"))),
                "A page of them.",
                links=self._links(FIRST_SLUG),
            ),
        )

    def exported(self, chosen: Format) -> Json:
        return self._operation(
            f"list_{self.function}_as_{chosen.name}",
            f"List {self.label} as {chosen.label}",
            f"The same page of {self.label} as {chosen.label}.",
            parameters=[
                each for each in list_parameters(self.snapshot, self.name) if each["name"] not in (*JSON_ONLY, "as")
            ],
            responses=self._answers(_written(chosen), "A page of them."),
        ) | {"tags": ["partners"]}

    def search(self) -> Json:
        example = {"where": {"field": "slug", "op": "any", "value": self.example}, "per_page": 5}
        return self._operation(
            f"search_{self.function}",
            f"Search {self.label} with nested conditions",
            "As the list, asked with a JSON tree of `and`, `or`, `not` and conditions of `field`, `op` and `value`. "
            "The QUERY method (RFC 10008) is taken as well.",
            requestBody={
                "required": True,
                "content": {
                    "application/json": {
                        "schema": reference(named(self.name, "Search")),
                        "example": example,
                    }
                },
            },
            responses={
                "200": {
                    "description": "A page of them.",
                    "headers": {"X-Request-ID": PUBLIC_HEADERS["X-Request-ID"]},
                    "content": {"application/json": {"schema": reference(named(self.name, "Page"))}},
                    "links": self._links(FIRST_SLUG),
                },
                "400": problem("BadQuery"),
                "406": problem("NotAcceptable"),
                "413": problem("TooLarge"),
                "415": problem("Unsupported"),
                "422": problem("Invalid"),
            },
        )

    def fields(self) -> Json:
        return self._operation(
            f"list_fields_of_{self.function}",
            f"What {self.label} can be asked by",
            "Names, types, operators and values: everything a search form needs.",
            responses={
                "200": json_answer(reference("Askable"), "What can be asked."),
                "304": NOT_MODIFIED,
                "400": problem("BadQuery"),
                "406": problem("NotAcceptable"),
            },
        )

    def related(self) -> Json:
        return self._operation(
            f"list_related_to_{self.one}",
            f"What is like one of the {self.label}",
            "Neighbours by shared terms and people, stated relations and words, nearest first, each with the reasons.",
            parameters=[item_parameters(self.snapshot, self.name, self.example)[0], LIMIT],
            responses=self._answers(
                {"application/json": {"schema": reference("Neighbours")}}, "Its neighbours.", single=True
            ),
        )

    def single(self) -> Json:
        return self._operation(
            f"get_{self.one}",
            f"One of the {self.label}",
            "By its slug, or by an identifier of it as `doi:10.…`.",
            parameters=item_parameters(self.snapshot, self.name, self.example),
            responses=self._answers(
                self._content(any_of(models(self.snapshot, self.name, "Item"))),
                "The thing itself.",
                single=True,
                links={"related": self._links("$response.body#/slug")["related"]},
            ),
        )

    def exported_single(self, chosen: Format) -> Json:
        return self._operation(
            f"get_{self.one}_as_{chosen.name}",
            f"One of the {self.label} as {chosen.label}",
            f"By its slug or an identifier, as {chosen.label}.",
            parameters=item_parameters(self.snapshot, self.name, self.example)[:1],
            responses=self._answers(_written(chosen), "The thing itself.", single=True),
        ) | {"tags": ["partners"]}
