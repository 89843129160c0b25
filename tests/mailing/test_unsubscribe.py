"""Unsubscribing: at once, for ever, without a question; and never by who only looks."""

import asyncio
import io
import re

import pytest

from app.http.context import RequestContext
from app.http.logging.access_log import AccessLog
from app.mailing.content.links import unsubscribe_token
from app.main import SECRET_PREFIXES
from tests.client import problem
from tests.mailing.subscriber_service import ADDRESS, SubscriberService

ONE_CLICK = [("List-Unsubscribe", "One-Click")]


def both(readers: SubscriberService) -> tuple[int, int, int]:
    """A subscriber with two subscriptions."""
    number = readers.subscribed(presets=["videos", "events"])
    first, second = readers.subscriptions(number)
    return number, first.id, second.id


def test_one_click_ends_one_subscription(readers: SubscriberService) -> None:
    number, first, _ = both(readers)
    answer = readers.post_form(readers.unsubscribe_path(first), ONE_CLICK)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert "location" not in answer.headers
    assert readers.states(number) == ["ended", "active"]
    assert readers.events(number)[-1] == "withdrawn"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", None),
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (
            b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--',
            "multipart/form-data; boundary=x",
        ),
        (b"%%%\xff", "application/x-www-form-urlencoded"),
        (b"whatever", "text/plain"),
        (b'{"do": "end"}', "application/json"),
    ],
)
def test_any_body_is_accepted(readers: SubscriberService, body: bytes, kind: str | None) -> None:
    number, first, _ = both(readers)
    headers = {"Content-Type": kind} if kind else {}
    answer = readers.client.request("POST", readers.unsubscribe_path(first), content=body, headers=headers)
    assert answer.status_code == 200
    assert readers.states(number) == ["ended", "active"]


def test_one_click_ends_all_that_the_mail_was_for(readers: SubscriberService) -> None:
    number, first, second = both(readers)
    assert readers.post_form(readers.unsubscribe_path(first, second), ONE_CLICK).status_code == 200
    assert readers.states(number) == ["ended", "ended"]


def test_repeating_it_gives_the_same_response(readers: SubscriberService) -> None:
    number, first, _ = both(readers)
    answers = {readers.post_form(readers.unsubscribe_path(first), ONE_CLICK).content for _ in range(30)}
    assert len(answers) == 1
    assert readers.events(number).count("withdrawn") == 1


def test_following_the_link_a_hundred_times_changes_nothing(readers: SubscriberService) -> None:
    number, first, _ = both(readers)
    path = readers.unsubscribe_path(first)
    before = readers.contents()
    for _ in range(100):
        page = readers.client.get(path)
        assert page.status_code == 200
        assert readers.client.request("HEAD", path).status_code == 200
    assert readers.contents() == before
    assert ADDRESS not in page.text
    assert readers.states(number) == ["active", "active"]


def test_a_mail_of_three_years_ago_works_after_the_secret_was_rotated(readers: SubscriberService) -> None:
    number, first, second = both(readers)
    old = readers.unsubscribe_path(first)
    readers.context.signing_keys.rotate()
    readers.pass_by(days=3 * 365)
    assert readers.unsubscribe_path(first) != old
    for path in (old, readers.unsubscribe_path(second)):
        assert readers.post_form(path, ONE_CLICK).status_code == 200
    assert readers.states(number) == ["ended", "ended"]


def test_the_link_opens_nothing_else(readers: SubscriberService) -> None:
    _, first, _ = both(readers)
    token = unsubscribe_token(readers.context.signing_keys, first)
    assert readers.me(token).status_code == 401
    assert readers.me(token, path="/export").status_code == 401
    assert readers.confirm(token).status_code == 404
    assert readers.client.get(f"/subscribe/manage/{token}").status_code == 401
    assert readers.client.get(f"/subscribe/confirm/{token}").status_code == 404


