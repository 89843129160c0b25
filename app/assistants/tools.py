"""The tools: each answers a call from one state of what is published, in a thread."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from app.assistants.arguments import (
    ChangesArguments,
    CiteArguments,
    FacetsArguments,
    GetArguments,
    Question,
    RelatedArguments,
    SearchArguments,
    VocabulariesArguments,
)
from app.assistants.context import AssistantContext, parse_request
from app.assistants.summaries import call_id, summarise_documents
from app.assistants.vocabularies import describe_vocabularies, list_terms
from app.catalogue.schema import Schema
from app.exports.formats import CITATION
from app.harvest.changes import make_page
from app.harvest.changes_router import parse_changes_request
from app.http.problems.validation_errors import validate_body
from app.kit.errors import BadQuery, ErrorDetail
from app.kit.json_types import JsonObject
from app.reading.content.citations import take_citation_options
from app.reading.content.lists import find_page
from app.reading.content.projection import load_documents
from app.reading.requests.list_request import parse_detail_request
from app.reading.routing import check_collection
from app.search.facets import facet
from app.search.index.cached_body import LONG_TEXT
from app.search.index.snapshot import Snapshot
from app.search.query_summary import describe_query
from app.search.related import find_related

MAX_LONG_TEXT: Final = 12_000
"""Characters of a long text in one answer."""

Run = Callable[[AssistantContext, Snapshot, Any], JsonObject]


@dataclass(frozen=True)
class Tool:
    """`run` gets an instance of `arguments`."""

    name: str
    title: str
    description: str
    arguments: type[Schema]
    run: Run

    def call(self, context: AssistantContext, snapshot: Snapshot, given: object) -> JsonObject:
        """Raises an error of the family for everything that is wrong with a call."""
        return self.run(context, snapshot, validate_body(self.arguments, given))


def search(context: AssistantContext, snapshot: Snapshot, arguments: SearchArguments) -> JsonObject:
    request = parse_request(snapshot, arguments.collection, arguments.pairs())
    page = find_page(snapshot, context.reading.urls, request)
    answer: JsonObject = {
        "asked": describe_query(snapshot, request.query),
        "count": page.count,
        "page": arguments.page,
        "results": summarise_documents(context, snapshot, page.ids),
        "url": context.reading.urls.pages.list_url(arguments.collection, request.pairs or ()),
    }
    if request.query.words:
        found = snapshot.find(request.query.words)
        answer |= {
            "matching": "some words" if found.is_partial else "all words",
            "did_you_mean": snapshot.correction(request.query),
        }
    return context.finish(snapshot.revision, answer, shortened="results")


def get(context: AssistantContext, snapshot: Snapshot, arguments: GetArguments) -> JsonObject:
    row = context.find(snapshot, arguments.id)
    pairs = [("select", ",".join(arguments.select))] if arguments.select else []
    select = parse_detail_request(snapshot, row.collection, pairs).select
    (body,) = load_documents(context.reading.index, snapshot, [row.id], select, (), alone=True)
    document = orjson.loads(body)
    answer: JsonObject = {"id": call_id(row), "url": context.page_url(row), "document": document}
    text = document.get(LONG_TEXT)
    if isinstance(text, str):
        document[LONG_TEXT] = text[arguments.offset : arguments.offset + MAX_LONG_TEXT]
        end = arguments.offset + MAX_LONG_TEXT
        answer |= {"long_text": {"length": len(text), "next_offset": end if end < len(text) else None}}
    elif arguments.offset:
        message = "There is no more of this text."
        raise BadQuery(errors=[ErrorDetail("out-of-range", message, parameter="offset")])
    return context.finish(snapshot.revision, answer)


def related(context: AssistantContext, snapshot: Snapshot, arguments: RelatedArguments) -> JsonObject:
    row = context.find(snapshot, arguments.id)
    (body,) = context.reading.index.bodies(snapshot, [row.id])
    found = find_related(snapshot, row, orjson.loads(body), arguments.limit)
    shown = summarise_documents(context, snapshot, [each.row.id for each in found])
    because = [[f"{what}: {label}" for what, label in each.reasons] for each in found]
    results = [{**each, "because": reasons} for each, reasons in zip(shown, because, strict=True)]
    answer = {"of": call_id(row), "url": context.page_url(row), "results": results}
    return context.finish(snapshot.revision, answer, shortened="results")


def facets(context: AssistantContext, snapshot: Snapshot, arguments: FacetsArguments) -> JsonObject:
    request = parse_request(snapshot, arguments.collection, arguments.pairs())
    matched = snapshot.match(request.query)
    counted = {
        name: facet(snapshot, request.query, matched, name, request.window.facet_size) for name in request.window.facets
    }
    fields = snapshot.fields(request.query.collection)
    shown = [
        {
            "field": name,
            "label": fields[name].label,
            "values": [{"slug": value.slug, "label": value.label, "count": value.count} for value in each.values],
            "missing": each.missing,
            "truncated": each.truncated,
        }
        for name, each in counted.items()
    ]
    answer = {
        "asked": describe_query(snapshot, request.query),
        "count": len(matched),
        "facets": shown,
        "url": context.reading.urls.pages.list_url(arguments.collection, Question.pairs(arguments)),
    }
    return context.finish(snapshot.revision, answer, shortened="facets")


def cite(context: AssistantContext, snapshot: Snapshot, arguments: CiteArguments) -> JsonObject:
    _, options = take_citation_options(arguments.pairs(), CITATION)
    rows = [context.find(snapshot, ident) for ident in arguments.ids]
    for number, row in enumerate(rows):
        if not snapshot.registry.schemas[row.kind].has_terms:
            message = "Only entries can be cited."
            raise BadQuery(errors=[ErrorDetail("unknown-value", message, pointer=f"/ids/{number}")])
    texts = context.reading.citations.of(snapshot, [row.id for row in rows], options)
    results = [
        {"id": call_id(row), "citation": text, "url": context.page_url(row)}
        for row, text in zip(rows, texts, strict=True)
    ]
    pages = f"{context.reading.urls.pages.base}/"
    answer = {"style": arguments.style, "locale": arguments.locale, "results": results, "url": pages}
    return context.finish(snapshot.revision, answer, shortened="results")


def list_vocabularies(context: AssistantContext, snapshot: Snapshot, arguments: VocabulariesArguments) -> JsonObject:
    if arguments.vocabulary is None:
        return context.finish(snapshot.revision, describe_vocabularies(context, snapshot))
    return context.finish(snapshot.revision, list_terms(context, snapshot, arguments.vocabulary), shortened="terms")


def changes(context: AssistantContext, snapshot: Snapshot, arguments: ChangesArguments) -> JsonObject:
    check_collection(snapshot, arguments.collection)
    urls = context.reading.urls
    page = make_page(context.reading.index, urls, parse_changes_request(arguments.pairs(), context.reading))
    made = orjson.loads(page.body)
    for line in made["results"]:
        if "url" in line:
            line["url"] = line["url"].replace(f"{urls.base}/v1/", f"{urls.pages.base}/", 1)
    meta = made["meta"]
    answer = {"results": made["results"], "has_more": meta["has_more"], "next": meta["next"]}
    return context.finish(page.revision, {**answer, "url": f"{urls.pages.base}/"}, fewer="per_page")


TOOLS: Final[Mapping[str, Tool]] = {
    each.name: each
    for each in (
        Tool(
            "search",
            "Search the knowledge base",
            "Find publications, frameworks, sites, events and collections by words and filters. Start here. Results "
            "have the address of their page: name it when you use them.",
            SearchArguments,
            search,
        ),
        Tool(
            "get",
            "Read one thing",
            "One published document in full; its long text comes in parts.",
            GetArguments,
            get,
        ),
        Tool(
            "related",
            "Find what is near",
            "What is related to one document, and why: shared terms and people, stated relations, similar words.",
            RelatedArguments,
            related,
        ),
        Tool(
            "facets",
            "Count by field",
            "How many results there are by topic, stage, year or another field: an overview before reading.",
            FacetsArguments,
            facets,
        ),
        Tool(
            "cite",
            "Cite",
            "Formatted citations of entries, to be given word for word, with the address of each page.",
            CiteArguments,
            cite,
        ),
        Tool(
            "list_vocabularies",
            "List vocabularies and fields",
            "What can be filtered by: the collections, the fields of entries and the controlled vocabularies, or "
            "the terms of one vocabulary.",
            VocabulariesArguments,
            list_vocabularies,
        ),
        Tool(
            "changes",
            "Follow what changes",
            "What was published, changed, moved or withdrawn since a revision, oldest first.",
            ChangesArguments,
            changes,
        ),
    )
}
