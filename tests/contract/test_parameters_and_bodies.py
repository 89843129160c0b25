"""A question asked by an address and by a body has one answer, whatever is asked for beside the documents."""

from typing import Any

import pytest

from tests.contract.conftest import LoadedService

pytestmark = pytest.mark.one_engine

Body = dict[str, Any]
TRUST: Body = {"field": "topic", "value": "trust"}
ETHICS: Body = {"field": "topic", "value": "ethics"}
BOTH: Body = {"field": "topic", "op": "any", "value": ["ethics", "trust"]}


NO_DOI: Body = {"not": {"field": "doi", "op": "exists", "value": True}}
RECENT: Body = {"field": "year", "op": "gte", "value": 2021}


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("topic=trust&topic=ethics&facets=topic,format", {"where": BOTH, "facets": ["topic", "format"]}),
        ("topic=ethics&topic=trust&facets=topic", {"where": {"or": [TRUST, ETHICS]}, "facets": ["topic"]}),
        ("topic__not=trust&facets=topic", {"where": {"not": TRUST}, "facets": ["topic"]}),
        ("doi__exists=false&facets=kind", {"where": NO_DOI, "facets": ["kind"]}),
        (
            "topic__all=ethics&topic__all=trust&facets=topic&facet_size=2",
            {"where": {"and": [{**TRUST, "op": "all"}, {**ETHICS, "op": "all"}]}, "facets": ["topic"], "facet_size": 2},
        ),
        ("q=lantern&highlight=true&per_page=7&page=2", {"q": "lantern", "highlight": True, "per_page": 7, "page": 2}),
        ("q=lantern&language=cy", {"q": "lantern", "where": {"field": "language", "value": "cy"}}),
        ("select=slug,kind&sort=-issued,title", {"select": ["slug", "kind"], "sort": ["-issued", "title"]}),
        ("include=relations&year__gte=2021", {"include": ["relations"], "where": RECENT}),
        ("cursor=*&sort=slug&per_page=4", {"cursor": "*", "sort": "slug", "per_page": 4}),
        ("group_by=year&per_page=2&q=harbour", {"group_by": "year", "per_page": 2, "q": "harbour"}),
        ("sample=9&seed=4&kind=site", {"sample": 9, "seed": 4, "where": {"field": "kind", "value": "site"}}),
    ],
)
def test_the_answer_is_the_same(loaded: LoadedService, query: str, body: Body) -> None:
    client = loaded.kb.client
    by_address, by_body = client.json(f"/v1/entries?{query}"), client.search("entries", body)
    assert by_address["meta"]["count"] > 0
    assert {**by_body, "links": None} == {**by_address, "links": None}
    assert loaded.kb.client.json(by_body["links"]["self"])["meta"] == by_address["meta"]


def test_the_query_that_was_understood_asks_the_same_again(loaded: LoadedService) -> None:
    first = loaded.kb.client.json("/v1/entries?q=lantern&topic__not=trust&sort=slug")
    kept = dict(first["meta"]["query"])
    again = loaded.kb.client.search(kept.pop("collection"), kept)
    assert again["meta"] == first["meta"]
    assert again["results"] == first["results"]


def test_what_a_body_queries_is_compressed_as_well(loaded: LoadedService) -> None:
    body = {"json": {"per_page": 50}}
    plain = loaded.kb.client.request("POST", "/v1/entries/search", headers={"Accept-Encoding": "identity"}, **body)
    packed = loaded.kb.client.request("POST", "/v1/entries/search", headers={"Accept-Encoding": "gzip"}, **body)
    assert (plain.headers.get("content-encoding"), packed.headers["content-encoding"]) == (None, "gzip")
    assert packed.json() == plain.json()
    assert int(packed.headers["content-length"]) * 3 < int(plain.headers["content-length"]) == len(plain.content)
    assert packed.headers["vary"] == "Accept, Accept-Encoding"
    small = loaded.kb.client.request(
        "POST", "/v1/entries/search", headers={"Accept-Encoding": "gzip;q=0, *;q=0"}, **body
    )
    assert small.status_code == 406