def test_a_forged_link_ends_nothing(readers: SubscriberService) -> None:
    number, first, second = both(readers)
    path = readers.unsubscribe_path(first)
    for other in (path[:-1], path + "0", path.replace(f"-{first}-", f"-{second}-"), path[:-1] + "g"):
        assert problem(readers.client.request("POST", other), 404)
        assert readers.client.get(other).status_code == 404
    assert readers.states(number) == ["active", "active"]


def test_it_is_never_limited(readers: SubscriberService) -> None:
    _, first, _ = both(readers)
    for _ in range(25):
        assert readers.post_form(readers.unsubscribe_path(first), ONE_CLICK).status_code == 200


def test_the_page_ends_several_or_all_or_pauses(readers: SubscriberService) -> None:
    number, first, second = both(readers)
    path = readers.unsubscribe_path(first)
    page = readers.post_form(path, [("subscription", str(second)), ("do", "pause")])
    assert "is paused until you resume it" in page.text
    assert readers.states(number) == ["active", "paused"]
    readers.post_form(path, [("subscription", str(first)), ("subscription", str(second)), ("do", "end")])
    assert readers.states(number) == ["ended", "ended"]
    row = readers.subscriber(number)
    assert row is not None
    assert row.state == "unsubscribed"


def test_others_are_out_of_reach(readers: SubscriberService) -> None:
    other = readers.subscribed("other@example.org", presets=["videos"])
    (theirs,) = readers.subscriptions(other)
    _, first, _ = both(readers)
    readers.post_form(readers.unsubscribe_path(first), [("subscription", str(theirs.id)), ("do", "end")])
    readers.client.request("POST", readers.unsubscribe_path(first), json={"subscriptions": [theirs.id]})
    readers.client.request("POST", readers.unsubscribe_path(first), json={"do": "end_all"})
    assert readers.states(other) == ["active"]


def test_json_is_answered_with_json(readers: SubscriberService) -> None:
    number, first, _ = both(readers)
    path = readers.unsubscribe_path(first)
    assert readers.client.request("POST", path, json={"do": "pause"}).json() == {"status": "paused"}
    assert readers.client.request("POST", path, json={"do": "end_all"}).json() == {"status": "unsubscribed"}
    problem(readers.client.request("POST", path, json={"do": "dance"}), 422)
    assert readers.states(number) == ["ended", "ended"]


def test_the_link_works_after_the_address_was_deleted(readers: SubscriberService) -> None:
    number, first, _ = both(readers)
    path = readers.unsubscribe_path(first)
    readers.client.request("POST", path, json={"do": "end_all"})
    readers.pass_by(days=30)
    readers.forget()
    assert readers.subscriber(number) is None
    assert readers.post_form(path, ONE_CLICK).status_code == 200
    assert "no longer belongs to a subscription" in readers.client.get(path).text


def test_no_token_stands_in_the_access_log(readers: SubscriberService) -> None:
    number, first, _ = both(readers)
    kinds = (readers.unsubscribe_path(first), f"/subscribe/manage/{readers.manage_token(number)}")
    log = io.StringIO()
    lines = AccessLog(log, SECRET_PREFIXES)
    for path in (*kinds, f"/subscribe/confirm/{readers.confirmation()}"):
        context = RequestContext({"type": "http", "method": "GET", "path": path, "headers": []})
        asyncio.run(written(lines, context))
    lines.flush()
    assert log.getvalue().count("…") + log.getvalue().count("\\u2026") == 3
    assert not re.search(r"[0-9a-f]{32}|kbmanage_|kbconfirm_", log.getvalue())


async def written(log: AccessLog, context: RequestContext) -> None:
    log.write(context, query_bytes=0, seconds=0.0)


def test_answers_are_not_kept(readers: SubscriberService) -> None:
    _, first, _ = both(readers)
    page = readers.client.get(readers.unsubscribe_path(first))
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-robots-tag"] == "noindex"
