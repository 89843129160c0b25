"""Vocabularies as linked data: SKOS in JSON-LD 1.1 and in Turtle (RDF 1.1)."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.exports.concept import Concept
from app.exports.context import ExportContext
from app.exports.rdf.serialisation import TYPE, Iri, Literal, PrefixedName, Statement, iri, quoted
from app.kit.json_types import JsonObject

SKOS = "http://www.w3.org/2004/02/skos/core#"
CONTEXT: JsonObject = {
    "@version": 1.1,
    "skos": SKOS,
    "id": "@id",
    "type": "@type",
    "prefLabel": "skos:prefLabel",
    "altLabel": {"@id": "skos:altLabel", "@container": "@set"},
    "hiddenLabel": {"@id": "skos:hiddenLabel", "@container": "@set"},
    "definition": "skos:definition",
    "inScheme": {"@id": "skos:inScheme", "@type": "@id"},
    "topConceptOf": {"@id": "skos:topConceptOf", "@type": "@id"},
    "broader": {"@id": "skos:broader", "@type": "@id"},
    "narrower": {"@id": "skos:narrower", "@type": "@id", "@container": "@set"},
    "related": {"@id": "skos:related", "@type": "@id", "@container": "@set"},
    "exactMatch": {"@id": "skos:exactMatch", "@type": "@id", "@container": "@set"},
}
"""Names in the JSON, tied to SKOS."""

NarrowerTerms = Mapping[str, Sequence[str]]
"""The concepts below each."""


def below(concepts: Iterable[Concept]) -> NarrowerTerms:
    found: dict[str, list[str]] = {}
    for each in concepts:
        if each.broader is not None:
            found.setdefault(each.broader, []).append(each.uri)
    return found


def properties(concept: Concept, narrower: NarrowerTerms) -> JsonObject:
    """What is said of a concept, by the names of `CONTEXT`."""
    members: JsonObject = {
        "prefLabel": concept.label,
        "altLabel": list(concept.alternative_labels),
        "hiddenLabel": list(concept.hidden_labels),
        "definition": concept.definition,
        "inScheme": None if concept.is_scheme else concept.scheme,
        "topConceptOf": concept.scheme if concept.broader is None and not concept.is_scheme else None,
        "broader": concept.broader,
        "narrower": list(narrower.get(concept.uri, ())),
        "related": list(concept.related),
        "exactMatch": [iri(each) for each in concept.exact_match],
    }
    return {name: value for name, value in members.items() if value}


def kind(concept: Concept) -> str:
    return "skos:ConceptScheme" if concept.is_scheme else "skos:Concept"


def json_pieces(concepts: Iterable[Concept], _: ExportContext) -> Iterator[str]:
    """A JSON-LD document with one node a concept."""
    known = list(concepts)
    narrower = below(known)
    nodes = [{"id": each.uri, "type": kind(each), **properties(each, narrower)} for each in known]
    yield json.dumps({"@context": CONTEXT, "@graph": nodes}, ensure_ascii=False, indent=1)


def turtle_pieces(concepts: Iterable[Concept], _: ExportContext) -> Iterator[str]:
    """A Turtle document with one block a concept."""
    known = list(concepts)
    narrower = below(known)
    yield f"@prefix skos: <{SKOS}> .\n"
    for each in known:
        yield _block(each, narrower)


def _block(concept: Concept, narrower: NarrowerTerms) -> str:
    lines = [f"\n<{iri(concept.uri)}> a {kind(concept)}"]
    for name, value in properties(concept, narrower).items():
        is_reference = "@type" in (CONTEXT[name] if isinstance(CONTEXT[name], dict) else {})
        values = value if isinstance(value, list) else [value]
        shown = ", ".join(f"<{iri(each)}>" if is_reference else quoted(each) for each in values)
        lines.append(f"    skos:{name} {shown}")
    return " ;\n".join(lines) + " .\n"


def statements(concept: Concept) -> Iterator[Statement]:
    """What is said of a concept by itself: narrower ones say it from their end."""
    yield concept.uri, TYPE, PrefixedName(kind(concept))
    for name, value in properties(concept, {}).items():
        is_reference = "@type" in (CONTEXT[name] if isinstance(CONTEXT[name], dict) else {})
        for each in value if isinstance(value, list) else [value]:
            yield concept.uri, f"skos:{name}", Iri(each) if is_reference else Literal(each)
