"""The rule holds by whichever way staff publish: a step, a plan, a restored version, a merger, many at once."""

from datetime import timedelta
from typing import Any

import pytest

from app.staff.auth.context import StaffContext
from app.staff.workflow.transitions import publish_due_entries
from tests.api_keys import ApiKeyClient
from tests.client import problem
from tests.corpus import Corpus
from tests.staff.confidential_site import KIND, NAME, NOTES, OTHERS, WORD, address, hidden, keep, place
from tests.staff.editing import make, patch, step

TOLD = f"Among {WORD}s."
TIE = {"relations": [{"type": "IsPartOf", "target": place("place-a")}]}


def draft(editor: ApiKeyClient, slug: str = "draft", **values: Any) -> Any:
    given = {"slug": slug, "title": slug.capitalize(), "terms": {"format": ["article"]}, **TIE, **values}
    return make(editor, str(OTHERS[0].collection), **given)


def path(subject: Any) -> str:
    return str(subject["links"]["self"]).removeprefix("http://127.0.0.1:8000")


def refused(editor: ApiKeyClient, subject: Any, name: str = "publish", **values: Any) -> list[str]:
    """The places that the refusal of a step points to; it says no word."""
    answer = editor("POST", f"{path(subject)}/{name}", json={"version": subject["version"], **values})
    assert WORD not in answer.text
    assert NAME not in answer.text
    return [each["pointer"] for each in problem(answer, 422)["errors"]]


def test_a_draft_is_published_once_it_says_no_word(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    telling = draft(editor, summary=TOLD)
    assert refused(editor, telling) == ["/summary"]
    step(editor, patch(editor, telling, summary="Among others."), "publish")


def test_a_working_copy_is_refused_and_what_is_public_stays(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    live = step(editor, draft(editor, summary="Fine."), "publish")
    telling = patch(editor, live, summary=TOLD)
    assert refused(editor, telling) == ["/summary"]
    assert kb.client.json(f"/v1/{OTHERS[0].collection}/draft")["summary"] == "Fine."
    assert editor.request_json("GET", path(telling))["version"] == telling["version"]


def test_the_thing_itself_is_refused_too(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    subject = editor.request_json("GET", f"/v1/staff/{place('place-a')}")
    assert refused(editor, patch(editor, subject, title=f"{NAME}s")) == ["/title"]


def test_entries_with_confidential_words_cannot_be_scheduled(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    telling = draft(editor, summary=TOLD)
    assert refused(editor, telling, "schedule", publish_at="2099-01-01T00:00:00Z") == ["/summary"]
    live = step(editor, patch(editor, telling, summary=""), "publish")
    telling = patch(editor, live, summary=TOLD)
    assert refused(editor, telling, "schedule", publish_at="2099-01-01T00:00:00Z") == ["/summary"]
    assert editor.request_json("GET", path(telling)) == telling


def test_a_plan_is_not_carried_out(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    planned = step(editor, draft(editor), "schedule", publish_at="2099-01-01T00:00:00Z")
    keep(editor, "place-a", 1, words=["draft"])
    due = kb.service.services[StaffContext].clock().replace(year=2099, month=2, day=1)
    publish_due_entries(kb.service.sessions, due)
    publish_due_entries(kb.service.sessions, due + timedelta(minutes=1))
    left = editor.request_json("GET", path(planned))
    assert left["public"] is None
    assert left["publish_refused"] == "It cannot be published: it contains something confidential."


def test_what_is_planned_and_fine_is_published_when_its_time_has_come(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    planned = step(editor, draft(editor), "schedule", publish_at="2099-01-01T00:00:00Z")
    publish_due_entries(kb.service.sessions, kb.service.services[StaffContext].clock())
    assert editor.request_json("GET", path(planned))["public"] is None
    publish_due_entries(
        kb.service.sessions, kb.service.services[StaffContext].clock().replace(year=2099, month=2, day=1)
    )
    assert editor.request_json("GET", path(planned))["public"]["state"] == "live"


def test_an_old_version_is_restored_and_not_published(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    first = draft(editor, summary=TOLD)
    live = step(editor, patch(editor, first, summary=""), "publish")
    restored = editor.request_json("POST", f"{path(live)}/revisions/1/restore", json={"version": live["version"]})
    assert refused(editor, restored) == ["/summary"]


def test_what_was_withdrawn_is_not_reinstated(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    gone = step(editor, step(editor, draft(editor), "publish"), "withdraw", reason="By mistake.")
    keep(editor, "place-a", 1, words=["draft"])
    assert "/title" in refused(editor, gone, "reinstate")


def test_a_merger_keeps_the_words_and_is_refused_where_they_are_said(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    other = make(
        editor, str(KIND.collection), slug="place-b", title="Place B", terms={"format": ["article"]}, summary=TOLD
    )
    other = step(editor, other, "publish")
    mine = editor.request_json("GET", f"/v1/staff/{place('place-a')}")
    assert refused(editor, mine, "merge", into="place-b") == ["/summary"]
    step(editor, patch(editor, other, summary=""), "publish")
    step(editor, mine, "merge", into="place-b")
    later = editor.request_json("GET", f"/v1/staff/{place('place-b')}")
    assert refused(editor, patch(editor, later, summary=TOLD)) == ["/summary"]


def test_a_merger_loses_no_note_and_no_name(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    given = {"title": "Place B", "terms": {"format": ["article"]}}
    step(editor, make(editor, str(KIND.collection), slug="place-b", **given), "publish")
    keep(editor, "place-b", name="Other Harbour", words=["reedcutter"], notes="Signed by another.")
    step(editor, editor.request_json("GET", f"/v1/staff/{place('place-a')}"), "merge", into="place-b")
    kept = editor.request_json("GET", address("place-b"))
    assert (kept["name"], kept["words"]) == ("Other Harbour", ["reedcutter", WORD, NAME])
    assert kept["notes"] == f"Signed by another.\n\n{NOTES}"
    assert (kept["version"], kept["updated_by"]) == (2, editor.name)
    keep(editor, "place-b", 2, notes="")
    for number, name in enumerate(("Place A", "Place B", "/v1/sites/place-a")):
        telling = {"summary": f"In {name}, among {WORD}s.", "relations": []}
        assert refused(editor, draft(editor, f"draft-{number}", **telling)) == ["/summary"]


def test_many_at_once_are_refused_with_the_place_of_each(kb: Corpus, editor: ApiKeyClient) -> None:
    hidden(kb, editor)
    collection = f"/v1/staff/{OTHERS[0].collection}"
    subjects = [draft(editor, "fine"), draft(editor, "tells", summary=TOLD)]
    items = [{"action": "publish", "slug": each["slug"], "version": each["version"]} for each in subjects]
    answer = editor("POST", f"{collection}/batch", json={"atomic": False, "items": items})
    assert WORD not in answer.text
    assert [each["status"] for each in answer.json()["results"]] == [200, 422]


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_a_refusal_leaves_nothing_behind(kb: Corpus, editor: ApiKeyClient, dry_run: str) -> None:
    hidden(kb, editor)
    telling = draft(editor, summary=TOLD)
    head = kb.snapshot.revision
    given = {"json": {"version": telling["version"]}, "headers": {"Idempotency-Key": "once"}}
    answer = editor("POST", f"{path(telling)}/publish?dry_run={dry_run}", **given)
    problem(answer, 422)
    assert kb.snapshot.revision == head
    assert editor.request_json("GET", path(telling)) == telling
