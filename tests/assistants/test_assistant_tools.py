"""The tools of assistants: the grammar and the documents of the interface, in small answers that name their pages."""

from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from app.assistants.context import MAX_ANSWER, AssistantContext
from app.assistants.tools import MAX_LONG_TEXT, TOOLS
from app.kit.errors import BadQuery, Invalid, NotFound
from tests.client import BASE
from tests.corpus import Corpus

FRAMEWORK = "frameworks/promoting-ethical-innovation"


def call(kb: Corpus, tool: str, /, **arguments: Any) -> Any:
    context = kb.service.services[AssistantContext]
    answer = TOOLS[tool].call(context, kb.snapshot, arguments)
    assert len(orjson.dumps(answer)) <= MAX_ANSWER
    assert answer["licence"] == kb.client.json("/v1")["licence"]
    assert answer["url"].startswith(f"{BASE}/")
    assert "/v1" not in answer["url"]
    return answer


def test_there_are_seven_of_them_and_each_says_what_it_takes() -> None:
    assert list(TOOLS) == ["search", "get", "related", "facets", "cite", "list_vocabularies", "changes"]
    for tool in TOOLS.values():
        schema = tool.arguments.model_json_schema()
        assert schema["additionalProperties"] is False


def test_search_finds_what_the_interface_finds(kb: Corpus) -> None:
    answer = call(
        kb, "search", q="ethics", filters={"format": ["framework", "video"], "topic__exists": "true"}, per_page=5
    )
    listed = kb.client.json("/v1/entries?q=ethics&format=framework&format=video&topic__exists=true&per_page=5")
    assert answer["count"] == listed["meta"]["count"] > 0
    assert [each["id"].partition("/")[2] for each in answer["results"]] == [each["slug"] for each in listed["results"]]
    for each in answer["results"]:
        assert kb.client.get(each["url"].removeprefix(BASE)).headers["content-type"].startswith("text/html")
    assert kb.client.get(answer["url"].removeprefix(BASE)).status_code == 200


def test_search_goes_on_by_pages_in_the_order_requested(kb: Corpus) -> None:
    first, second = (call(kb, "search", sort="title", page=page, per_page=3)["results"] for page in (1, 2))
    titles = [each["title"] for each in (*first, *second)]
    assert titles == [each["title"] for each in kb.client.json("/v1/entries?sort=title&per_page=6")["results"]]


@pytest.mark.parametrize(
    ("tool", "arguments", "parameter"),
    [
        ("search", {"filters": {"topik": "ethics"}}, "topik"),
        ("search", {"filters": {"topic": "no-such-topic"}}, "topic"),
        ("search", {"filters": {"select": "title"}}, "select"),
        ("search", {"sort": "beauty"}, "sort"),
        ("facets", {"fields": ["beauty"]}, "facets"),
        ("get", {"id": FRAMEWORK, "select": ["beauty"]}, "select"),
        ("cite", {"ids": [FRAMEWORK], "style": "beautiful"}, "style"),
        ("list_vocabularies", {"vocabulary": "topics"}, "vocabulary"),
        ("changes", {"since": "yesterday"}, "since"),
    ],
)
def test_nothing_that_is_not_understood_is_ignored(kb: Corpus, tool: str, arguments: Any, parameter: str) -> None:
    with pytest.raises(BadQuery) as caught:
        call(kb, tool, **arguments)
    assert caught.value.errors[0].parameter == parameter


def test_unknown_and_wrong_arguments_are_refused(kb: Corpus) -> None:
    with pytest.raises(Invalid) as caught:
        call(kb, "search", words="ethics", per_page="5")
    assert {each.pointer for each in caught.value.errors} == {"/words", "/per_page"}
    with pytest.raises(Invalid):
        call(kb, "search", per_page=21)
    with pytest.raises(NotFound):
        call(kb, "search", collection="nothing")


@pytest.mark.parametrize("prefix", ["", f"{BASE}/", f"{BASE}/v1/"])
def test_a_thing_is_read_by_its_id_or_by_its_addresses(kb: Corpus, prefix: str) -> None:
    answer = call(kb, "get", id=f"{prefix}{FRAMEWORK}", select=["title", "elements"])
    shown = kb.client.json(f"/v1/{FRAMEWORK}")
    assert answer["document"] == {name: shown[name] for name in ("title", "elements")}
    assert (answer["id"], answer["url"]) == (FRAMEWORK, f"{BASE}/{FRAMEWORK}")


