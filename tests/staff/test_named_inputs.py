"""What staff write is taken as people say it: labels and names for slugs, a slug from the title, faults all at once."""

import re
from typing import Any

import pytest

from app.staff.editing import named_inputs
from tests.api_keys import ApiKeyClient, api_key_client
from tests.client import problem
from tests.corpus import Corpus
from tests.staff.editing import PUBLICATIONS, make, step


def create(editor: ApiKeyClient, **data: Any) -> Any:
    return editor.request_json("POST", PUBLICATIONS, 201, json={"title": "A study of trust", **data})


def test_a_slug_is_made_of_the_title_with_a_number_where_it_is_taken(kb: Corpus, editor: ApiKeyClient) -> None:
    assert [create(editor)["slug"] for _ in range(3)] == [
        "a-study-of-trust",
        "a-study-of-trust-2",
        "a-study-of-trust-3",
    ]
    assert create(editor, title="Words " * 40)["slug"] == "-".join(["words"] * 12)
    assert make(editor, "people", name="Jo Example")["slug"] == "jo-example"
    made = editor.request_json("POST", "/v1/staff/vocabularies/topic/terms", 201, json={"label": "Co-production"})
    assert (made["slug"], made["data"]["scheme"]) == ("co-production", "topic")
    assert make(editor, "vocabularies/stage/terms", label="Co-production")["slug"] == "co-production"
    assert make(editor, "vocabularies/stage/terms", label="Co-Production")["slug"] == "co-production-2"


def test_the_number_is_one_that_no_entry_of_any_kind_has(kb: Corpus, editor: ApiKeyClient) -> None:
    make(editor, "frameworks", title="A study of trust")
    assert create(editor)["slug"] == "a-study-of-trust-2"
    assert make(editor, "frameworks", title="Search")["slug"] == "search-2"
    make(editor, "frameworks", title="Another", slug="search-3")
    assert create(editor, title="Search")["slug"] == "search-4"


def test_where_no_number_is_left_the_slug_is_refused_as_taken_or_missing(
    editor: ApiKeyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named_inputs, "MAX_NUMBER", 3)
    assert [create(editor)["slug"] for _ in range(2)] == ["a-study-of-trust", "a-study-of-trust-2"]
    refused = problem(editor("POST", PUBLICATIONS, json={"title": "A study of trust"}), 409)
    assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [("/slug", "slug-taken")]
    sections = [{"heading": "To begin"}, {"heading": "To Begin"}, {"heading": "To begin!"}]
    refused = problem(editor("POST", "/v1/staff/collections", json={"title": "Ours", "sections": sections}), 422)
    assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [("/sections/2/slug", "missing")]


def test_what_is_made_with_a_name_that_is_here_already_says_so(kb: Corpus, editor: ApiKeyClient) -> None:
    assert create(editor)["notices"] == []
    assert create(editor)["notices"] == ["This name is here already: publications/a-study-of-trust."]
    assert make(editor, "people", name="Jo Smith")["notices"] == []
    assert make(editor, "people", name="jo smith")["notices"] == ["This name is here already: people/jo-smith."]
    third = make(editor, "people", name="Jo Smith")["notices"]
    assert third == ["This name is here already: people/jo-smith, people/jo-smith-2."]
    assert make(editor, "vocabularies", slug="jo", collection="jos", label="A study of trust")["notices"] == []
    terms = "/v1/staff/vocabularies/topic/terms"
    assert editor.request_json("POST", terms, 201, json={"label": "Co-production"})["notices"] == []
    again = editor.request_json("POST", terms, 201, json={"slug": "another", "label": "Co-Production"})
    assert again["notices"] == ["This name is here already: co-production."]


def test_a_slug_that_was_used_once_is_not_used_again(kb: Corpus, editor: ApiKeyClient) -> None:
    first = create(editor)
    editor.request_json(
        "PATCH", f"{PUBLICATIONS}/a-study-of-trust", json={"version": first["version"], "slug": "another-slug"}
    )
    assert create(editor)["slug"] == "a-study-of-trust-2"


