"""Checklists: what is printed, what is ticked, and nothing of it markup or a formula."""

import csv
from io import StringIO

import pytest
from markdown_it import MarkdownIt

from app.exports.checklist import Checklist, ChecklistPart
from app.exports.context import ExportContext
from app.exports.formats import FORMATS
from tests.corpus import Corpus
from tests.factories import make_framework, make_publication

LIST = Checklist(
    "Four & <more>",
    "https://kb.example/v1/x",
    "To see where you are.",
    (
        ChecklistPart("Begin", "stage", "Get *ready*.", ("Better for whom?", "=And how?")),
        ChecklistPart("1. End", "stage", "", ()),
    ),
)
CONTEXT = ExportContext(title="Lists of <all>")


def rendered(name: str) -> str:
    return FORMATS[name].render([LIST], CONTEXT, of="checklist")


def test_the_page_has_a_box_for_every_question_and_for_a_part_without_any() -> None:
    page = rendered("checklist")
    assert page.startswith("<!doctype html>")
    assert "<title>Lists of &lt;all&gt;</title>" in page
    assert "<h1>Four &amp; &lt;more&gt;</h1>\n<p>To see where you are.</p>" in page
    assert "<h2>Begin</h2>\n<p>Get *ready*.</p>\n<p>\u2610 Better for whom?</p>\n<p>\u2610 =And how?</p>" in page
    assert "<h2>1. End</h2>\n<p>\u2610 1. End</p>" in page
    assert page.rstrip().endswith("</html>")


def test_markdown_is_a_list_of_tasks_whose_texts_are_plain() -> None:
    text = rendered("checklist-markdown")
    assert "- [ ] Better for whom?\n- [ ] =And how?\n" in text
    shown = MarkdownIt("commonmark").render(text)
    assert "<h1>Four &amp; &lt;more&gt;</h1>" in shown
    assert "Get *ready*." in shown
    assert "<h2>1. End</h2>" in shown
    assert "<ol>" not in shown


def test_the_table_has_a_row_for_every_box_and_room_to_tick() -> None:
    rows = list(csv.DictReader(StringIO(rendered("checklist-csv"))))
    assert [(each["part"], each["question"], each["done"]) for each in rows] == [
        ("Begin", "Better for whom?", ""),
        ("Begin", "'=And how?", ""),
        ("1. End", "", ""),
    ]


@pytest.mark.parametrize("name", ["checklist", "checklist-markdown", "checklist-csv"])
def test_what_has_parts_with_questions_has_it_alone_and_in_lists(kb: Corpus, name: str) -> None:
    element = {"slug": "begin", "type": "stage", "title": "Begin", "prompts": ["Better for whom?"]}
    with kb.write() as session:
        make_framework(session, slug="one", title="One", elements=[element])
        make_framework(session, slug="two", title="Two")
        make_publication(session, slug="three")
    alone = kb.client.get(f"/v1/frameworks/one?as={name}")
    assert alone.headers["content-type"] == FORMATS[name].media_type
    assert "Better for whom?" in alone.text
    assert kb.client.get(f"/v1/frameworks/one.{FORMATS[name].extension}").text == alone.text
    whole = kb.client.get(f"/v1/frameworks?as={name}").text
    assert "Better for whom?" in whole
    assert ("Two" in whole) is (name != "checklist-csv")
    links = kb.client.json("/v1/frameworks/one")["links"]["alternate"]
    assert links[name].endswith(f"/v1/frameworks/one.{FORMATS[name].extension}")
    assert kb.client.get(f"/v1/publications/three?as={name}").status_code == 406


def test_a_browser_shows_the_page_and_runs_nothing_of_it(kb: Corpus) -> None:
    with kb.write() as session:
        make_framework(session, slug="one", title="<script>alert(1)</script>")
    shown = kb.client.get("/v1/frameworks/one.checklist", accept="text/html,*/*;q=0.8")
    assert shown.status_code == 200
    assert shown.headers["content-disposition"] == 'inline; filename="one.html"'
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script>" not in shown.text
