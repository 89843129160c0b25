"""Managing: with a link that was mailed on demand, for half an hour, by script or by a page without one."""

from typing import Any

import pytest

from app.mailing.subscriptions import job_requests
from app.mailing.subscriptions.signup import subscriptions_of
from tests.client import problem
from tests.mailing.subscriber_service import ADDRESS, SubscriberService

CONSTANT = {
    "status": "accepted",
    "message": "If the address can receive mail (one in ten minutes), a mail is on its way: open its link to continue.",
}


def ask_link(readers: SubscriberService, address: str = ADDRESS) -> list[str]:
    """What is mailed after a link was asked for."""
    readers.pass_by(hours=2)
    answer = readers.client.request("POST", "/v1/subscriptions/manage-links", json={"address": address})
    assert (answer.status_code, answer.json()) == (202, CONSTANT)
    return readers.work()


def managing(readers: SubscriberService, *presets: str) -> tuple[int, str, list[int]]:
    """A subscriber, the token of their link, and the numbers of what they have."""
    number = readers.subscribed(presets=list(presets or ("videos", "events")))
    return number, readers.manage_token(number), [row.id for row in readers.subscriptions(number)]


def test_a_management_link_is_mailed_to_subscribers_and_the_response_is_always_the_same(
    readers: SubscriberService,
) -> None:
    assert ask_link(readers) == []
    number = readers.subscribed()
    assert ask_link(readers) == [job_requests.MANAGE]
    readers.pass_by(days=1)
    (first, *_) = readers.subscriptions(number)
    readers.client.request("POST", readers.unsubscribe_path(first.id), json={"do": "end_all"})
    assert ask_link(readers) == [job_requests.MANAGE]
    assert readers.mailed[-1][1] == {"subscriber": number}


def test_it_shows_what_there_is(readers: SubscriberService) -> None:
    _, token, (first, second) = managing(readers)
    assert readers.me(token).json() == {
        "address": ADDRESS,
        "state": "active",
        "subscriptions": [
            {
                "id": first,
                "description": "Videos",
                "query": {
                    "collection": "publications",
                    "where": {"field": "format", "op": "any", "value": "video"},
                    "q": None,
                    "sort": ["-issued", "title"],
                },
                "frequency": "weekly",
                "language": "en",
                "state": "active",
                "paused_because": None,
            },
            {
                "id": second,
                "description": "Events",
                "query": {"collection": "events", "where": None, "q": None, "sort": ["-start", "title"]},
                "frequency": "weekly",
                "language": "en",
                "state": "active",
                "paused_because": None,
            },
        ],
        "links": {
            "export": "http://127.0.0.1:8000/v1/subscriptions/me/export",
            "privacy": "http://127.0.0.1:8000/subscribe/privacy",
        },
    }


def test_a_link_is_good_for_half_an_hour(readers: SubscriberService) -> None:
    _, token, _ = managing(readers)
    readers.pass_by(minutes=30, seconds=-1)
    assert readers.me(token).status_code == 200
    readers.pass_by(seconds=1)
    refused = readers.me(token)
    assert problem(refused, 401)["detail"].startswith("This management link is not valid")
    assert refused.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert readers.client.get(f"/subscribe/manage/{token}").status_code == 401


def test_without_a_link_nothing_is_shown(readers: SubscriberService) -> None:
    assert problem(readers.client.get("/v1/subscriptions/me"), 401)


def test_frequency_state_and_more_queries_are_changed_together(readers: SubscriberService) -> None:
    number, token, (first, second) = managing(readers)
    body = {
        "subscriptions": [{"id": first, "frequency": "daily"}, {"id": second, "state": "paused"}],
        "add": {"queries": [{"filters": {"topic": ["ethics"]}}], "frequency": "monthly"},
    }
    changed = readers.me(token, "PATCH", json=body).json()
    assert [(each["description"], each["frequency"], each["state"]) for each in changed["subscriptions"]] == [
        ("Videos", "daily", "active"),
        ("Events", "weekly", "paused"),
        ("Entries with topic Ethics", "monthly", "active"),
    ]
    assert readers.events(number)[-3:] == ["changed", "changed", "confirmed"]


def test_a_paused_subscription_resumes_and_a_pending_one_is_confirmed(readers: SubscriberService) -> None:
    number, _, (first,) = managing(readers, "videos")
    readers.pass_by(hours=1)
    readers.sign_up(presets=["events"])
    readers.work()
    (_, pending) = readers.subscriptions(number)
    token = readers.manage_token(number)
    readers.me(token, "PATCH", json={"subscriptions": [{"id": first, "state": "paused"}]})
    both = [{"id": first, "state": "active"}, {"id": pending.id, "state": "active"}]
    readers.me(token, "PATCH", json={"subscriptions": both})
    assert readers.states(number) == ["active", "active"]


