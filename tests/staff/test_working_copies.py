"""Making, reading, correcting and deleting: what waits is seen by staff and by nobody else."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.catalogue.kind import Kind
from app.catalogue.registry import BY_NAME, ENTRY_KINDS, KINDS
from app.kit.errors import Stale
from app.staff.api.resource_router import PatchControl
from app.staff.editing.merge_patch import merge_patch, validate_input
from app.staff.queries.subjects import Attempt, load_for_update
from app.staff.workflow.steps import edit
from tests.api_keys import ApiKeyClient
from tests.client import problem
from tests.corpus import Corpus
from tests.factories import NOW, change
from tests.staff.editing import ONE, PUBLICATIONS, make, patch, public, published, shelf, step

TOGETHER = 100


def test_a_draft_is_shown_to_staff_as_it_can_be_sent_back(kb: Corpus, editor: ApiKeyClient) -> None:
    made = editor("POST", PUBLICATIONS, json=ONE, params={"note": "A start."})
    assert made.status_code == 201
    assert made.headers["etag"] == '"1"'
    assert made.headers["location"] == "http://127.0.0.1:8000/v1/staff/publications/one"
    draft = made.json()
    shown = {name: draft[name] for name in ("kind", "slug", "state", "version", "public", "editor", "note")}
    assert shown == {
        "kind": "publication",
        "slug": "one",
        "state": "draft",
        "version": 1,
        "public": None,
        "editor": editor.name,
        "note": "A start.",
    }
    assert editor.request_json("GET", f"{PUBLICATIONS}/one") == draft
    assert editor.request_json("PATCH", f"{PUBLICATIONS}/one", json={"version": 1, **draft["data"]}) == draft
    assert kb.client.get("/v1/publications/one").status_code == 404


def test_a_merge_patch_replaces_what_it_names_and_null_removes(editor: ApiKeyClient) -> None:
    draft = make(editor, **{**ONE, "issued": "2021", "terms": {"format": ["article"], "topic": ["trust"]}})
    changed = patch(editor, draft, title="Second words", issued=None, terms={"topic": None, "stage": ["first"]})
    assert changed["data"] == {
        **draft["data"],
        "title": "Second words",
        "issued": None,
        "terms": {"format": ["article"], "stage": ["first"]},
    }
    assert changed["version"] == 2


def test_a_patch_that_says_what_is_there_is_no_step(editor: ApiKeyClient) -> None:
    draft = make(editor, **ONE)
    assert patch(editor, draft, title=ONE["title"]) == draft


def test_what_is_wrong_is_named_at_its_place_and_nothing_is_changed(editor: ApiKeyClient) -> None:
    draft = make(editor, **ONE)
    refused = patch(editor, draft, 422, title=None, colour="red", issued="once")
    assert {each["pointer"] for each in refused["errors"]} == {"/title", "/colour", "/issued"}
    refused = patch(editor, draft, 422, terms={"topic": ["nothing"]})
    assert [each["pointer"] for each in refused["errors"]] == ["/terms/topic/0"]
    assert editor.request_json("GET", f"{PUBLICATIONS}/one") == draft


def test_an_edit_of_what_is_published_waits_in_a_working_copy(kb: Corpus, editor: ApiKeyClient) -> None:
    before = published(editor)
    document, shelved = public(kb), shelf(kb)
    copy = patch(editor, before, title="Better words", identifiers=[{"scheme": "doi", "value": "10.1000/x"}])
    assert (copy["state"], copy["version"], copy["data"]["title"]) == ("draft", 3, "Better words")
    assert copy["public"] == {"url": "http://127.0.0.1:8000/v1/publications/one", "state": "live"}
    assert public(kb) == document
    assert shelf(kb) == shelved
    refused = patch(editor, copy, 422, contributors=[{"agent": "people/nobody", "role": "author"}])
    assert [each["pointer"] for each in refused["errors"]] == ["/contributors/0/agent"]
    assert editor.request_json("GET", f"{PUBLICATIONS}/one/changes") == {
        "version": 3,
        "changes": {
            "title": {"old": "First words", "new": "Better words"},
            "identifiers": {
                "old": [],
                "new": [{"scheme": "doi", "value": "10.1000/x"}],
                "added": [{"scheme": "doi", "value": "10.1000/x"}],
                "removed": [],
                "reordered": False,
            },
        },
    }
    step(editor, copy, "publish")
    assert public(kb)["title"] == "Better words"
    assert editor.request_json("GET", f"{PUBLICATIONS}/one/changes")["changes"] == {}


def test_a_working_copy_may_not_take_what_another_has(editor: ApiKeyClient) -> None:
    published(editor, identifiers=[{"scheme": "doi", "value": "10.1000/x"}])
    other = published(editor, slug="two")
    refused = patch(editor, other, 409, identifiers=[{"scheme": "doi", "value": "10.1000/X"}])
    assert [each["pointer"] for each in refused["errors"]] == ["/identifiers"]
    patch(editor, other, 409, slug="one")


def test_what_was_published_under_a_working_copy_is_not_overwritten_unseen(kb: Corpus, editor: ApiKeyClient) -> None:
    """Nor once somebody else has taken the name of whom both are by, so that both are rewritten."""
    ada = make(editor, "people", slug="ada", name="Ada Example")
    live = published(editor, contributors=[{"agent": "people/ada", "role": "author"}])
    copy = patch(editor, live, title="Better words")
    with kb.write() as session:
        change(session, BY_NAME["publication"], "one", summary="Of the seeds.")
    patch(editor, ada, slug="ada-example")
    for expected in ("ada", "ada-example"):
        now = editor.request_json("GET", f"{PUBLICATIONS}/one")
        assert (now["conflict"], now["data"]["contributors"][0]["agent"]) == (True, f"people/{expected}")
        refused = step(editor, now, "publish", 409)
        assert "Compare the two" in refused["detail"]
        if expected == "ada":
            make(editor, "people", slug="ada", name="Ada Other")
    assert (public(kb)["title"], public(kb)["summary"]) == ("First words", "Of the seeds.")
    seen = patch(editor, now, summary="Of the seeds.")
    assert (seen["conflict"], copy["version"] < seen["version"]) == (False, True)
    step(editor, seen, "publish")
    assert (public(kb)["title"], public(kb)["summary"]) == ("Better words", "Of the seeds.")


def test_a_draft_whose_reference_is_rewritten_stays_a_draft(kb: Corpus, editor: ApiKeyClient) -> None:
    ada = make(editor, "people", slug="ada", name="Ada Example")
    make(editor, **(ONE | {"contributors": [{"agent": "people/ada", "role": "author"}]}))
    patch(editor, ada, slug="ada-example")
    make(editor, "people", slug="ada", name="Ada Other")
    now = editor.request_json("GET", f"{PUBLICATIONS}/one")
    assert (now["state"], now["data"]["contributors"][0]["agent"]) == ("draft", "people/ada-example")
    assert kb.client.get("/v1/publications/one").status_code == 404


def test_a_version_is_required_and_an_old_one_is_answered_with_the_differences(editor: ApiKeyClient) -> None:
    draft = make(editor, **ONE)
    patch(editor, draft, summary="Theirs.", language="cy")
    missing = problem(editor("PATCH", f"{PUBLICATIONS}/one", json={"title": "Mine"}), 428)
    assert missing["detail"] == "Send its ETag as If-Match, or `version` in the body."
    stale = editor("PATCH", f"{PUBLICATIONS}/one", json={"summary": "Mine."}, headers={"If-Match": '"1"'})
    refused = problem(stale, 412)
    assert refused["version"] == 2
    assert refused["differences"] == {
        "language": {"yours": "en", "theirs": "cy", "ancestor": "en"},
        "summary": {"yours": "Mine.", "theirs": "Theirs.", "ancestor": ""},
    }
    assert problem(editor("PATCH", f"{PUBLICATIONS}/one", json={"version": 9}), 412)["version"] == 2


def test_of_many_who_saw_one_version_exactly_one_wins(kb: Corpus, editor: ApiKeyClient) -> None:
    published(editor)
    kind = BY_NAME["publication"]
    versions: list[int | None] = []

    def work(number: int) -> bool:
        try:
            with kb.write() as session:
                subject = load_for_update(session, kind, "one", Attempt(2, f"editor {number}", NOW))
                data = validate_input(kind, merge_patch(subject.data, {"title": f"By {number}"}))
                edit(session, subject, data, by=f"editor {number}", now=NOW)
        except Stale as stale:
            versions.append(stale.version)
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(work, range(TOGETHER)))
    winner = outcomes.index(True)
    assert outcomes.count(True) == 1
    assert versions == [3] * (TOGETHER - 1)
    found = editor.request_json("GET", f"{PUBLICATIONS}/one")
    assert (found["version"], found["data"]["title"]) == (3, f"By {winner}")


def test_a_version_is_never_used_twice(editor: ApiKeyClient) -> None:
    """A working copy thrown away and begun again must not be mistaken for the first."""
    copy = patch(editor, published(editor), title="Better words")
    left = step(editor, copy, "discard")
    assert (left["version"], left["state"], left["data"]["title"]) == (4, "published", "First words")
    again = patch(editor, left, title="Other words")
    assert again["version"] == 5
    patch(editor, copy, 412, title="Mine")
    assert step(editor, again, "publish")["version"] == 6
    patch(editor, copy, 412, title="Mine")


def test_a_draft_is_deleted_and_what_was_public_is_not(kb: Corpus, editor: ApiKeyClient) -> None:
    draft = make(editor, **ONE)
    shelved = shelf(kb)
    assert problem(editor("DELETE", f"{PUBLICATIONS}/one"), 428)
    editor.request_json("DELETE", f"{PUBLICATIONS}/one", 204, headers={"If-Match": '"1"'})
    assert problem(editor("GET", f"{PUBLICATIONS}/one"), 404)
    assert shelf(kb) == shelved
    again = make(editor, **ONE)
    assert again["version"] == draft["version"]
    published_one = step(editor, again, "publish")
    match = {"If-Match": f'"{published_one["version"]}"'}
    assert problem(editor("DELETE", f"{PUBLICATIONS}/one", headers=match), 409)


def test_what_another_draft_names_is_not_deleted(editor: ApiKeyClient) -> None:
    make(editor, **ONE)
    make(editor, **{**ONE, "slug": "two", "relations": [{"type": "Cites", "target": "publications/one"}]})
    refused = problem(editor("DELETE", f"{PUBLICATIONS}/one", headers={"If-Match": '"1"'}), 409)
    assert refused["detail"] == "Something else refers to it; change that first."


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"state": "draft"}, ["three", "two"]),
        ({"state": "in_review"}, ["four"]),
        ({"state": "published"}, ["one"]),
        ({"state": "scheduled"}, []),
        ({"state": "conflict"}, []),
        ({"q": "WORDS copied"}, ["two"]),
        ({"q": "first"}, ["four", "two", "one"]),
        ({"q": "100%"}, ["three"]),
        ({"editor": "nobody"}, []),
        ({"since": "2100-01-01T00:00:00Z"}, []),
        ({"until": "2000-01-01T00:00:00+01:00"}, []),
        ({"per_page": 2, "page": 2}, ["two", "one"]),
    ],
)
def test_staff_find_their_work(editor: ApiKeyClient, parameters: dict[str, str], found: list[str]) -> None:
    published(editor)
    patch(editor, published(editor, slug="two"), title="Words copied")
    make(editor, **{**ONE, "slug": "three", "title": "All of 100%"})
    step(editor, make(editor, **{**ONE, "slug": "four"}), "submit")
    page = editor.request_json("GET", PUBLICATIONS, params=parameters)
    assert sorted(each["slug"] for each in page["results"]) == sorted(found)


@pytest.mark.parametrize("words", ["etude", "ÉTUDE sur", "e\u0301cole", "ECOLE"])
def test_accents_and_case_are_no_matter(editor: ApiKeyClient, words: str) -> None:
    make(editor, **{**ONE, "title": "Étude sur l'École"})
    page = editor.request_json("GET", PUBLICATIONS, params={"q": words})
    assert [each["slug"] for each in page["results"]] == ["one"]


def test_a_page_leads_to_the_next_and_asks_the_same(editor: ApiKeyClient) -> None:
    for slug in ("one", "two", "three"):
        make(editor, **{**ONE, "slug": slug})
    page = editor.request_json("GET", PUBLICATIONS, params={"per_page": 2, "state": "draft"})
    assert page["meta"] == {"count": 3, "page": 1, "per_page": 2}
    following = editor.request_json("GET", page["links"]["next"])
    assert [each["slug"] for each in following["results"]] == ["one"]
    assert following["links"]["next"] is None
    assert editor.request_json("GET", following["links"]["prev"]) == page


@pytest.mark.parametrize("query", ["state=done", "page=0", "per_page=101", "since=yesterday", "title=x", "q=a&q=b"])
def test_what_cannot_be_queried_is_refused(editor: ApiKeyClient, query: str) -> None:
    refused = problem(editor("GET", f"{PUBLICATIONS}?{query}"), 400)
    assert refused["errors"][0]["parameter"] == query.split("=")[0]


@pytest.mark.parametrize("kind", ENTRY_KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_entry_goes_from_draft_to_published(kb: Corpus, editor: ApiKeyClient, kind: Kind) -> None:
    collection = str(kind.collection)
    draft = make(editor, collection, **ONE)
    step(editor, patch(editor, draft, title="Second words"), "publish")
    assert kb.client.json(f"/v1/{collection}/one")["title"] == "Second words"


def test_entries_of_all_kinds_are_found_in_one_list(editor: ApiKeyClient) -> None:
    make(editor, **ONE)
    make(editor, "events", **{**ONE, "slug": "two"})
    make(editor, "people", slug="ada", name="Ada Example")
    page = editor.request_json("GET", "/v1/staff/entries?state=draft")
    assert {(each["kind"], each["slug"]) for each in page["results"]} == {("publication", "one"), ("event", "two")}
    page = editor.request_json("GET", "/v1/staff/entries?kind=event&kind=site&per_page=1")
    assert [each["slug"] for each in page["results"]] == ["two"]
    assert "kind=event&kind=site" in page["links"]["self"]
    refused = problem(editor("GET", "/v1/staff/entries?kind=publicaton"), 400)
    assert (refused["errors"][0]["parameter"], refused["errors"][0]["suggestion"]) == ("kind", "publication")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_a_patch_says_beside_the_fields_is_the_name_of_no_field(kind: Kind) -> None:
    assert not {*PatchControl.model_fields} & {*kind.input.model_fields}
