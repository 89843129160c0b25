import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import RDF, SKOS

from app.exports.concept import Concept
from app.exports.formats import FORMATS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")

ROOT = "https://kb.example.org/v1"
SCHEME = Concept(uri=f"{ROOT}/vocabularies/topic", scheme=f"{ROOT}/vocabularies/topic", label="Topics", is_scheme=True)
RISKS = Concept(
    uri=f"{ROOT}/topics/risks",
    scheme=SCHEME.uri,
    label='Risks "beyond" the home\nand \\ more',
    definition="What happens outside.",
    alternative_labels=("EFRH", "EFR"),
    hidden_labels=("extra familiar risks",),
    related=(f"{ROOT}/topics/schools",),
    exact_match=("https://example.org/risk?a=1&b=<2>",),
)
GANGS = Concept(uri=f"{ROOT}/topics/gangs", scheme=SCHEME.uri, label="Gangs", broader=RISKS.uri)


def graphs(*concepts: Concept) -> tuple[Graph, Graph]:
    return (
        Graph().parse(data=FORMATS["jsonld"].render(concepts, of="concept"), format="json-ld"),
        Graph().parse(data=FORMATS["turtle"].render(concepts, of="concept"), format="turtle"),
    )


def test_both_say_the_same_in_skos() -> None:
    from_json, from_turtle = graphs(SCHEME, RISKS, GANGS)
    assert isomorphic(from_json, from_turtle)
    scheme, risks, gangs = (URIRef(each.uri) for each in (SCHEME, RISKS, GANGS))
    triples = set(from_turtle)
    assert (scheme, RDF.type, SKOS.ConceptScheme) in triples
    assert (risks, RDF.type, SKOS.Concept) in triples
    assert (risks, SKOS.prefLabel, Literal(RISKS.label)) in triples
    assert (risks, SKOS.altLabel, Literal("EFRH")) in triples
    assert (risks, SKOS.hiddenLabel, Literal("extra familiar risks")) in triples
    assert (risks, SKOS.definition, Literal("What happens outside.")) in triples
    assert (risks, SKOS.topConceptOf, scheme) in triples
    assert (risks, SKOS.narrower, gangs) in triples
    assert (risks, SKOS.related, URIRef(f"{ROOT}/topics/schools")) in triples
    assert (gangs, SKOS.broader, risks) in triples
    assert (gangs, SKOS.inScheme, scheme) in triples
    assert (gangs, SKOS.topConceptOf, scheme) not in triples


def test_an_address_cannot_break_out_of_its_brackets() -> None:
    _, graph = graphs(RISKS)
    (match,) = graph.objects(URIRef(RISKS.uri), SKOS.exactMatch)
    assert str(match) == "https://example.org/risk?a=1&b=%3C2%3E"


def test_what_is_unknown_is_not_said() -> None:
    (node,) = json.loads(FORMATS["jsonld"].render([GANGS], of="concept"))["@graph"]
    assert node == {
        "id": GANGS.uri,
        "type": "skos:Concept",
        "prefLabel": "Gangs",
        "inScheme": SCHEME.uri,
        "broader": RISKS.uri,
    }


@given(st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_label_survives_both(label: str) -> None:
    concept = Concept(uri=RISKS.uri, scheme=SCHEME.uri, label=label)
    for graph in graphs(concept):
        assert graph.value(URIRef(RISKS.uri), SKOS.prefLabel) == Literal(label)
