"""What cannot be undone in one step: it says before what it will change, and a typed name has to be its own."""

from tests.api_keys import ApiKeyClient
from tests.client import problem
from tests.corpus import Corpus
from tests.staff.editing import ONE, PUBLICATIONS, make, patch, published, step

DRY = {"dry_run": "true"}


def test_a_merge_names_what_will_be_moved_and_takes_the_name_of_what_goes(kb: Corpus, editor: ApiKeyClient) -> None:
    make(editor, "people", slug="ada", name="Ada Example")
    twin = make(editor, "people", slug="ada-e", name="A. Example")
    published(editor, contributors=[{"agent": "people/ada-e", "role": "author"}])
    here, body = "/v1/staff/people/ada-e/merge", {"version": twin["version"], "into": "ada"}
    checked = editor.request_json("POST", here, json=body, params=DRY)
    assert checked["effects"] == [
        "A. Example is merged into Ada Example, and its address leads there. "
        "1 record that named it will name the other."
    ]
    refused = problem(editor("POST", here, json={**body, "confirm": "Ada Example"}), 422)
    assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [("/confirm", "not-confirmed")]
    assert step(editor, twin, "merge", into="ada", confirm=" a.  EXAMPLE")["slug"] == "ada"


def test_a_key_is_revoked_by_its_name(kb: Corpus, editor: ApiKeyClient) -> None:
    body = {"name": "Jo Bloggs", "scopes": ["entries:read"], "expires_in_days": 10}
    here = f"/v1/staff/keys/{editor.request_json('POST', '/v1/staff/keys', 201, json=body)['id']}"
    checked = editor.request_json("DELETE", here, params=DRY)
    assert checked["effects"] == ["1 key of Jo Bloggs will stop working at once."]
    refused = problem(editor("DELETE", here, params={"confirm": "Ann"}), 400)
    assert [each["parameter"] for each in refused["errors"]] == ["confirm"]
    assert editor.request_json("GET", here)["state"] == "live"
    assert editor.request_json("DELETE", here, params={"confirm": "jo bloggs"})["state"] == "revoked"


def test_an_erasure_takes_the_address_twice(kb: Corpus, editor: ApiKeyClient) -> None:
    here, body = "/v1/staff/subscribers/erase", {"address": "reader@example.org"}
    assert editor.request_json("POST", here, json=body, params=DRY)["effects"] == ["There is no such subscriber."]
    problem(editor("POST", here, json={**body, "confirm": "other@example.org"}), 422)
    assert editor.request_json("POST", here, json={**body, "confirm": "reader@example.org"}) == {"erased": False}


def test_a_draft_is_deleted_by_its_title(kb: Corpus, editor: ApiKeyClient) -> None:
    make(editor, **ONE)
    here, seen = f"{PUBLICATIONS}/one", {"If-Match": '"1"'}
    checked = editor.request_json("DELETE", here, params=DRY, headers=seen)
    assert checked["effects"] == ["“First words” is deleted. This cannot be undone."]
    refused = problem(editor("DELETE", here, params={"confirm": "Last words"}, headers=seen), 400)
    assert [each["parameter"] for each in refused["errors"]] == ["confirm"]
    editor.request_json("DELETE", here, 204, params={"confirm": "first  WORDS"}, headers=seen)


def test_what_withdrawing_and_discarding_will_do_is_told_before(kb: Corpus, editor: ApiKeyClient) -> None:
    here = f"{PUBLICATIONS}/one"
    changed = patch(editor, published(editor), summary="It waits.")
    body = {"version": changed["version"], "reason": "It was an example."}
    assert editor.request_json("POST", f"{here}/withdraw", json=body, params=DRY)["effects"] == [
        "Readers no longer find “First words”: at its address they read the reason.",
        "The changes that are not published yet stay, as a draft.",
    ]
    body = {"version": changed["version"]}
    assert editor.request_json("POST", f"{here}/discard", json=body, params=DRY)["effects"] == [
        "These changes are thrown away: `summary`. What is published stays as it is."
    ]
    step(editor, changed, "discard")
