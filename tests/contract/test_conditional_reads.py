"""Answers through the whole stack: tags, 304, gzip, Vary, links, and who may read them from a script."""

import re
from contextlib import closing
from datetime import timedelta

import pytest

from app.catalogue.registry import BY_NAME
from tests.contract.conftest import LoadedService
from tests.corpus import Corpus
from tests.factories import NOW, change, make_person, make_publication

PATHS = ("/v1", "/v1/entries?facets=topic", "/v1/entries/publication-1", "/v1/topics/ethics", "/v1/events/fields")
LINK = re.compile(r'<([^>]*)>; rel="([^"]*)"')


@pytest.mark.parametrize("path", PATHS)
def test_a_reader_with_the_present_answer_gets_304(loaded: LoadedService, path: str) -> None:
    got = loaded.kb.client.get(path)
    again = loaded.kb.client.get(path, if_none_match=got.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "vary", "cache-control", "last-modified", "access-control-allow-origin"):
        assert again.headers[name] == got.headers[name]
    assert got.headers["cache-control"] == "public, no-cache"
    assert set(got.headers["vary"].split(", ")) == {"Accept", "Accept-Encoding"}
    assert loaded.kb.client.get(path, if_none_match=f'W/{got.headers["etag"]}, "x"').status_code == 304
    assert loaded.kb.client.get(path, if_none_match='"x"').status_code == 200
    assert loaded.kb.client.get(path, if_modified_since=got.headers["last-modified"]).status_code == 304
    both = loaded.kb.client.get(path, if_none_match='"x"', if_modified_since=got.headers["last-modified"])
    assert both.status_code == 200


def test_every_representation_and_coding_has_a_tag_of_its_own(loaded: LoadedService) -> None:
    client = loaded.kb.client
    answers = [
        client.get("/v1/publications", accept_encoding=coding, accept=accept)
        for coding in ("identity", "gzip")
        for accept in ("application/json", "application/x-bibtex", "text/csv", "application/x-research-info-systems")
    ]
    assert len({answer.headers["etag"] for answer in answers}) == len(answers)
    assert [answer.headers.get("content-encoding") for answer in answers] == [None] * 4 + ["gzip"] * 4
    assert [answer.text for answer in answers[:4]] == [answer.text for answer in answers[4:]]


def test_the_tag_changes_with_the_answer_and_only_with_it(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="one")
        make_publication(session, slug="two")
    before = kb.client.get("/v1/publications/one")
    with kb.write() as session:
        change(session, BY_NAME["publication"], "two", title="Other")
    assert kb.client.get("/v1/publications/one", if_none_match=before.headers["etag"]).status_code == 304
    with kb.write() as session:
        change(session, BY_NAME["publication"], "one", title="Other", now=NOW + timedelta(days=1))
    after = kb.client.get("/v1/publications/one", if_none_match=before.headers["etag"])
    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]
    assert after.headers["last-modified"] == "Fri, 02 Jan 2026 09:00:00 GMT"


def test_a_date_speaks_for_everything_in_the_answer(kb: Corpus) -> None:
    """What is included from another document, or counted, changes with it."""
    with kb.write() as session:
        make_person(session, slug="ada", description="Before")
        contributors = [{"agent": "people/ada", "role": "author"}]
        terms = {"format": ["book"], "topic": ["trust"]}
        make_publication(session, slug="one", contributors=contributors, terms=terms)
    paths = ("/v1/publications/one?include=contributors", "/v1/topics/trust", "/v1/vocabularies/topic")
    dates = [kb.client.get(path).headers["last-modified"] for path in paths]
    with kb.write() as session:
        change(session, BY_NAME["person"], "ada", description="After", now=NOW + timedelta(days=1))
    for path, date in zip(paths, dates, strict=True):
        assert kb.client.get(path, if_modified_since=date).status_code == 200


def test_where_nothing_has_been_published_nothing_has_changed_since_the_beginning(empty_database: str) -> None:
    with closing(Corpus(empty_database)) as kb:
        got = kb.client.get("/v1/entries")
        assert (got.status_code, got.headers["last-modified"]) == (200, "Thu, 01 Jan 1970 00:00:00 GMT")


def test_the_link_field_repeats_the_links_of_the_body(loaded: LoadedService) -> None:
    for path in ("/v1/entries?page=2&per_page=5&topic=ethics", "/v1/entries?cursor=*&per_page=5", "/v1/people"):
        response = loaded.kb.client.get(path)
        links = response.json()["links"]
        named = {(name, url) for name, url in links.items() if isinstance(url, str) and name not in ("self", "html")}
        named |= {("alternate", url) for url in (*links["alternate"].values(), *links["feeds"].values())}
        assert {(rel, url) for url, rel in LINK.findall(response.headers["link"])} == named


@pytest.mark.parametrize("extension", ["", ".csv"])
def test_the_link_field_repeats_a_long_address_for_the_neighbouring_pages_only(
    loaded: LoadedService, extension: str
) -> None:
    """Proxies take a head of a few kilobytes."""
    absent = "&".join(f"slug__not=a-slug-that-nothing-has-{number}" for number in range(50))
    query = f"page=2&per_page=1&{absent}"
    response = loaded.kb.client.get(f"/v1/entries{extension}?{query}")
    assert response.status_code == 200
    assert {rel for _, rel in LINK.findall(response.headers["link"])} == {"next", "prev"}
    if not extension:
        assert set(response.json()["links"]) == {"self", "first", "prev", "next", "last", "html", "alternate", "feeds"}


def test_the_links_of_pages_lead_where_they_say(loaded: LoadedService) -> None:
    client = loaded.kb.client
    first = client.json("/v1/entries?per_page=50&sort=title")
    links = first["links"]
    assert (links["prev"], client.json(links["self"])) == (None, first)
    second, last = client.json(links["next"]), client.json(links["last"])
    assert second["meta"]["page"] == 2
    assert client.json(second["links"]["prev"]) == client.json(links["first"])
    assert last["links"]["next"] is None
    assert last["meta"]["page"] == -(-first["meta"]["count"] // 50)


def test_any_script_may_read(loaded: LoadedService) -> None:
    for path in ("/v1/entries", "/v1/entries/none", "/v1/entries?nonsense=1"):
        answer = loaded.kb.client.get(path, origin="https://elsewhere.example")
        assert answer.headers["access-control-allow-origin"] == "*"
        exposed = set(answer.headers["access-control-expose-headers"].split(", "))
        assert exposed > {"ETag", "Link", "Retry-After", "X-Request-ID"}
    headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    preflight = loaded.kb.client.request("OPTIONS", "/v1/entries/search", headers=headers)
    assert preflight.status_code == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "Content-Type" in preflight.headers["access-control-allow-headers"]


def test_credentials_change_nothing(loaded: LoadedService) -> None:
    plain = loaded.kb.client.get("/v1/entries")
    keyed = loaded.kb.client.get("/v1/entries", authorization="Bearer kb_x", cookie="a=b")
    assert (keyed.content, keyed.headers["etag"]) == (plain.content, plain.headers["etag"])
