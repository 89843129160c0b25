"""The catalogue as linked data: every thing in Turtle, everything in N-Triples, the dumps in DCAT; all of it valid."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from pyshacl import validate
from rdflib import RDF, Graph, URIRef
from rdflib.namespace import DCAT, DCTERMS, SKOS

from app.exports.rdf.linked_data import record_statements
from app.exports.rdf.serialisation import Iri
from app.harvest.dump_formats import NTRIPLES
from app.harvest.dumps import find_dumps, make_dump
from app.reading.context import ReadingContext
from tests.client import BASE
from tests.conftest import fill_with_seeds
from tests.corpus import Corpus
from tests.databases import Databases
from tests.exports.whole_record import ARTICLE
from tests.factories import NOW

SHAPES = Graph().parse(Path(__file__).parent / "shapes.ttl")
SCHEMA = "http://schema.org/"


@pytest.fixture(scope="module")
def kb(databases_of: Callable[[str], Databases], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    folder = tmp_path_factory.mktemp("dumps")
    url = databases_of("sqlite").template("seeded", fill_with_seeds)
    with closing(Corpus(url, dump_directory=str(folder))) as found:
        urls = found.service.services[ReadingContext].urls
        make_dump(found.service.sessions, found.service.settings.dumps, urls, now=NOW)
        yield found


@pytest.fixture(scope="module")
def everything(kb: Corpus) -> Graph:
    """What is in the dump."""
    answer = kb.client.get("/v1/dump?as=nt")
    assert answer.headers["content-type"] == "application/gzip"
    assert answer.headers["content-disposition"].endswith('.nt.gz"')
    return Graph().parse(data=gzip.decompress(answer.content), format="nt")


def assert_valid(graph: Graph) -> None:
    conforms, _, report = validate(graph, shacl_graph=SHAPES)
    assert conforms, report[:3000]


def in_turtle(kb: Corpus, path: str) -> Graph:
    answer = kb.client.get(path)
    assert answer.headers["content-type"] == "text/turtle; charset=utf-8"
    return Graph().parse(data=answer.text, format="turtle")


def test_the_dump_has_everything_public_and_fits_the_shapes(kb: Corpus, everything: Graph) -> None:
    assert_valid(everything)
    subjects = {str(each) for each in everything.subjects(RDF.type)}
    for name in (each["name"] for each in kb.client.json("/v1")["collections"]):
        for each in kb.client.walk(f"/v1/{name}?select=url&cursor=*"):
            assert {each["url"], each["url"].replace("/v1/", "/")} & subjects, each["url"]


def test_a_thing_says_the_same_in_turtle_as_in_the_dump(kb: Corpus, everything: Graph) -> None:
    for path in ("publications/deisc-map", "people/kristine-hickle", "organisations/university-of-sussex"):
        listed = kb.client.json(f"/v1/{path.partition('/')[0]}?per_page=1&select=slug")["results"][0]["slug"]
        path = f"{path.partition('/')[0]}/{listed}"
        page = URIRef(f"{BASE}/{path}")
        alone = in_turtle(kb, f"/v1/{path}?as=turtle")
        assert set(alone) == set(everything.triples((page, None, None)))
        assert set(alone.subjects()) == {page}


def test_lists_are_the_same_statements(kb: Corpus, everything: Graph) -> None:
    graph = in_turtle(kb, "/v1/entries.ttl") + in_turtle(kb, "/v1/people.ttl") + in_turtle(kb, "/v1/topics.ttl")
    graph.remove((None, SKOS.narrower, None))  # said from the other end
    assert all(each in everything for each in graph)


def test_people_are_the_same_as_elsewhere_and_are_who_entries_are_by(kb: Corpus, everything: Graph) -> None:
    same = {str(each) for each in everything.objects(predicate=URIRef(f"{SCHEMA}sameAs"))}
    published = [
        identifier["url"]
        for name in ("people", "organisations")
        for each in kb.client.walk(f"/v1/{name}?cursor=*")
        for identifier in each["identifiers"]
        if identifier["url"]
    ]
    assert set(published) <= same
    creators = set(everything.objects(predicate=DCTERMS.creator))
    assert creators
    for each in creators:
        shown = kb.client.get(str(each).replace(BASE, f"{BASE}/v1").removeprefix(BASE) + "?as=jsonld").json()
        assert shown["@id"] == str(each)


def test_an_entry_is_the_same_as_its_item_of_wikidata() -> None:
    entry = replace(ARTICLE, doi=None, identifiers=(("wikidata", "Q42"),))
    same = Iri("http://www.wikidata.org/entity/Q42")
    assert [each for each in record_statements(entry) if each[1] == "schema:sameAs"] == [
        (ARTICLE.page_url, "schema:sameAs", same)
    ]


def test_portals_find_the_dumps(kb: Corpus) -> None:
    graph = in_turtle(kb, "/v1/dump/dcat")
    assert_valid(graph)
    dumps = {f"{BASE}/v1/dump/{each.name}": each for each in find_dumps(kb.service.settings.dumps)}
    assert {str(each) for each in graph.objects(URIRef(f"{BASE}/v1/dump"), DCAT.distribution)} == set(dumps)
    for address, dump in dumps.items():
        assert len(kb.client.get(address.removeprefix(BASE)).content) == dump.size
        assert str(graph.value(URIRef(address), DCAT.byteSize)) == str(dump.size)
    tag = kb.client.get("/v1/dump/dcat").headers["etag"]
    assert kb.client.get("/v1/dump/dcat", if_none_match=tag).status_code == 304


def test_a_dump_in_another_format_is_refused_with_those_there_are(kb: Corpus) -> None:
    assert kb.client.refused("/v1/dump?as=xml")["errors"][0]["allowed"] == ["ndjson", "nt"]
    kb.client.refused("/v1/dump?as=nt&as=nt")
    kb.client.refused("/v1/dump/latest?format=nt")
    name = find_dumps(kb.service.settings.dumps, NTRIPLES)[0].name
    kb.client.refused(f"/v1/dump/{name}?as=ndjson")
