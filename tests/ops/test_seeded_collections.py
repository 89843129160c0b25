"""The project's page is rebuilt from the service alone; the journey has its six stages."""

from pathlib import Path
from typing import Any

import yaml

from app.catalogue.registry import ENTRY_KINDS
from app.staff.queries.listing import WorkFilter, find_subjects
from tests.corpus import Corpus

OUTLINE = Path(__file__).with_name("all_about_innovation.yaml")
PATH = "/v1/collections/all-about-innovation"


def test_the_page_has_its_sections_and_titles_in_order(seeded: Corpus) -> None:
    outline = yaml.safe_load(OUTLINE.read_text())
    page = seeded.client.json(PATH)
    assert page["title"] == outline["title"]
    assert [each["heading"] for each in page["sections"]] == [each["heading"] for each in outline["sections"]]
    for section, expected in zip(page["sections"], outline["sections"], strict=True):
        titles = [item["title"] for item in expected.get("items", ())]
        assert [_printed(entry["label"]) for entry in section["entries"]] == titles
        assert section["text"]


def _printed(label: str) -> str | None:
    """The title; None where it is ours, which is in brackets."""
    return None if label.startswith("[") else label


def test_everything_on_the_page_has_a_link_and_is_what_the_page_says(seeded: Corpus) -> None:
    outline = yaml.safe_load(OUTLINE.read_text())
    sections: list[dict[str, Any]] = seeded.client.json(PATH)["sections"]
    for section, expected in zip(sections, outline["sections"], strict=True):
        for entry, item in zip(section["entries"], expected.get("items", ()), strict=True):
            assert entry["link"].startswith("https://")
            found = seeded.client.json(entry["url"].removeprefix("http://127.0.0.1:8000"))
            shown = (*(each["label"] for each in found["terms"]["format"]), found["title"], entry["line"] or "")
            assert item["words"].lower() in " ".join(shown).lower()


def test_the_journey_is_part_of_it_and_has_what_bears_on_each_stage(seeded: Corpus) -> None:
    page, journey = seeded.client.json(PATH), seeded.client.json("/v1/collections/the-innovation-journey")
    assert [each["slug"] for each in page["children"]] == [journey["slug"]]
    assert [each["slug"] for each in journey["parents"]] == [page["slug"]]
    stages = [each["slug"] for each in seeded.client.json("/v1/stages")["results"] if each["slug"] != "whole-journey"]
    assert [each["slug"] for each in journey["sections"]] == stages
    for section in journey["sections"]:
        found = seeded.client.json(f"/v1/entries?stage={section['slug']}&per_page=20")
        assert section["count"] == found["meta"]["count"]
        assert [each["slug"] for each in section["entries"]] == [each["slug"] for each in found["results"]]


def test_what_has_only_the_page_as_its_link_is_on_a_list_of_staff(seeded: Corpus) -> None:
    url = "https://theinnovateproject.co.uk/all-about-innovation/"
    listed = {
        each["slug"]
        for each in seeded.client.walk("/v1/entries?per_page=100")
        if {link["url"] for link in each["resources"]} == {url} and not each["identifiers"]
    }
    with seeded.read() as session:
        _, subjects = find_subjects(session, ENTRY_KINDS, WorkFilter("link_missing"), page=1, per_page=100)
        assert listed
        assert listed <= {subject.row.slug for subject in subjects}
