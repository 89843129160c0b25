"""One thing and a list in every format: by Accept, by `as`, by extension."""

import json

import pytest

from app.catalogue.kind import Kind
from app.exports.formats import FORMATS, Format
from tests.client import problem
from tests.contract.conftest import LoadedService
from tests.corpus import Corpus
from tests.factories import make_publication

pytestmark = pytest.mark.one_engine

CITED = ("csl", "bibtex", "ris", "csv")


@pytest.fixture(params=CITED)
def form(request: pytest.FixtureRequest) -> Format:
    return FORMATS[request.param]


def test_three_ways_lead_to_the_same_representation(loaded: LoadedService, kind: Kind, form: Format) -> None:
    client = loaded.kb.client
    for path in (f"/v1/{kind.collection}", f"/v1/{kind.collection}/{kind.name}-1", f"/v1/entries/{kind.name}-1"):
        by_accept = client.get(path, accept=form.media_type)
        by_name = client.get(f"{path}?as={form.name}", accept="application/json")
        by_extension = client.get(f"{path}.{form.extension}", accept="text/html, */*;q=0.1")
        assert by_accept.status_code == 200
        assert by_accept.headers["content-type"] == form.media_type
        assert by_accept.content == by_name.content == by_extension.content
        assert f"{kind.name}-1" in by_accept.text or len(by_accept.text) > 20


def test_a_list_in_a_format_is_the_same_page(loaded: LoadedService) -> None:
    query = "topic=ethics&sort=title&per_page=5&page=2"
    slugs = [f"{each['kind']}-" for each in loaded.kb.client.json(f"/v1/entries?{query}")["results"]]
    items = json.loads(loaded.kb.client.get(f"/v1/entries.csl?{query}").text)
    assert len(items) == len(slugs) == 5
    titles = [each["title"] for each in loaded.kb.client.json(f"/v1/entries?{query}")["results"]]
    assert [each["title"] for each in items] == titles


def test_a_single_thing_names_its_other_representations(loaded: LoadedService, kind: Kind) -> None:
    links = loaded.kb.client.json(f"/v1/{kind.collection}/{kind.name}-2")["links"]
    assert set(links["alternate"]) >= set(CITED)
    for name, url in links["alternate"].items():
        assert loaded.kb.client.get(url).headers["content-type"] == FORMATS[name].media_type


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0, image/*", "application/pdf"])
def test_what_does_not_exist_is_406_and_says_what_does(loaded: LoadedService, accept: str) -> None:
    for path in ("/v1/entries", "/v1/entries/publication-1"):
        refusal = problem(loaded.kb.client.get(path, accept=accept), 406)
        assert set(refusal["choices"]) >= {FORMATS[name].media_type for name in ("json", *CITED)}


def test_agents_have_no_citation(loaded: LoadedService) -> None:
    assert problem(loaded.kb.client.get("/v1/people", accept="application/x-bibtex"), 406)["choices"] == [
        "application/json",
        "application/ld+json",
        "text/turtle; charset=utf-8",
        "application/jsonl",
    ]
    loaded.kb.client.refused("/v1/people.ris", 406)
    loaded.kb.client.refused("/v1/people/ada?as=bibtex", 406)


@pytest.mark.parametrize("accept", ["", "*/*", "application/*", "text/csv;q=0.5, application/json", "nonsense"])
def test_json_is_what_comes_where_anything_will_do(loaded: LoadedService, accept: str) -> None:
    assert loaded.kb.client.get("/v1/entries", accept=accept).headers["content-type"] == "application/json"


def test_errors_are_json_whatever_was_requested(loaded: LoadedService, form: Format) -> None:
    problem(loaded.kb.client.get("/v1/entries/none", accept=form.media_type), 404)
    problem(loaded.kb.client.get(f"/v1/entries.{form.extension}?nonsense=1"), 400)


@pytest.fixture
def identified(kb: Corpus) -> Corpus:
    with kb.write() as session:
        for slug, doi in (("plain", "10.1093/bjsw/bcac183"), ("odd", "10.1234/paper.ris"), ("other", "10.1234/paper")):
            make_publication(session, slug=slug, identifiers=[{"scheme": "doi", "value": doi}])
    return kb


@pytest.mark.parametrize(
    "key",
    [
        "doi:10.1093/bjsw/bcac183",
        "doi:10.1093%2Fbjsw%2Fbcac183",
        "DOI:10.1093/BJSW/bcac183",
        "10.1093/bjsw/bcac183",
        "https://doi.org/10.1093/bjsw/bcac183",
        "https:%2F%2Fdoi.org%2F10.1093%2Fbjsw%2Fbcac183",
        "doi%3A10.1093/bjsw/bcac183",
    ],
)
def test_an_identifier_is_an_address_too(identified: Corpus, key: str) -> None:
    for collection in ("publications", "entries"):
        assert identified.client.json(f"/v1/{collection}/{key}")["slug"] == "plain"
        assert identified.client.get(f"/v1/{collection}/{key}.ris").text.startswith("TY  - ")
    identified.client.refused(f"/v1/frameworks/{key}", 404)


def test_an_identifier_that_ends_like_a_format_is_whole_first(identified: Corpus) -> None:
    client = identified.client
    assert client.json("/v1/publications/doi:10.1234/paper.ris")["slug"] == "odd"
    assert client.json("/v1/publications/doi:10.1234/paper")["slug"] == "other"
    assert client.get("/v1/publications/doi:10.1234/paper.ris.ris").text.startswith("TY  - ")
    assert client.json("/v1/publications/doi:10.1234/paper.json")["slug"] == "other"


def test_an_identifier_typed_as_words_finds_its_entry_first(identified: Corpus) -> None:
    for text in ("10.1093/bjsw/bcac183", "https://doi.org/10.1093/BJSW/BCAC183", "doi:10.1093/bjsw/bcac183"):
        assert identified.client.slugs(f"/v1/entries?q={text}")[:1] == ["plain"]


@pytest.mark.parametrize(
    ("carried", "asked"), [("/report", "/report/"), ("/report/", "/report"), ("/report/", "/report/")]
)
def test_a_web_address_is_met_with_a_slash_at_its_end_and_without(kb: Corpus, carried: str, asked: str) -> None:
    with kb.write() as session:
        address = {"scheme": "url", "value": f"https://example.org{carried}"}
        make_publication(session, slug="addressed", identifiers=[address])
        make_publication(session, slug="other", identifiers=[address | {"value": "https://example.org/other"}])
    assert kb.client.slugs(f"/v1/entries?q=https://example.org{asked}") == ["addressed"]


def test_an_unknown_name_is_406_with_the_nearest(loaded: LoadedService) -> None:
    problem = loaded.kb.client.refused("/v1/publications?as=bibtx", 406)
    (fault,) = problem["errors"]
    assert (fault["parameter"], fault["suggestion"]) == ("as", "bibtex")
    assert "application/x-bibtex" in problem["choices"]


def test_two_formats_at_once_are_refused(loaded: LoadedService) -> None:
    (fault,) = loaded.kb.client.refused("/v1/publications.ris?as=bibtex")["errors"]
    assert fault["parameter"] == "as"
    assert loaded.kb.client.get("/v1/publications.ris?as=ris").status_code == 200
