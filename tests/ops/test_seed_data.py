"""The real seed data: all of it is there, all of it is sourced, and nothing is in it that may not be."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from app.config.settings import Settings
from app.kit.values.identifiers import normalise
from tests.corpus import Corpus
from tests.yaml_files import read_yaml

SEEDS = Path(__file__).parents[2] / "seed_data"
FILES = {path.stem: read_yaml(path)["items"] for path in SEEDS.glob("*.yaml")}
ENTRIES = [
    pytest.param(item, id=f"{collection}/{item['slug']}")
    for collection in ("publications", "frameworks", "sites", "events")
    for item in FILES[collection]
]

LEAST = {
    "article": 6,
    "blog-post": 7,
    "book": 2,
    "book-chapter": 7,
    "discussion-paper": 1,
    "event": 12,
    "framework": 6,
    "infographic": 2,
    "interview": 1,
    "podcast": 1,
    "practice-article": 1,
    "site-summary": 6,
    "tool": 1,
    "video": 5,
    "web-page": 8,
    "webinar": 2,
}
"""What the project is known to have made, by format; parts of a set may come on top."""

DOIS = {
    "10.1093/bjsw/bcac183",
    "10.1108/jcs-12-2020-0080",
    "10.1016/j.childyouth.2024.107595",
    "10.1155/hsc/3599333",
    "10.56687/9781447367277",
}
ISBNS = {"9781447367253", "9781447367260", "9781447367277", "9781447371250"}
MIRRORS = re.compile(
    r"digitalconnect\.co\.uk|koha-ptfs|webvpn|ezproxy|booksci|atoom\.ru|ebin\.pub|dokumen\.pub|login", re.IGNORECASE
)
"""Mirrors, proxies, indexes and file-sharing hosts that readers are not sent to."""

NATIONS = {"England", "Northern Ireland", "Scotland", "Wales"}
PLACES = re.compile(
    r"\b(London|Hackney|Sussex|Durham|Bedford|Bristol|Oxford|Brighton|Glasgow|Edinburgh)", re.IGNORECASE
)
MACHINES = re.compile(
    r"(^|[\s'\"(])(/(tmp|home|root|work|opt|usr|var|etc)/|\.\./)|pypi|localhost|127\.0\.0\.1", re.MULTILINE
)


def entries(seeded: Corpus) -> list[dict[str, Any]]:
    return list(seeded.client.walk("/v1/entries?cursor=*&per_page=100"))


@pytest.mark.parametrize("item", ENTRIES)
def test_every_entry_has_a_source_and_a_summary(item: dict[str, Any]) -> None:
    assert all(source.strip() for source in item["sources"])
    assert item["sources"]
    assert len(item["summary"].split()) >= 5


@pytest.mark.parametrize("collection", sorted(FILES))
def test_every_item_of_every_file_has_a_source(collection: str) -> None:
    assert [item["slug"] for item in FILES[collection] if not item.get("sources")] == []


def test_everything_that_is_known_is_there(seeded: Corpus) -> None:
    counts = Counter(entry["terms"]["format"][0]["slug"] for entry in entries(seeded))
    assert {name: count for name, count in LEAST.items() if counts[name] < count} == {}


def test_what_has_an_identifier_carries_it_in_its_normal_form(seeded: Corpus) -> None:
    known = [each for entry in entries(seeded) for each in entry["identifiers"]]
    assert {each["value"] for each in known if each["scheme"] == "doi"} >= DOIS
    assert {each["value"] for each in known if each["scheme"] == "isbn"} >= ISBNS
    assert [each for each in known if normalise(each["scheme"], each["value"]) != each["value"]] == []


def test_the_stages_are_six_in_their_order_within_the_whole_journey(seeded: Corpus) -> None:
    stages = ["mobilising", "designing", "developing", "integrating", "growing", "system-change"]
    assert seeded.client.slugs("/v1/stages?broader=whole-journey") == stages
    assert seeded.client.slugs("/v1/stages") == ["whole-journey", *stages]


def test_a_stage_finds_what_speaks_of_it_and_the_whole_journey_finds_all_of_them(seeded: Corpus) -> None:
    found = {stage: {*seeded.client.slugs(f"/v1/entries?stage={stage}")} for stage in seeded.client.slugs("/v1/stages")}
    assert found["mobilising"] == {"stages-of-innovation", "creating-the-conditions-for-innovation-to-flourish"}
    assert found["designing"] == {"stages-of-innovation"}
    assert all(slugs < found["whole-journey"] for stage, slugs in found.items() if stage != "whole-journey")
    assert "stages-of-innovation-directional-map" in found["whole-journey"]


def test_a_framework_carries_the_stages_of_its_elements(seeded: Corpus) -> None:
    framework = seeded.client.json("/v1/frameworks/stages-of-innovation")
    assert [each["term"] for each in framework["elements"]] == framework["terms"]["stage"]


def test_every_term_has_a_definition(seeded: Corpus) -> None:
    vocabularies = [each for each in seeded.client.json("/v1/vocabularies")["results"] if not each["synonym_rings"]]
    terms = [
        term
        for vocabulary in vocabularies
        for term in seeded.client.walk(f"/v1/{vocabulary['collection']}?cursor=*&per_page=100")
    ]
    assert [term["url"] for term in (*vocabularies, *terms) if not term["definition"]] == []


def test_every_term_has_an_entry(seeded: Corpus) -> None:
    for name in ("topic", "stage", "approach", "audience", "question"):
        collection = seeded.client.json(f"/v1/vocabularies/{name}")["collection"]
        counts = {
            slug: seeded.client.json(f"/v1/entries?{name}={slug}&per_page=1")["meta"]["count"]
            for slug in seeded.client.slugs(f"/v1/{collection}?per_page=100")
        }
        assert [slug for slug, count in counts.items() if not count] == []


def test_formats_are_read_watched_listened_to_and_used(seeded: Corpus) -> None:
    formats = {each["slug"]: each["broader"] for each in seeded.client.walk("/v1/formats?cursor=*&per_page=100")}
    groups = {slug for slug, broader in formats.items() if broader is None}
    assert groups == {"read", "watch", "listen", "use", "event"}
    watched = {each["terms"]["format"][0]["slug"] for each in seeded.client.walk("/v1/entries?format=watch&cursor=*")}
    assert watched == {"video", "webinar"}


def test_no_entry_answers_every_question(seeded: Corpus) -> None:
    assert [each["url"] for each in entries(seeded) if len(each["terms"].get("question", [])) > 5] == []


def test_the_questions_are_eight_in_their_order_and_each_is_answered(seeded: Corpus) -> None:
    questions = seeded.client.json("/v1/questions")["results"]
    assert [question["position"] for question in questions] == list(range(1, 9))
    assert all(question["label"].endswith("?") for question in questions)
    for question in questions:
        assert seeded.client.json(f"/v1/publications?question={question['slug']}")["meta"]["count"] >= 1


def test_every_format_that_is_known_has_an_answer(seeded: Corpus) -> None:
    for name in LEAST:
        assert seeded.client.json(f"/v1/entries?format={name}")["meta"]["count"] >= LEAST[name]


def test_the_six_sites_stay_unnamed(seeded: Corpus) -> None:
    sites = seeded.client.json("/v1/sites")["results"]
    assert len(sites) == 6
    for site in sites:
        assert site["nation"] in NATIONS
        assert site["learning"] is None
        assert (site["contributors"], site["identifiers"], site["resources"]) == ([], [], [])
        assert {relation["kind"] for relation in site["relations"]} == {"event"}
        text = " ".join((site["title"], site["summary"], site["organisation_kind"], *site["methods"]))
        assert not PLACES.search(text)


@pytest.mark.parametrize("path", sorted(SEEDS.iterdir()), ids=lambda path: path.name)
def test_no_file_sends_anybody_to_a_mirror_or_names_a_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not [address for address in re.findall(r"https?://\S+", text) if MIRRORS.search(address)]
    assert not MACHINES.search(text)


def test_titles_are_in_order_whatever_they_begin_with(seeded: Corpus) -> None:
    titles = [each["title"] for each in seeded.client.walk("/v1/entries?sort=title&cursor=*")]
    assert titles.index("All about Innovation") < titles.index("[Introduction to the Innovate Project]")
    assert titles.index("The Innovate Project") < titles.index("[Introduction to the Innovate Project]")
    assert titles.index("Knowledge exchange") < titles.index("A local authority's journey to being trauma-informed")


def test_findings_are_publications_frameworks_and_tools(seeded: Corpus) -> None:
    query = Settings(_env_file=None).presets["findings"]
    found = list(seeded.client.walk(f"/v1/{query}&cursor=*"))
    assert {each["kind"] for each in found} == {"publication", "framework", "collection"}
    formats = {each["terms"]["format"][0]["slug"] for each in found}
    assert {"article", "tool", "framework", "video", "infographic"} <= formats
    assert not formats & {"blog-post", "event", "site-summary", "web-page"}


def test_relations_are_seen_from_both_ends(seeded: Corpus) -> None:
    infographic = seeded.client.json("/v1/publications/stages-of-innovation-infographic")
    article = seeded.client.json("/v1/publications/doi:10.1093/bjsw/bcac183")
    assert ("IsSupplementTo", article["slug"]) in {(each["type"], each["slug"]) for each in infographic["relations"]}
    assert ("IsSupplementedBy", infographic["slug"]) in {(each["type"], each["slug"]) for each in article["relations"]}
    chapters = seeded.client.json("/v1/publications?format=book-chapter")["results"]
    assert all("IsPartOf" in {each["type"] for each in chapter["relations"]} for chapter in chapters)


def test_the_grant_is_recorded_on_the_project(seeded: Corpus) -> None:
    (grant,) = seeded.client.json("/v1/events/innovate-project")["funding"]
    assert (grant["funder"]["slug"], grant["award_number"]) == (
        "economic-and-social-research-council",
        "ES/T00133X/1",
    )
