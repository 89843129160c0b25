"""The Python client finds, counts, cites and follows what the service has."""

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.catalogue.registry import BY_NAME
from knowledge_base_client import (
    ApiError,
    AsyncKnowledgeBase,
    CursorExpired,
    Gone,
    KnowledgeBase,
    NotFound,
    Options,
)
from tests.corpus import Corpus
from tests.factories import withdraw


def test_all_that_match_come_one_by_one(kb: KnowledgeBase) -> None:
    total = kb.publications.page(per_page=1).meta["count"]
    found = list(kb.publications.find(per_page=7))
    assert len({each["id"] for each in found}) == len(found) == total
    assert all(each["kind"] == "publication" for each in found)


def test_filters_are_those_of_the_list(kb: KnowledgeBase) -> None:
    videos_and_podcasts = kb.entries.page(format=["video", "podcast"]).meta["count"]
    assert videos_and_podcasts == sum(kb.entries.page(format=each).meta["count"] for each in ("video", "podcast"))
    recent = list(kb.publications.find(issued__gte=date(2021, 1, 1), doi__exists=True, sort="-issued"))
    assert [each["issued"] for each in recent] == sorted((each["issued"] for each in recent), key=str, reverse=True)
    assert all(each["doi"] for each in recent)
    assert "innovation" in json.dumps(next(kb.entries.find(q="innovation", topic=None))).lower()


def test_a_part_of_a_list_is_no_iterator(kb: KnowledgeBase) -> None:
    with pytest.raises(ValueError, match="`sample` asks for a part of a list: use `page`"):
        next(kb.entries.find(sample=3))


def test_facets_are_counted_under_the_other_filters(kb: KnowledgeBase) -> None:
    counted = kb.entries.facets("topic", "kind", kind="publication")
    assert [value["slug"] for value in counted["kind"]["values"] if value["selected"]] == ["publication"]
    assert counted["topic"]["values"]


def test_one_is_found_by_slug_id_and_identifier(kb: KnowledgeBase) -> None:
    first = next(kb.publications.find(doi__exists=True))
    alone = kb.publications.get(first["slug"])
    assert alone["links"]["self"]
    for key in (first["id"], f"doi:{first['doi']}"):
        assert kb.publications.get(key)["slug"] == first["slug"]


def test_conditions_nest_and_terms_are_filtered_by_vocabulary(kb: KnowledgeBase) -> None:
    people = kb.people.search({"or": [{"field": "slug", "value": slug} for slug in ("a", "b")]})
    assert people.meta["count"] == 0
    page = kb.entries.search({"not": {"field": "kind", "value": "publication"}}, per_page=500)
    assert "publication" not in {each["kind"] for each in page.results}
    term = next(kb.terms("stages").find())
    assert kb.terms("stages").get(term["slug"])["scheme"] == "stage"
    assert kb.collection("stages").fields()["collection"] == "stages"


def test_citations_and_other_formats_are_text(kb: KnowledgeBase) -> None:
    first = next(kb.publications.find(doi__exists=True))
    assert str(first["doi"]) in kb.publications.cite(first["slug"], style="apa")
    assert kb.publications.text(first["slug"], "ris").startswith("TY  - ")
    exported = "".join(kb.publications.export("ndjson", sort="title"))
    assert len(exported.splitlines()) == kb.publications.page(per_page=1).meta["count"]


def test_the_rest_of_what_can_be_queried(kb: KnowledgeBase) -> None:
    assert kb.overview()["collections"]
    assert kb.complete("inn")["results"]
    assert kb.map(rows="topic", columns="stage")["cells"]
    first = next(kb.frameworks.find())
    assert all(each["because"] for each in kb.frameworks.related(first["slug"], limit=2)["results"])


def test_changes_are_listed_up_to_the_present(kb: KnowledgeBase) -> None:
    pages = list(kb.changes(per_page=50, documents=True))
    lines = [line for page in pages for line in page["results"]]
    assert len(lines) == len({line["id"] for line in lines}) > 50
    assert next(kb.changes(pages[-1]["meta"]["next"]))["results"] == []