def test_labels_and_names_are_accepted_and_reported(kb: Corpus, editor: ApiKeyClient) -> None:
    make(editor, "people", slug="carlene-firmin", name="Carlene Firmin", family="Firmin", given="Carlene")
    create(editor, slug="the-first", title="The first")
    made = create(
        editor,
        terms={"topic": ["ETHICS"], "format": ["Book"]},
        contributors=[{"agent": "Firmin, Carlene", "role": "author"}, {"agent": "carlene firmin", "role": "editor"}],
        relations=[{"type": "Cites", "target": "The First"}],
    )
    assert made["data"]["terms"] == {"topic": ["ethics"], "format": ["book"]}
    assert [each["agent"] for each in made["data"]["contributors"]] == ["people/carlene-firmin"] * 2
    assert made["data"]["relations"] == [{"type": "Cites", "target": "publications/the-first"}]
    assert "Matched by its name: people/carlene-firmin." in made["notices"]
    corrected = editor.request_json(
        "PATCH", f"{PUBLICATIONS}/{made['slug']}", json={"version": 1, "terms": {"topic": ["Trust"]}}
    )
    assert corrected["data"]["terms"]["topic"] == ["trust"]


def test_a_name_that_several_have_or_none_is_refused_with_the_choices(kb: Corpus, editor: ApiKeyClient) -> None:
    for slug in ("jo-smith", "jo-smith-2"):
        make(editor, "people", slug=slug, name="Jo Smith")
    refused = problem(
        editor(
            "POST",
            PUBLICATIONS,
            json={
                "title": "",
                "issued": "May 2024",
                "terms": {"topic": ["Ethiks"]},
                "contributors": [{"agent": "Jo Smith", "role": "author"}, {"agent": "Nobody Here", "role": "author"}],
            },
        ),
        422,
    )
    found = {each["pointer"]: each for each in refused["errors"]}
    assert set(found) == {"/title", "/issued", "/terms/topic/0", "/contributors/0/agent", "/contributors/1/agent"}
    assert found["/terms/topic/0"]["suggestion"] == "Ethics"
    assert found["/contributors/0/agent"]["code"] == "ambiguous"
    assert found["/contributors/0/agent"]["allowed"] == ["people/jo-smith", "people/jo-smith-2"]
    assert found["/contributors/1/agent"]["message"] == "There is no person or organisation of this name."


def test_a_draft_is_saved_whatever_is_missing_and_says_what(kb: Corpus, editor: ApiKeyClient) -> None:
    made = create(editor)
    assert (made["state"], made["missing"]) == ("draft", ["format"])
    here = f"{PUBLICATIONS}/{made['slug']}"
    for name, more in (("publish", {}), ("schedule", {"publish_at": "2099-01-01T00:00:00Z"})):
        refused = problem(editor("POST", f"{here}/{name}", json={"version": 1, **more}), 422)
        assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [("/terms/format", "missing")]
    mended = editor.request_json("PATCH", here, json={"version": 1, "terms": {"format": ["Book"]}})
    assert mended["missing"] == []
    assert step(editor, mended, "publish")["state"] == "published"


def test_a_refusal_says_who_was_faster_and_which_scope_is_needed(kb: Corpus, editor: ApiKeyClient) -> None:
    here = f"{PUBLICATIONS}/{create(editor)['slug']}"
    editor.request_json("POST", f"{here}/submit", json={"version": 1})
    stale = problem(editor("PATCH", here, json={"version": 1, "title": "Another"}), 412)
    assert re.fullmatch(r"You asked for a review of it .+; nobody else changed it\.", stale["detail"])
    reader = api_key_client(kb, "entries:read")
    refused = problem(reader("PATCH", here, json={"version": 2, "title": "Another"}), 403)
    assert "This requires a key with `entries:write`: Create and change entries" in refused["detail"]


def test_terms_entries_and_what_something_is_merged_into_are_named_as_people_say_it(
    kb: Corpus, editor: ApiKeyClient
) -> None:
    terms = "/v1/staff/vocabularies/topic/terms"
    made = editor.request_json(
        "POST", terms, 201, json={"label": "Online trust", "broader": "Trust", "related": ["ETHICS"]}
    )
    assert (made["data"]["broader"], made["data"]["related"]) == ("trust", ["ethics"])
    for name in ("Jo Example", "Jo Exemplar"):
        make(editor, "people", name=name)
    here = "/v1/staff/people/jo-exemplar/merge"
    wrong = problem(editor("POST", here, json={"version": 1, "into": "Nobody At All"}), 422)
    assert [(each["pointer"], each["code"]) for each in wrong["errors"]] == [("/into", "unknown-name")]
    assert editor.request_json("POST", here, json={"version": 1, "into": "Jo Example"})["slug"] == "jo-example"