def test_a_thing_is_read_by_an_identifier_too(kb: Corpus) -> None:
    listed = kb.client.json("/v1/publications?doi__exists=true&per_page=1")["results"][0]
    assert call(kb, "get", id=f"doi:{listed['doi']}")["document"]["slug"] == listed["slug"]
    with pytest.raises(NotFound):
        call(kb, "get", id="publications/nothing-of-the-kind")


def test_a_long_text_comes_in_parts(kb: Corpus) -> None:
    listed = kb.client.json("/v1/entries?select=slug,kind,url&per_page=100")["results"]
    texts = {each["url"]: kb.client.json(each["url"].removeprefix(BASE)).get("body") or "" for each in listed}
    url = max(texts, key=lambda each: len(texts[each]))
    answer = call(kb, "get", id=url, select=["body"])
    assert answer["document"]["body"] == texts[url][:MAX_LONG_TEXT]
    assert answer["long_text"]["length"] == len(texts[url])
    assert call(kb, "get", id=url, select=["body"], offset=10)["document"]["body"] == texts[url][10:][:MAX_LONG_TEXT]


def test_what_is_near_comes_with_why(kb: Corpus) -> None:
    answer = call(kb, "related", id=FRAMEWORK, limit=3)
    shown = kb.client.json(f"/v1/{FRAMEWORK}/related?limit=3")["results"]
    assert [each["id"].partition("/")[2] for each in answer["results"]] == [each["document"]["slug"] for each in shown]
    assert all(each["because"] for each in answer["results"])


@pytest.mark.parametrize("filters", [{}, {"year": "2022"}])
def test_facets_are_those_of_the_interface(kb: Corpus, filters: dict[str, str]) -> None:
    answer = call(kb, "facets", fields=["stage", "year"], collection="publications", q="risk", filters=filters, size=4)
    path = f"/v1/publications?q=risk&facets=stage,year&facet_size=4&{urlencode(filters)}".rstrip("&")
    shown = kb.client.json(path)["facets"]
    assert len(shown["year"]["values"]) > 1
    counted = {
        each["field"]: [(value["slug"], value["count"]) for value in each["values"]] for each in answer["facets"]
    }
    assert counted == {name: [(each["slug"], each["count"]) for each in shown[name]["values"]] for name in shown}


def test_citations_are_those_of_the_interface(kb: Corpus) -> None:
    answer = call(kb, "cite", ids=[FRAMEWORK], style="apa")
    assert answer["results"][0]["citation"] == kb.client.get(f"/v1/{FRAMEWORK}?as=citation&style=apa").text.strip()
    assert answer["results"][0]["url"] == f"{BASE}/{FRAMEWORK}"
    with pytest.raises(BadQuery):
        call(kb, "cite", ids=["topics/defining-innovation"])


def test_vocabularies_and_terms_are_what_filters_take(kb: Corpus) -> None:
    known = call(kb, "list_vocabularies")
    assert "topic" in {each["name"] for each in known["vocabularies"]}
    assert "gte" in next(each["operators"] for each in known["fields"] if each["name"] == "issued")
    terms = call(kb, "list_vocabularies", vocabulary="stage")["terms"]
    assert [each["slug"] for each in terms] == kb.client.slugs("/v1/stages")
    counted = {each["slug"]: each["entries"] for each in terms}
    for slug, count in counted.items():
        assert kb.client.json(f"/v1/entries?stage={slug}&per_page=1")["meta"]["count"] == count


def test_changes_are_followed_to_the_end(kb: Corpus) -> None:
    ids: list[str] = []
    since, has_more = "0", True
    while has_more:
        page = call(kb, "changes", since=since, per_page=50, collection="publications")
        since, has_more = page["next"], page["has_more"]
        ids += [each["id"] for each in page["results"]]
    assert sorted(ids) == sorted(each["id"] for each in kb.client.walk("/v1/publications?select=id&per_page=100"))
