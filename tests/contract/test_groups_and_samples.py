"""Groups are what asking for each of their values gives; samples are the same for the same seed."""

from typing import Any
from urllib.parse import urlencode

import pytest

from app.search.index import pagination
from tests.contract.conftest import LoadedService
from tests.contract.test_facets import facets_of

pytestmark = pytest.mark.one_engine

FILTERS = (
    "",
    "language=cy&language=en",
    "issued__gte=2020-06&format__not=book",
    "q=lantern",
    "topic=ethics&topic=trust&kind__not=site",
    "topic__all=consent&year=2020&year=2021",
)


@pytest.mark.parametrize("query", FILTERS)
def test_a_group_begins_as_the_list_of_its_value(loaded: LoadedService, query: str) -> None:
    client = loaded.kb.client
    everything = {each["url"] for each in client.walk(f"/v1/entries?{query}&sort=slug&per_page=100&cursor=*")}
    for name in facets_of(loaded, "entries"):
        page = client.json(f"/v1/entries?{query}&group_by={name}&per_page=3&facet_size=4")
        assert page["results"] == []
        for group in page["groups"]:
            first = client.json(group["url"])
            assert (first["results"], first["meta"]["per_page"]) == (group["results"], 3)
            whole = client.json(group["url"].replace("per_page=3", "per_page=100"))
            assert group["results"] == whole["results"][:3], (name, group["slug"])
            assert group["count"] == whole["meta"]["count"] > 0
            assert {each["url"] for each in whole["results"]} <= everything


def test_a_group_of_what_is_not_among_the_best_begins_as_its_list_too(
    loaded: LoadedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = loaded.kb.client.json("/v1/entries?q=lantern&group_by=topic&per_page=3&facet_size=20")["groups"]
    monkeypatch.setattr(pagination, "MAX_BEST", 1)
    groups = loaded.kb.client.json("/v1/entries?q=lantern&group_by=topic&facet_size=20&per_page=3")["groups"]
    assert groups == whole
    assert len(groups) > 1


def test_words_that_find_nothing_have_no_groups(loaded: LoadedService) -> None:
    page = loaded.kb.client.json("/v1/entries?q=zyzzyva&group_by=topic")
    assert (page["groups"], page["meta"]["count"], page["meta"]["missing"]) == ([], 0, 0)


@pytest.mark.parametrize("query", FILTERS)
def test_groups_are_the_facet_of_what_was_found(loaded: LoadedService, query: str) -> None:
    """Other than a facet, a group is under all filters, its own as well; years come newest first."""
    for name in facets_of(loaded, "entries"):
        page = loaded.kb.client.json(f"/v1/entries?{query}&group_by={name}&facets={name}&facet_size=100&per_page=2")
        facet = {value["slug"]: value for value in page["facets"][name]["values"]}
        for group in page["groups"]:
            assert group["label"] == facet[group["slug"]]["label"]
            assert group["count"] <= facet[group["slug"]]["count"]
        shown = [(-group["count"], group["slug"]) for group in page["groups"]]
        values = [group["slug"] for group in page["groups"]]
        if name in ("year", "stage"):
            assert values == [slug for slug in facet if slug in values]
        else:
            assert shown == sorted(shown) or name in (*query.split("&"), "topic")


@pytest.mark.parametrize("query", FILTERS)
def test_pages_of_groups_are_the_groups_one_after_the_other(loaded: LoadedService, query: str) -> None:
    client = loaded.kb.client
    for name in facets_of(loaded, "entries"):
        whole = client.json(f"/v1/entries?{query}&group_by={name}&per_page=2&facet_size=100")
        assert (whole["meta"]["truncated"], whole["links"]["next"]) == (False, None)
        following = f"/v1/entries?{query}&group_by={name}&per_page=2&facet_size=3"
        groups: list[dict[str, Any]] = []
        while following:
            page = client.json(following)
            assert page["meta"]["truncated"] == bool(page["links"]["next"])
            groups, following = groups + page["groups"], page["links"]["next"]
        assert groups == whole["groups"], name


def test_a_page_of_groups_has_at_most_200_documents(loaded: LoadedService) -> None:
    client = loaded.kb.client
    for per_page, groups in ((1, 200), (5, 40), (10, 20)):
        assert "groups" in client.json(f"/v1/entries?group_by=author&per_page={per_page}&facet_size={groups}")
        (error,) = client.refused(f"/v1/entries?group_by=author&per_page={per_page}&facet_size={groups + 1}")["errors"]
        assert (error["parameter"], error["code"]) == ("facet_size", "too-many-in-groups")
        assert f"At most {groups} groups" in error["message"]
    assert len(client.json("/v1/entries?group_by=author")["groups"]) <= 40


def drawn(loaded: LoadedService, query: str) -> list[str]:
    return [each["url"] for each in loaded.kb.client.json(f"/v1/entries?select=url&{query}")["results"]]


def test_a_sample_is_the_same_for_the_same_seed_alone(loaded: LoadedService) -> None:
    assert drawn(loaded, "sample=20&seed=7") == drawn(loaded, "sample=20&seed=7")
    assert drawn(loaded, "sample=20") == drawn(loaded, "sample=20&seed=0")
    assert len({tuple(drawn(loaded, f"sample=20&seed={seed}")) for seed in range(10)}) == 10


@pytest.mark.parametrize("query", FILTERS)
def test_a_sample_is_so_many_different_ones_of_what_was_asked(loaded: LoadedService, query: str) -> None:
    page = loaded.kb.client.json(f"/v1/entries?{query}&sample=10&seed=3")
    urls = [each["url"] for each in page["results"]]
    everything = {each["url"] for each in loaded.kb.client.walk(f"/v1/entries?{query}&sort=slug&per_page=100&cursor=*")}
    assert len(urls) == len(set(urls)) == min(10, len(everything))
    assert set(urls) <= everything
    assert page["meta"]["count"] == len(everything)
    assert page["links"]["next"] is None


def test_a_sample_of_more_than_there_is_is_everything(loaded: LoadedService) -> None:
    assert len(loaded.documents["topics"]) < 100
    page = loaded.kb.client.json("/v1/topics?sample=100")
    assert {each["url"] for each in page["results"]} == {each["url"] for each in loaded.documents["topics"]}


def test_every_document_is_drawn_by_some_seed(loaded: LoadedService) -> None:
    seen: dict[str, int] = {}
    for seed in range(60):
        for url in drawn(loaded, f"kind=site&sample=10&seed={seed}"):
            seen[url] = seen.get(url, 0) + 1
    assert seen.keys() == {each["url"] for each in loaded.documents["sites"]}
    assert max(seen.values()) < 4 * min(seen.values())


def test_samples_and_groups_are_asked_in_a_body_too(loaded: LoadedService) -> None:
    for body in ({"sample": 5, "seed": 7}, {"group_by": "format", "per_page": 2, "q": "lantern"}):
        assert without_links(loaded.kb.client.search("entries", body)) == without_links(
            loaded.kb.client.json(f"/v1/entries?{urlencode(body)}")
        )


def without_links(page: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in page.items() if name != "links"}