def test_parts_of_an_entry_get_their_slugs_by_what_they_are_called(kb: Corpus, editor: ApiKeyClient) -> None:
    create(editor, title="Listed")
    sections = [
        {"heading": "To begin with", "entries": [{"entry": "Listed"}]},
        {"heading": "To begin with"},
        {"heading": "Search"},
        {"heading": "At the end", "slug": "to-begin-with-3"},
        {"heading": "To begin with"},
    ]
    made = make(editor, "collections", title="Put together", sections=sections)["data"]["sections"]
    assert [each["slug"] for each in made] == [
        "to-begin-with",
        "to-begin-with-2",
        "search-2",
        "to-begin-with-3",
        "to-begin-with-4",
    ]
    assert made[0]["entries"] == [{"entry": "publications/listed", "line": None}]
    elements = [{"type": "stage", "title": "First of all"}]
    framework = make(editor, "frameworks", title="A framework", elements=elements)
    assert framework["data"]["elements"][0]["slug"] == "first-of-all"


def test_form_names_and_references_are_refused_in_one_answer(kb: Corpus, editor: ApiKeyClient) -> None:
    sent = {
        "title": "A study",
        "issued": "some day",
        "terms": {"topic": ["ethiks"]},
        "contributors": [{"agent": "people/nobody", "role": "author"}, {"agent": "Nobody Here", "role": "author"}],
        "relations": [{"type": "Cites", "target": "publications/nothing"}],
    }
    refused = problem(editor("POST", PUBLICATIONS, json=sent), 422)
    assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [
        ("/contributors/1/agent", "unknown-name"),
        ("/terms/topic/0", "unknown-reference"),
        ("/contributors/0/agent", "unknown-reference"),
        ("/relations/0/target", "unknown-reference"),
        ("/issued", "invalid-value"),
    ]


def test_what_is_not_there_proposes_what_is_near(kb: Corpus, editor: ApiKeyClient) -> None:
    create(editor)
    missing = problem(editor("GET", f"{PUBLICATIONS}/a-study-of-trusst"), 404)
    assert missing["detail"] == "`slug`: There is no such publication. Did you mean `a-study-of-trust`?"
    term = problem(editor("GET", "/v1/staff/vocabularies/topic/terms/ethiks"), 404)
    assert term["errors"][0]["suggestion"] == "ethics"
    sent = {"title": "Another study", "terms": {"topic": ["ethiks"]}}
    refused = problem(editor("POST", PUBLICATIONS, json=sent), 422)
    assert refused["errors"][0]["suggestion"] == "ethics"
    assert refused["detail"].endswith("Did you mean `ethics`?")


def test_an_identifier_that_is_taken_leads_to_what_has_it(kb: Corpus, editor: ApiKeyClient) -> None:
    doi = {"identifiers": [{"scheme": "doi", "value": "10.1234/taken"}]}
    create(editor, **doi)
    taken = problem(editor("POST", PUBLICATIONS, json={"title": "Another study", **doi}), 409)
    assert taken["other"].endswith(f"{PUBLICATIONS}/a-study-of-trust")
    assert taken["detail"] == "An identifier is already in use."
    orcid = {"identifiers": [{"scheme": "orcid", "value": "0000-0002-1825-0097"}]}
    make(editor, "people", name="Ada Example", **orcid)
    taken = problem(editor("POST", "/v1/staff/people", json={"name": "A. Example", **orcid}), 409)
    assert (taken["other"], [each["pointer"] for each in taken["errors"]]) == (
        "/v1/staff/people/ada-example",
        ["/identifiers"],
    )


@pytest.mark.parametrize(
    ("name", "form"),
    [("issued", "must be a year, a month or a day"), ("duration", "must be hours, minutes and seconds")],
)
@pytest.mark.parametrize("text", ["Spring 2024, in the morning", "9" * 100_000])
def test_what_has_another_form_is_refused_with_that_form_however_long_it_is(
    editor: ApiKeyClient, name: str, form: str, text: str
) -> None:
    answer = editor("POST", "/v1/staff/publications", json={"title": "One", name: text})
    assert answer.status_code == 422
    (error,) = (each for each in answer.json()["errors"] if each["pointer"] == f"/{name}")
    assert error["message"].startswith(form)
    assert text not in answer.text
