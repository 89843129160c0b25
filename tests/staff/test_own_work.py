"""What awaits one person: their drafts and the reviews of others; what is scheduled; and the last steps, in words."""

from typing import Any

from tests.api_keys import ApiKeyClient, api_key_client
from tests.corpus import Corpus
from tests.staff.editing import PUBLICATIONS, make, step


def dashboard(holder: ApiKeyClient) -> Any:
    return holder.request_json("GET", "/v1/staff")


def awaiting(holder: ApiKeyClient) -> list[tuple[str, str]]:
    return [(each["reason"], each["title"]) for each in dashboard(holder)["mine"]]


def test_own_drafts_and_the_reviews_of_others_await_somebody(kb: Corpus, editor: ApiKeyClient) -> None:
    other = api_key_client(kb, "entries:read", "entries:write", "entries:publish")
    make(editor, slug="mine", title="Mine")
    step(other, make(other, slug="theirs", title="Theirs"), "submit")
    assert awaiting(editor) == [("draft", "Mine"), ("in_review", "Theirs")]
    assert awaiting(other) == []
    (first, *_) = dashboard(editor)["mine"]
    assert first["links"]["self"].endswith(f"{PUBLICATIONS}/mine")
    own = editor.request_json("GET", f"{PUBLICATIONS}?editor=me&state=draft")
    assert [each["slug"] for each in own["results"]] == ["mine"]
    assert editor("GET", f"{PUBLICATIONS}?editor=").status_code == 400, "nobody is no editor"


def test_a_review_awaits_only_those_who_may_publish(kb: Corpus, editor: ApiKeyClient) -> None:
    author = api_key_client(kb, "entries:read", "entries:write")
    step(editor, make(editor, slug="theirs", title="Theirs"), "submit")
    assert awaiting(author) == []


def test_what_is_scheduled_and_what_was_done_lately_is_reported(kb: Corpus, editor: ApiKeyClient) -> None:
    made = make(editor, slug="later", title="Later", terms={"format": ["book"]})
    step(editor, made, "schedule", publish_at="2099-03-14T09:00:00Z")
    shown = dashboard(editor)
    assert shown["mine"] == [], "it waits for its time, and for nobody"
    assert [(each["title"], each["publish_at"]) for each in shown["scheduled"]] == [("Later", "2099-03-14T09:00:00Z")]
    assert [each["text"] for each in shown["recent"][:2]] == [
        f"{editor.name} set a time for publishing the publication “Later”.",
        f"{editor.name} added the publication “Later”.",
    ]
    nobody = api_key_client(kb, "links:read")
    assert [dashboard(nobody)[name] for name in ("mine", "scheduled", "recent")] == [[], [], []]
