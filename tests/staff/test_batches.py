"""Up to a hundred things at once: all or none, or each for itself, and always a result for each."""

from typing import Any

from tests.api_keys import ApiKeyClient, api_key_client
from tests.client import problem
from tests.corpus import Corpus
from tests.staff.editing import ONE, PUBLICATIONS, make, public, published, shelf

BATCH = f"{PUBLICATIONS}/batch"


def new(slug: str, **values: Any) -> dict[str, Any]:
    return {"action": "create", "data": {**ONE, "slug": slug, **values}}


def statuses(answer: Any) -> list[int]:
    return [each["status"] for each in answer["results"]]


def test_each_item_is_done_with_a_result_of_its_own(kb: Corpus, editor: ApiKeyClient) -> None:
    make(editor, **ONE)
    make(editor, **{**ONE, "slug": "two"})
    items = [
        new("three"),
        {"action": "edit", "slug": "three", "version": 1, "data": {"title": "Better words"}, "note": "At once."},
        {"action": "publish", "slug": "three", "version": 2},
        {"action": "withdraw", "slug": "three", "version": 3, "reason": "Again no."},
        {"action": "delete", "slug": "two", "version": 1},
        {"action": "submit", "slug": "one", "version": 1},
        {"action": "schedule", "slug": "one", "version": 2, "publish_at": "2099-01-01T00:00:00Z"},
    ]
    answer = editor.request_json("POST", BATCH, json={"items": items})
    assert (answer["done"], statuses(answer)) == (7, [201, 200, 200, 200, 204, 200, 200])
    assert answer["results"][2]["result"]["public"]["state"] == "live"
    assert answer["results"][4] == {"status": 204, "result": None, "problem": None}
    assert problem(kb.client.get("/v1/publications/three"), 410)["reason"] == "Again no."
    assert editor.request_json("GET", PUBLICATIONS)["meta"]["count"] == 2


WRONG = [
    new("one"),
    {"action": "edit", "slug": "one", "version": 7, "data": {"title": "Mine"}},
    {"action": "edit", "slug": "one", "data": {"title": "Mine"}},
    {"action": "publish", "slug": "nothing", "version": 1},
    new("five", colour="red"),
    new("six"),
]


def test_without_atomic_the_others_are_done_all_the_same(editor: ApiKeyClient) -> None:
    published(editor)
    answer = editor.request_json("POST", BATCH, json={"atomic": False, "items": WRONG})
    assert (answer["done"], statuses(answer)) == (1, [409, 412, 428, 404, 422, 201])
    stale, invalid = answer["results"][1]["problem"], answer["results"][4]["problem"]
    assert (stale["code"], stale["version"]) == ("stale", 2)
    assert [each["pointer"] for each in invalid["errors"]] == ["/colour"]
    assert editor.request_json("GET", PUBLICATIONS)["meta"]["count"] == 2


def test_atomic_is_all_or_nothing(kb: Corpus, editor: ApiKeyClient) -> None:
    published(editor)
    before = shelf(kb), public(kb)
    items = [
        new("two"),
        {"action": "publish", "slug": "two", "version": 1},
        {"action": "withdraw", "slug": "one", "version": 2, "reason": "No."},
        new("one"),
        new("three"),
    ]
    answer = editor.request_json("POST", BATCH, json={"atomic": True, "items": items})
    assert (answer["done"], statuses(answer)) == (0, [424, 424, 424, 409, 424])
    assert (shelf(kb), public(kb)) == before
    assert editor.request_json("GET", PUBLICATIONS)["meta"]["count"] == 1
    assert make(editor, **{**ONE, "slug": "two"})["version"] == 1


def test_what_a_kind_does_not_have_is_refused(editor: ApiKeyClient) -> None:
    items = [
        {"action": "create", "data": {"slug": "ada", "name": "Ada Example"}},
        {"action": "publish", "slug": "ada", "version": 1},
    ]
    answer = editor.request_json("POST", "/v1/staff/people/batch", json={"atomic": False, "items": items})
    assert statuses(answer) == [201, 422]
    assert answer["results"][1]["problem"]["errors"][0]["allowed"] == ["create", "edit", "delete"]


def test_terms_come_in_batches_too(kb: Corpus, editor: ApiKeyClient) -> None:
    items = [
        {"action": "create", "data": {"scheme": "topic", "slug": "care", "label": "Care"}},
        {"action": "create", "data": {"scheme": "topic", "slug": "home", "label": "Home", "broader": "care"}},
    ]
    editor.request_json("POST", "/v1/staff/vocabularies/topic/terms/batch", json={"items": items})
    assert kb.client.json("/v1/topics/home")["broader"]["slug"] == "care"


def test_publishing_in_a_batch_needs_its_scope(kb: Corpus) -> None:
    writer = api_key_client(kb, "entries:write")
    assert writer("POST", BATCH, json={"items": [new("one")]}).status_code == 200
    refused = problem(writer("POST", BATCH, json={"items": [{"action": "publish", "slug": "one", "version": 1}]}), 403)
    assert refused["scope"] == "entries:publish"


def test_a_batch_has_one_to_a_hundred_items(editor: ApiKeyClient) -> None:
    for items in ([], [new(f"n-{place}") for place in range(101)]):
        refused = problem(editor("POST", BATCH, json={"items": items}), 422)
        assert [each["pointer"] for each in refused["errors"]] == ["/items"]
    answer = editor.request_json("POST", BATCH, json={"items": [new(f"n-{place}") for place in range(100)]})
    assert answer["done"] == 100
