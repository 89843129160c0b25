"""What cannot be undone in one step: it says before what it will change, and a typed name has to be its own."""

from tests.api_keys import ApiKeyClient
from tests.client import problem
from tests.corpus import Corpus
from tests.staff.editing import make, published, step

DRY = {"dry_run": "true"}


def test_a_merge_names_what_will_be_moved_and_takes_the_name_of_what_goes(kb: Corpus, editor: ApiKeyClient) -> None:
    make(editor, "people", slug="ada", name="Ada Example")
    twin = make(editor, "people", slug="ada-e", name="A. Example")
    published(editor, contributors=[{"agent": "people/ada-e", "role": "author"}])
    here, body = "/v1/staff/people/ada-e/merge", {"version": twin["version"], "into": "ada"}
    checked = editor.request_json("POST", here, json=body, params=DRY)
    assert checked["effects"] == [
        "A. Example is merged into Ada Example, and its address leads there. "
        "1 resource that named it will name the other."
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
