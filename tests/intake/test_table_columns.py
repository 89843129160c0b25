"""Tables of staff: a column by any name of a vocabulary or a member, for every kind; what is not used is told."""

from typing import Any

import pytest

from tests.api_keys import ApiKeyClient, api_key_client
from tests.corpus import Corpus


@pytest.fixture
def editor(kb: Corpus) -> ApiKeyClient:
    return api_key_client(kb)


def proposed(editor: ApiKeyClient, table: str) -> list[Any]:
    headers = {"Content-Type": "text/csv"}
    answer = editor("POST", "/v1/staff/import", content=table.encode(), headers=headers)
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["records"]
    return found


def test_terms_are_taken_by_the_labels_of_their_vocabulary(kb: Corpus, editor: ApiKeyClient) -> None:
    (record,) = proposed(editor, "Title,topic,Format,Duration\nOne,Ethics; trust,Book,12:30\n")
    assert record["data"]["terms"] == {"topic": ["ethics", "trust"], "format": ["book"]}
    assert record["data"]["duration"] == "PT12M30S"
    assert (record["origin"]["terms/topic"], record["notes"], record["warnings"]) == ("topic", [], [])


def test_words_that_people_look_for_it_by_are_a_column(kb: Corpus, editor: ApiKeyClient) -> None:
    (record,) = proposed(editor, "title,format,Hidden labels\nOne,Book,worn out staff; does it work\n")
    assert record["data"]["hidden_labels"] == ["worn out staff", "does it work"]
    assert record["warnings"] == []


def test_a_row_becomes_the_kind_that_it_names(kb: Corpus, editor: ApiKeyClient) -> None:
    table = "kind,title,start,place,online,nation\nevent,A seminar,14 March 2027,Brighton,no,\nsites,A site,,,,Wales\n"
    event, site = proposed(editor, table)
    assert event["kind"] == "event"
    assert {name: event["data"][name] for name in ("start", "place", "online")} == {
        "start": "2027-03-14",
        "place": "Brighton",
        "online": False,
    }
    assert (site["kind"], site["data"]["nation"]) == ("site", "Wales")


def test_each_kind_has_a_template_that_can_be_imported_as_it_is(kb: Corpus, editor: ApiKeyClient) -> None:
    made = {
        "title": "A seminar",
        "start": "2027-03-14",
        "online": True,
        "terms": {"format": ["book"], "topic": ["trust"]},
    }
    editor.request_json("POST", "/v1/staff/events", 201, json=made)
    editor.request_json("POST", "/v1/staff/events/a-seminar/publish", json={"version": 1})
    answer = editor("GET", "/v1/staff/import/template.csv?kind=event")
    assert answer.headers["content-disposition"] == 'attachment; filename="event.csv"'
    (record,) = proposed(editor, answer.text)
    assert (record["kind"], record["warnings"], record["notes"]) == ("event", [], [])
    assert {**record["data"], **made, "title": "Example: A seminar"} == record["data"]
    for kind in ("publication", "site", "framework", "collection"):
        (record,) = proposed(editor, editor("GET", f"/v1/staff/import/template.csv?kind={kind}").text)
        assert (record["kind"], record["warnings"][1:], record["outcome"]) == (kind, [], "proposed")


def test_the_values_that_columns_may_have_are_a_table(kb: Corpus, editor: ApiKeyClient) -> None:
    lines = editor("GET", "/v1/staff/import/template.csv?values=true").text.splitlines()
    assert lines[0] == "column,value,meaning"
    assert "kind,event," in lines
    assert any(line.startswith("topic,Trust,") for line in lines)
    assert editor("GET", "/v1/staff/import/template.csv?kind=film").status_code == 400


def test_what_is_not_used_is_reported_with_its_column(kb: Corpus, editor: ApiKeyClient) -> None:
    (record,) = proposed(editor, "title,format,shelf,topic\nOne,Book,B3,Trusst\n")
    assert record["warnings"] == [
        "The column shelf is not used; what it says is kept in the notes.",
        "topic: there is no term “Trusst”. It is kept in the notes.",
    ]
    assert record["notes"] == [{"name": "shelf", "value": "B3"}, {"name": "topic", "value": "Trusst"}]


def test_rows_of_several_kinds_become_drafts(kb: Corpus, editor: ApiKeyClient) -> None:
    table = "kind,title,start,topic\nevent,A seminar,2027,Ethics\nframework,A framework,,Ethics\n"
    headers = {"Content-Type": "text/csv"}
    answer = editor("POST", "/v1/staff/import?create=true", content=table.encode(), headers=headers)
    assert [(each["kind"], each["outcome"]) for each in answer.json()["records"]] == [
        ("event", "created"),
        ("framework", "created"),
    ]
    event = editor.request_json("GET", "/v1/staff/events/a-seminar")
    assert (event["state"], event["data"]["start"]) == ("draft", "2027")


def test_a_workbook_made_of_the_template_is_read_as_the_table_is(kb: Corpus) -> None:
    holder = api_key_client(kb)
    answer = holder("GET", "/v1/staff/import/template.xlsx?kind=event")
    assert answer.headers["content-disposition"] == 'attachment; filename="event.xlsx"'
    headers = {"Content-Type": answer.headers["content-type"]}
    (read,) = holder.request_json("POST", "/v1/staff/import", content=answer.content, headers=headers)["records"]
    assert (read["kind"], read["outcome"]) == ("event", "proposed")
    assert read["data"]["title"].startswith("Example: ")
