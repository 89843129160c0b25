"""The map of evidence and gaps: each cell is what asking for both values gives, and a gap is told."""

import csv
from io import StringIO
from typing import Any
from xml.etree import ElementTree

import pytest

from app.search import cross_table
from tests.client import problem
from tests.corpus import Corpus
from tests.factories import make_publication

pytestmark = pytest.mark.one_engine

SVG = "{http://www.w3.org/2000/svg}"
SIDES = ("topic stage", "stage format", "nation method", "year kind", "audience approach")


def get_map(seeded: Corpus, rows: str, columns: str, more: str = "") -> dict[str, Any]:
    found: dict[str, Any] = seeded.client.json(f"/v1/map?rows={rows}&columns={columns}{more}")
    return found


@pytest.mark.parametrize("sides", SIDES)
def test_a_cell_leads_to_as_many_entries_as_it_counts(seeded: Corpus, sides: str) -> None:
    rows, columns = sides.split()
    found = get_map(seeded, rows, columns, "&cells=language&kind__not=event")
    shape = [len(row) for row in found["cells"]]
    assert shape == [len(found["columns"]["values"])] * len(found["rows"]["values"])
    cells = [cell for row in found["cells"] for cell in row]
    assert found["meta"]["gaps"] == sum(cell["count"] == 0 for cell in cells)
    for cell in cells[:: max(1, len(cells) // 12)]:
        assert seeded.client.json(cell["url"])["meta"]["count"] == cell["count"] == sum(cell["parts"])
    for side in ("rows", "columns"):
        value = found[side]["values"][0]
        assert seeded.client.json(value["url"])["meta"]["count"] == value["count"]
        without = f"/v1/entries?kind__not=event&{found[side]['field']}__exists=false"
        assert seeded.client.json(without)["meta"]["count"] == found[side]["missing"]


def test_every_term_is_a_row_in_its_order_below_the_wider_one(seeded: Corpus) -> None:
    found = get_map(seeded, "topic", "stage", "&q=trust")
    stages = [each["slug"] for each in seeded.client.json("/v1/stages")["results"]]
    assert [value["slug"] for value in found["columns"]["values"]] == stages
    topics = {each["slug"] for each in seeded.client.json("/v1/topics?per_page=500")["results"]}
    shown = [value["slug"] for value in found["rows"]["values"]]
    assert (set(shown), len(shown)) == (topics, len(topics))
    terms = {each["slug"]: each for each in seeded.client.json("/v1/topics?per_page=500")["results"]}
    for place, value in enumerate(found["rows"]["values"]):
        broader = terms[value["slug"]]["broader"]
        assert value["parent"] == (broader["slug"] if broader else None)
        assert value["parent"] is None or value["parent"] in shown[:place]
    assert any(value["parent"] for value in found["rows"]["values"])
    assert found["meta"]["description"] == "entries containing 'trust', by topics and stages"
    assert found["meta"]["gaps"] > 0


def test_years_without_an_entry_are_gaps(kb: Corpus) -> None:
    with kb.write() as session:
        for year in ("2016", "2018", "2020-03"):
            make_publication(session, slug=f"of-{year}", issued=year)
    years = get_map(kb, "year", "kind")["rows"]["values"]
    assert [(year["slug"], year["count"]) for year in years] == [
        *[("2020", 1), ("2019", 0), ("2018", 1), ("2017", 0), ("2016", 1)]
    ]


def test_a_side_of_too_many_values_has_the_most_frequent(seeded: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = get_map(seeded, "topic", "stage")["rows"]["values"]
    monkeypatch.setattr(cross_table, "MAX_AXIS", 4)
    found = get_map(seeded, "topic", "language")
    counts = [value["count"] for value in found["rows"]["values"]]
    assert (len(counts), found["rows"]["truncated"], found["columns"]["truncated"]) == (4, True, False)
    assert min(counts) >= sorted((value["count"] for value in whole), reverse=True)[3]


def test_a_map_of_nothing_is_all_gaps(seeded: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cross_table, "MAX_PARTS", 3)
    found = get_map(seeded, "topic", "stage", "&cells=format&slug=nothing-like-it")
    assert (found["meta"]["count"], len(found["parts"]["values"]), found["parts"]["truncated"]) == (0, 3, True)
    cells = [cell for row in found["cells"] for cell in row]
    assert found["meta"]["gaps"] == len(cells)
    assert {tuple(cell["parts"]) for cell in cells} == {(0, 0, 0)}
    answer = seeded.client.get("/v1/map.svg?rows=topic&columns=stage&cells=format&slug=nothing-like-it")
    assert answer.status_code == 200


def test_a_table_has_a_line_for_each_cell_and_each_part(seeded: Corpus) -> None:
    found = get_map(seeded, "stage", "kind", "&cells=language")
    text = seeded.client.get("/v1/map.csv?rows=stage&columns=kind&cells=language")
    lines = list(csv.DictReader(StringIO(text.text)))
    assert text.headers["content-type"] == "text/csv; charset=utf-8"
    whole = [int(line["count"]) for line in lines if not line["part"]]
    assert whole == [cell["count"] for row in found["cells"] for cell in row]
    assert sum(int(line["count"]) for line in lines if line["part"]) == sum(whole)


def test_the_picture_says_in_words_what_it_shows(seeded: Corpus) -> None:
    found = get_map(seeded, "topic", "stage", "&cells=format")
    answer = seeded.client.get("/v1/map.svg?rows=topic&columns=stage&cells=format")
    assert answer.headers["content-type"] == "image/svg+xml"
    picture = ElementTree.fromstring(answer.content)
    assert int(picture.get("width", "0")) <= 412
    links = picture.findall(f"{SVG}a")
    cells = [cell for row in found["cells"] for cell in row]
    assert len(links) == len(cells)
    for link, cell in zip(links, cells, strict=True):
        label = link.get("aria-label") or ""
        assert f": {cell['count'] or 'nothing yet'}" in label
        assert link.findtext(f"{SVG}title") == label
        assert (link.findtext(f"{SVG}text") or "0") == str(cell["count"])
    summary = picture.findtext(f"{SVG}desc") or ""
    assert f"{found['meta']['gaps']} of {len(cells)} cells are empty" in summary


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("columns=stage", "rows", "missing"),
        ("rows=topic&columns=stages", "columns", "unknown-columns"),
        ("rows=topic&columns=topic", "columns", "not-together"),
        ("rows=topic&rows=stage&columns=stage", "rows", "repeated"),
        ("rows=topic&columns=title", "columns", "unknown-columns"),
        ("rows=topic&columns=stage&per_page=5", "per_page", "unknown-parameter"),
        ("rows=topic&columns=stage&sort=title", "sort", "unknown-parameter"),
        ("rows=topic&columns=stage&topic=ethcs", "topic", "unknown-term"),
    ],
)
def test_what_makes_no_map_is_refused(seeded: Corpus, query: str, parameter: str, code: str) -> None:
    errors = seeded.client.refused(f"/v1/map?{query}")["errors"]
    assert (parameter, code) in [(error["parameter"], error["code"]) for error in errors]


def test_other_representations_are_reported(seeded: Corpus) -> None:
    path = "/v1/map?rows=topic&columns=stage"
    refusal = problem(seeded.client.request("GET", f"{path}&as=pdf"), 406)
    assert refusal["errors"][0]["allowed"] == ["json", "csv", "svg"]
    assert problem(seeded.client.request("GET", path, headers={"accept": "image/png"}), 406)
    table = seeded.client.request("GET", path, headers={"accept": "text/csv"})
    assert table.text == seeded.client.get("/v1/map.csv?rows=topic&columns=stage").text


def test_a_query_whose_cells_would_repeat_too_much_is_refused(seeded: Corpus) -> None:
    slugs = "&".join(f"slug=a-very-long-slug-of-nothing-at-all-{number:03}" for number in range(150))
    refusal = seeded.client.refused(f"/v1/map?rows=topic&columns=format&{slugs}")
    assert refusal["errors"][0]["code"] == "answer-too-large"
