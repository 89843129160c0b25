"""The guide for staff speaks of what is there: operations by the words on the page, pictures that were taken of it."""

import json
import re
from pathlib import Path

import pytest

from app.openapi.staff.plain_words import TITLES
from app.pages.view_models.labels import RELATIONS
from app.staff.scopes import SCOPES

PROJECT = Path(__file__).parents[2]
GUIDE = PROJECT / "docs" / "staff-guide.md"
PICTURES = PROJECT / "docs" / "staff-guide"
TEXT = GUIDE.read_text("utf-8")
STAFF = PROJECT / "app" / "http" / "docs" / "staff"
STAFF_PAGE = PROJECT / "app" / "pages" / "templates" / "staff.html"
FIELDS = {
    *(
        "Name in addresses",
        "Issued",
        "Duration",
        "Sources",
        "Note",
        "Words",
        "Editor",
        "Into which one",
        "Number",
        "Kind",
        "Values",
        "Basis",
        "Confirm",
        "Body",
        "Access",
        "Access source",
        "Picture",
        "Send at",
        "Relations",
        "Words people look for it by",
        "Replaced by",
        "Date",
        "Topics, stages and other terms",
    ),
    "Archived URL",
}
"""Of forms: members by the words that the page makes of their names."""
OF_ANSWERS = {
    *("Ask for review", "Publish", "History", "Correct", "Save what is chosen", "Show it as it is now"),
    *(
        "Restore",
        "Preview",
        "See it as a page",
        "Test it",
        "Change",
        "Send",
        "Cancel",
        "What became of it",
        "Open the other one",
    ),
}
OF_THE_PAGE = {
    *("in bold", "Add a person", "Add a contributor", "Create these drafts", "Which one", "Example", "More"),
    *("More about it", "The key that you use now", "Add a relation", "Find another task", "Show"),
    *("Your key", "Use this key", "Forget the key", "What do you want to do?", "Check only, change nothing"),
}
"""What is in bold, and is neither an operation nor one of these."""


def test_operations_are_named_as_on_the_page() -> None:
    document = json.loads((PROJECT / "openapi.json").read_text("utf-8"))
    operations = [each for path in document["paths"].values() for each in path.values()]
    summaries = {TITLES.get(each["operationId"], each["summary"]) for each in operations if "staff" in each["tags"]}
    named = set(re.findall(r"\*\*([^*]+)\*\*", TEXT))
    assert named - summaries - FIELDS - OF_ANSWERS - OF_THE_PAGE - {*RELATIONS.values()} == set()
    assert len(named & summaries) > 25


def test_the_words_of_the_page_are_those_of_its_modules() -> None:
    modules = "".join(path.read_text("utf-8") for path in STAFF.glob("*.js")) + STAFF_PAGE.read_text("utf-8")
    made = {"in bold", "Add a person", "Add a contributor", "Add a relation", "Create these drafts"}
    assert [words for words in (OF_ANSWERS | OF_THE_PAGE) - made if words not in modules] == []


def test_nobody_has_to_write_json() -> None:
    assert "```" not in TEXT


def test_scopes_are_those_that_exist() -> None:
    assert set(re.findall(r"`([a-z]+:[a-z]+)`", TEXT)) <= set(SCOPES)


def test_every_picture_is_shown_and_said_in_words() -> None:
    shown = re.findall(r"!\[([^\]]+)\]\(staff-guide/([a-z-]+)\.png\)", TEXT)
    assert sorted(name for _, name in shown) == sorted(path.stem for path in PICTURES.iterdir())
    assert all(words.strip() for words, _ in shown)


@pytest.mark.parametrize("path", sorted(PICTURES.glob("*.png")), ids=lambda path: path.stem)
def test_a_picture_is_small(path: Path) -> None:
    picture = path.read_bytes()
    assert len(picture) <= 120_000
    width = int.from_bytes(picture[16:20], "big")
    assert width <= 1280