def test_a_change_is_made_as_a_whole_or_not_at_all(readers: SubscriberService) -> None:
    number, token, (first, _) = managing(readers)
    changes = [{"id": first, "state": "ended"}, {"id": 999, "state": "ended"}]
    refused = problem(readers.me(token, "PATCH", json={"subscriptions": changes}), 422)
    assert refused["errors"][0]["pointer"] == "/subscriptions/1/id"
    assert readers.states(number) == ["active", "active"]


def test_others_are_out_of_reach(readers: SubscriberService) -> None:
    other = readers.subscribed("other@example.org")
    (theirs, *_) = readers.subscriptions(other)
    _, token, _ = managing(readers)
    problem(readers.me(token, "PATCH", json={"subscriptions": [{"id": theirs.id, "state": "ended"}]}), 422)


@pytest.mark.parametrize(
    "body",
    [
        {"subscriptions": [{"id": "1"}]},
        {"address": "x@example.org"},
        {"add": {"presets": ["none"]}},
        {"subscriptions": 1},
    ],
)
def test_an_invalid_change_changes_nothing(readers: SubscriberService, body: dict[str, Any]) -> None:
    number, token, _ = managing(readers)
    problem(readers.me(token, "PATCH", json=body), 422)
    assert readers.events(number) == ["requested", "requested", "confirmed", "confirmed"]


def test_no_more_than_twenty(readers: SubscriberService) -> None:
    _, token, _ = managing(readers, "videos")
    queries = [{"q": f"word{number}"} for number in range(19)]
    assert len(readers.me(token, "PATCH", json={"add": {"queries": queries}}).json()["subscriptions"]) == 20
    problem(readers.me(token, "PATCH", json={"add": {"queries": [{"q": "another"}]}}), 422)


def test_looking_at_the_page_changes_nothing(readers: SubscriberService) -> None:
    number, token, _ = managing(readers)
    before = readers.contents()
    for _ in range(100):
        assert readers.client.get(f"/subscribe/manage/{token}").status_code == 200
    assert readers.contents() == before
    assert readers.states(number) == ["active", "active"]


def test_the_page_does_all_of_it_without_script(readers: SubscriberService) -> None:
    number, token, (first, second) = managing(readers)
    path = f"/subscribe/manage/{token}"
    page = readers.client.get(path)
    assert "<script" not in page.text
    assert page.headers["cache-control"] == "no-store"

    def press(button: str, *fields: tuple[str, str]) -> str:
        answer = readers.post_form(path, [*fields, ("do", button)])
        assert answer.status_code == 200, answer.text
        return answer.text

    one = [("subscription", str(first)), ("frequency", "monthly"), ("language", "en")]
    press("change", *one)
    press("pause", *one)
    assert [(row.frequency, row.state) for row in readers.subscriptions(number)] == [
        ("monthly", "paused"),
        ("weekly", "active"),
    ]
    press("begin", *one)
    press("end", ("subscription", str(second)), ("frequency", "weekly"), ("language", "en"))
    press("add", ("topic", "ethics"), ("stage", ""), ("q", ""), ("frequency", "daily"), ("language", "en"))
    assert readers.states(number) == ["active", "ended", "active"]
    assert ADDRESS in press("export")
    press("end_all")
    assert readers.states(number) == ["ended", "ended", "ended"]
    assert readers.post_form(path, [("do", "erase")]).status_code == 422
    assert "Your data is deleted" in press("erase", ("sure", "yes"))
    assert readers.subscriber(number) is None


def test_the_page_explains_a_broken_query(readers: SubscriberService) -> None:
    number = readers.subscribed(presets=["videos"])
    with readers.write() as session:
        (row,) = subscriptions_of(session, number)
        row.state, row.paused_because = "paused", "term_vanished"
    page = readers.client.get(f"/subscribe/manage/{readers.manage_token(number)}")
    assert "Paused: its search refers to something that no longer exists." in page.text
    assert "Unsubscribe" in page.text


def test_an_invalid_form_is_refused(readers: SubscriberService) -> None:
    number, token, (first, _) = managing(readers)
    path = f"/subscribe/manage/{token}"
    for fields in (
        [("do", "dance")],
        [("subscription", "x"), ("do", "end")],
        [("subscription", str(first)), ("a", "b"), ("do", "end")],
    ):
        assert readers.post_form(path, fields).status_code == 422
    assert readers.states(number) == ["active", "active"]
