"""From draft to public and back: each step is one revision, says who and why, and readers see the right ones only."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.catalogue.revisions import RevisionRow
from app.kit.clock import utc_now
from app.staff.queries.step_descriptions import describe_steps_since, elapsed
from app.staff.workflow.transitions import publish_due
from tests.api_keys import ApiKeyClient, api_key_client
from tests.client import problem
from tests.corpus import Corpus
from tests.factories import NOW
from tests.staff.editing import ONE, PUBLICATIONS, make, patch, public, published, shelf, step

LATER = "2099-01-31T09:00:00Z"
DUE = utc_now().replace(year=2099, month=2, day=1)


def steps(kb: Corpus) -> list[tuple[str, int, str | None, bool]]:
    """Action, version, note and whether it was of a working copy, of everything done to publications."""
    with kb.read() as session:
        rows = session.scalars(
            select(RevisionRow).where(RevisionRow.kind == "publication").order_by(RevisionRow.number)
        )
        return [(row.action, row.version, row.note, row.pending) for row in rows]


def test_each_step_is_one_revision_with_its_reason(kb: Corpus, editor: ApiKeyClient) -> None:
    draft = make(editor, **ONE)
    sent = step(editor, draft, "submit", note="Please read.")
    back = step(editor, sent, "return", note="Too short.")
    live = step(editor, step(editor, patch(editor, back, summary="Longer."), "submit"), "publish", note="Agreed.")
    copy = patch(editor, live, title="Better words")
    again = step(editor, copy, "publish")
    gone = step(editor, again, "withdraw", reason="Retracted.")
    step(editor, gone, "reinstate", note="By mistake.")
    assert [each["state"] for each in (draft, sent, back, live, copy, again, gone)] == [
        "draft",
        "in_review",
        "draft",
        "published",
        "draft",
        "published",
        "withdrawn",
    ]
    assert steps(kb) == [
        ("create", 1, None, False),
        ("submit", 2, "Please read.", False),
        ("return", 3, "Too short.", False),
        ("edit", 4, None, False),
        ("submit", 5, None, False),
        ("publish", 6, "Agreed.", False),
        ("edit", 7, None, True),
        ("publish", 8, None, False),
        ("withdraw", 9, "Retracted.", False),
        ("reinstate", 10, "By mistake.", False),
    ]


def test_work_on_drafts_and_working_copies_moves_nothing_public(kb: Corpus, editor: ApiKeyClient) -> None:
    live = published(editor, slug="live")
    before = shelf(kb)
    draft = patch(editor, make(editor, **ONE), title="Better words")
    draft = step(editor, step(editor, draft, "submit"), "return")
    draft = step(editor, step(editor, draft, "schedule", publish_at=LATER), "unschedule")
    copy = step(editor, patch(editor, live, title="Better words", slug="other"), "submit")
    copy = step(editor, step(editor, copy, "schedule", publish_at=LATER), "unschedule")
    step(editor, copy, "discard")
    assert shelf(kb) == before
    editor.request_json("DELETE", f"{PUBLICATIONS}/one", 204, headers={"If-Match": f'"{draft["version"]}"'})
    assert shelf(kb) == before


def test_what_is_so_already_stays_as_it_is(kb: Corpus, editor: ApiKeyClient) -> None:
    live = published(editor)
    before = steps(kb)
    for name in ("publish", "return", "unschedule", "discard", "reinstate"):
        assert step(editor, live, name) == live
    assert steps(kb) == before


@pytest.mark.parametrize(
    ("state", "name", "more"),
    [
        ("published", "submit", {}),
        ("published", "schedule", {"publish_at": LATER}),
        ("draft", "withdraw", {"reason": "No."}),
        ("draft", "reinstate", {}),
        ("draft", "discard", {}),
        ("withdrawn", "publish", {}),
        ("withdrawn", "withdraw", {"reason": "No."}),
        ("withdrawn", "schedule", {"publish_at": LATER}),
    ],
)
def test_what_cannot_be_is_refused(editor: ApiKeyClient, state: str, name: str, more: dict[str, Any]) -> None:
    subject = make(editor, **ONE)
    if state != "draft":
        subject = step(editor, subject, "publish")
    if state == "withdrawn":
        subject = step(editor, subject, "withdraw", reason="No.")
    step(editor, subject, name, 409, **more)


def test_every_step_asks_for_the_version(editor: ApiKeyClient) -> None:
    draft = make(editor, **ONE)
    patch(editor, draft, title="Better words")
    refused = step(editor, draft, "publish", 412)
    assert refused["differences"] == {
        "title": {"yours": "First words", "theirs": "Better words", "ancestor": "First words"}
    }
    assert problem(editor("POST", f"{PUBLICATIONS}/one/publish", json={}), 428)


@pytest.mark.parametrize("name", ["publish", "schedule"])
def test_a_step_may_follow_own_ones_that_left_the_content_as_it_was_seen(kb: Corpus, name: str) -> None:
    ann, max_ = api_key_client(kb, name="Ann"), api_key_client(kb, name="Max")
    draft = make(ann, **ONE)
    step(ann, draft, "submit")
    more = {"publish_at": LATER} if name == "schedule" else {}
    refused = step(max_, draft, name, 412, **more)
    assert re.fullmatch(r"Ann asked for a review of it (just now|\d+ seconds? ago)\.", refused["detail"])
    assert problem(ann("POST", f"{PUBLICATIONS}/one/{name}", json=more, headers={"If-Match": '"1"'}), 412)
    step(ann, draft, name, **more)


def test_steps_since_then_are_described_the_newest_first() -> None:
    def taken(action: str, by: str, seconds: int, *fields: str) -> RevisionRow:
        return RevisionRow(action=action, actor=by, at=NOW - timedelta(seconds=seconds), fields=[*fields])

    own = [taken("submit", "Ann", 20)]
    assert describe_steps_since(own, 1, by="Ann", is_own=True, now=NOW) == (
        "You asked for a review of it 20 seconds ago; nobody else changed it."
    )
    several = [
        taken("edit", "Max", 3 * 60, "venue", "issued"),
        taken("return", "Ann", 7200),
        taken("edit", "Max", 9),
    ]
    assert describe_steps_since(several, 5, by="Ann", is_own=False, now=NOW) == (
        "Max changed it 3 minutes ago (`venue`, `issued`); you returned it 2 hours ago; Max changed it 9 seconds ago; "
        "2 more steps came before."
    )
    assert [elapsed(timedelta(seconds=each)) for each in (0, 1, 86_400)] == ["just now", "1 second ago", "1 day ago"]


def test_a_tombstone_says_why_and_leads_to_the_replacement(kb: Corpus, editor: ApiKeyClient) -> None:
    published(editor, slug="two")
    live = published(editor)
    refused = step(editor, live, "withdraw", 422, reason="Superseded.", replacement="publications/nothing")
    assert [each["pointer"] for each in refused["errors"]] == ["/replacement"]
    step(editor, live, "withdraw", 422, reason="Superseded.", replacement="publications/one")
    step(editor, live, "withdraw", reason="Superseded.", replacement="publications/two")
    stone = problem(kb.client.get("/v1/publications/one"), 410)
    assert (stone["reason"], stone["replacement"]) == ("Superseded.", "http://127.0.0.1:8000/v1/publications/two")


def test_what_was_withdrawn_is_corrected_before_it_comes_back(kb: Corpus, editor: ApiKeyClient) -> None:
    gone = step(editor, published(editor), "withdraw", reason="Wrong title.")
    step(editor, patch(editor, gone, title="Right title"), "reinstate")
    assert public(kb)["title"] == "Right title"


def test_a_working_copy_outlives_a_withdrawal(kb: Corpus, editor: ApiKeyClient) -> None:
    copy = patch(editor, published(editor), title="Better words")
    step(editor, step(editor, copy, "withdraw", reason="For now."), "reinstate")
    assert public(kb)["title"] == "Better words"


def test_an_address_changes_when_it_is_published(kb: Corpus, editor: ApiKeyClient) -> None:
    copy = patch(editor, published(editor), slug="two")
    assert copy["slug"] == "one"
    step(editor, copy, "publish")
    assert kb.client.get("/v1/publications/one").headers["location"] == "http://127.0.0.1:8000/v1/publications/two"
    moved = editor("GET", f"{PUBLICATIONS}/one")
    assert (moved.status_code, moved.headers["location"]) == (301, "/v1/staff/publications/two")


# --- at a set time


def test_what_is_due_is_published_in_the_name_of_who_planned_it(kb: Corpus, editor: ApiKeyClient) -> None:
    step(editor, make(editor, **ONE), "schedule", publish_at=LATER, note="With the press release.")
    copy = patch(editor, published(editor, slug="two"), title="Better words")
    planned = step(editor, copy, "schedule", publish_at="2099-01-31T10:00:00+01:00")
    assert planned["publish_at"] == LATER
    with kb.write() as session:
        assert publish_due(session, NOW) == 0
    with kb.write() as session:
        assert publish_due(session, DUE) == 2
        assert publish_due(session, DUE) == 0
    assert (public(kb)["title"], public(kb, "two")["title"]) == ("First words", "Better words")
    last = editor.request_json("GET", f"{PUBLICATIONS}/one")
    assert (last["editor"], last["note"], last["publish_at"]) == (editor.name, "With the press release.", None)


def test_what_is_planned_stays_as_it_is(editor: ApiKeyClient) -> None:
    planned = step(editor, make(editor, **ONE), "schedule", publish_at=LATER)
    patch(editor, planned, 409, title="Sneaked in")
    step(editor, planned, "schedule", 422, publish_at="2020-01-01T00:00:00Z")
    free = step(editor, planned, "unschedule")
    assert free["publish_at"] is None
    patch(editor, free, title="Better words")


def test_one_that_cannot_be_published_holds_up_no_other(kb: Corpus, editor: ApiKeyClient) -> None:
    doi = [{"scheme": "doi", "value": "10.1000/x"}]
    copy = patch(editor, published(editor), identifiers=doi)
    step(editor, copy, "schedule", publish_at=LATER)
    step(editor, make(editor, **{**ONE, "slug": "two"}), "schedule", publish_at=LATER)
    published(editor, slug="three", identifiers=doi)
    with kb.write() as session:
        assert publish_due(session, DUE) == 1
    with kb.write() as session:
        assert publish_due(session, DUE + timedelta(days=1)) == 0
    refused = editor.request_json("GET", f"{PUBLICATIONS}/one")
    assert refused["publish_refused"] == "An identifier is already in use."
    assert public(kb)["identifiers"] == []
    found = editor.request_json("GET", PUBLICATIONS, params={"state": "conflict"})
    assert [each["slug"] for each in found["results"]] == ["one"]


# --- four eyes


@pytest.fixture
def careful(database: str) -> Iterator[Corpus]:
    with closing(Corpus(database, four_eyes=True)) as found:
        yield found


def test_with_four_eyes_somebody_else_publishes(careful: Corpus) -> None:
    ann, bo = api_key_client(careful, name="Ann"), api_key_client(careful, name="Bo")
    draft = step(ann, make(ann, **ONE), "submit")
    refused = step(ann, draft, "publish", 409)
    assert refused["detail"] == "You made the last change: somebody else must publish it."
    step(ann, draft, "schedule", 409, publish_at=LATER)
    live = step(bo, draft, "publish")
    copy = patch(ann, patch(bo, live, title="By Bo"), title="By Ann")
    step(ann, copy, "publish", 409)
    step(bo, copy, "publish")
    assert public(careful)["title"] == "By Ann"


def test_with_four_eyes_a_merger_makes_nobody_the_author(careful: Corpus) -> None:
    ann, bo = api_key_client(careful, name="Ann"), api_key_client(careful, name="Bo")
    for slug in ("ada", "bea"):
        make(bo, "people", slug=slug, name=slug)
    draft = make(ann, **ONE, contributors=[{"agent": "people/ada", "role": "author"}])
    step(bo, bo.request_json("GET", "/v1/staff/people/ada"), "merge", into="bea")
    draft = ann.request_json("GET", draft["links"]["self"].removeprefix("http://127.0.0.1:8000"))
    assert draft["data"]["contributors"][0]["agent"] == "people/bea"
    step(ann, draft, "publish", 409)
    step(bo, draft, "publish")


def test_with_four_eyes_what_is_public_already_may_be_taken_down_and_up_by_one(careful: Corpus) -> None:
    ann, bo = api_key_client(careful, name="Ann"), api_key_client(careful, name="Bo")
    live = step(bo, make(ann, **ONE), "publish")
    step(ann, step(ann, live, "withdraw", reason="For now."), "reinstate")


def test_differences_are_listed_as_far_as_they_fit(editor: ApiKeyClient) -> None:
    draft = make(editor, **ONE)
    patch(editor, draft, title="Better words", summary="s" * 20_000)
    answer = editor("PATCH", f"{PUBLICATIONS}/one", json={"version": 1, "summary": "t" * 20_000, "x" * 190: [1] * 9000})
    refused = problem(answer, 412)
    assert len(answer.content) <= 16 * 1024
    assert list(refused["differences"]) == ["title"]
    assert refused["omitted"] == ["summary", "x" * 190]
    assert refused["detail"].endswith(" 2 more fields differ than can be shown here: compare with the current version.")
    assert refused["version"] == 2