def test_a_refusal_says_what_is_wrong(kb: KnowledgeBase) -> None:
    with pytest.raises(ApiError, match="400 ") as raised:
        kb.entries.page(topik="trust")
    assert raised.value.problem["errors"]
    assert raised.value.code == "bad-query"
    with pytest.raises(NotFound):
        kb.publications.get("what-nobody-wrote")
    with pytest.raises(CursorExpired):
        next(kb.changes(2**30))


def test_what_was_withdrawn_says_why(seeded_service: Corpus, kb: KnowledgeBase) -> None:
    slug = next(kb.events.find())["slug"]
    with seeded_service.write() as session:
        withdraw(session, BY_NAME["event"], slug)
    with pytest.raises(Gone) as raised:
        kb.events.get(slug)
    assert raised.value.problem["reason"]


def test_what_has_not_changed_is_not_sent_again(address: str, tmp_path: Path) -> None:
    statuses: list[int] = []
    network = httpx.HTTPTransport()

    class Watched(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = network.handle_request(request)
            statuses.append(response.status_code)
            return response

    for _ in range(2):
        options = Options(cache=tmp_path / "answers.sqlite")
        with KnowledgeBase(address, options, transport=Watched()) as cached:
            assert cached.frameworks.page(per_page=2).results
    network.close()
    assert statuses == [200, 304]


def test_it_says_who_asks(address: str) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={})

    options = Options(key="kb_a_secret", contact="harvester@example.org")
    with KnowledgeBase(address, options, transport=httpx.MockTransport(answer)) as asking:
        asking.overview()
    assert sent[0].headers["user-agent"].startswith("knowledge-base-client/")
    assert sent[0].headers["user-agent"].endswith(" (mailto:harvester@example.org)")
    assert sent[0].headers["authorization"] == "Bearer kb_a_secret"
    assert "kb_a_secret" not in repr(options)


def test_the_asynchronous_client_does_the_same(kb: KnowledgeBase, address: str, tmp_path: Path) -> None:
    async def get() -> dict[str, Any]:
        async with AsyncKnowledgeBase(address, Options(cache=tmp_path / "answers.sqlite")) as other:
            first = [each async for each in other.publications.find(per_page=20)]
            return {
                "found": [each["id"] for each in first],
                "alone": await other.publications.get(first[0]["slug"]),
                "facets": await other.entries.facets("kind"),
                "cited": await other.publications.cite(first[0]["slug"]),
                "exported": "".join([piece async for piece in other.people.export("ndjson")]),
                "searched": (await other.entries.search({"field": "kind", "value": "site"})).meta["count"],
                "changes": [page["meta"]["next"] async for page in other.changes(per_page=500)],
                "overview": await other.overview(),
                "completions": await other.complete("inn"),
                "map": await other.map(rows="topic", columns="stage"),
                "fields": await other.terms("topics").fields(),
                "related": await other.publications.related(first[0]["slug"]),
                "text": await other.collection("publications").text(first[0]["slug"], "bibtex"),
            }

    first = list(kb.publications.find(per_page=20))
    slug = first[0]["slug"]
    assert asyncio.run(get()) == {
        "found": [each["id"] for each in first],
        "alone": kb.publications.get(slug),
        "facets": kb.entries.facets("kind"),
        "cited": kb.publications.cite(slug),
        "exported": "".join(kb.people.export("ndjson")),
        "searched": kb.entries.search({"field": "kind", "value": "site"}).meta["count"],
        "changes": [page["meta"]["next"] for page in kb.changes(per_page=500)],
        "overview": kb.overview(),
        "completions": kb.complete("inn"),
        "map": kb.map(rows="topic", columns="stage"),
        "fields": kb.terms("topics").fields(),
        "related": kb.publications.related(slug),
        "text": kb.publications.text(slug, "bibtex"),
    }
