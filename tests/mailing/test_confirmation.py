"""Confirming: by who has the address, once, within seven days; following the link is not confirming."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from app.mailing.consent import suppression, tokens
from app.mailing.models import Purpose, SuppressionReason
from app.mailing.subscriptions import confirmation, job_requests
from tests.client import problem
from tests.mailing.subscriber_service import ADDRESS, SubscriberService


def signed_up(readers: SubscriberService) -> tuple[int, str]:
    """Somebody who signed up, and the token in their mail."""
    readers.sign_up(presets=["videos"])
    readers.work()
    return readers.mailed[-1][1]["subscriber"], readers.confirmation()


def test_confirming_activates_the_subscriptions(readers: SubscriberService) -> None:
    number, token = signed_up(readers)
    assert readers.states(number) == ["pending"]
    assert readers.confirm(token).json() == {"status": "confirmed"}
    assert readers.states(number) == ["active"]
    assert readers.events(number) == ["requested", "confirmed"]
    assert readers.work() == [job_requests.WELCOME]


def test_following_the_link_changes_nothing(readers: SubscriberService) -> None:
    number, token = signed_up(readers)
    before = readers.contents()
    for _ in range(100):
        page = readers.client.get(f"/subscribe/confirm/{token}")
        assert page.status_code == 200
    assert '<form method="post">' in page.text
    assert "Videos" in page.text
    assert ADDRESS not in page.text
    assert readers.contents() == before
    assert readers.states(number) == ["pending"]


def test_the_button_of_the_page_confirms(readers: SubscriberService) -> None:
    number, token = signed_up(readers)
    page = readers.post_form(f"/subscribe/confirm/{token}", [])
    assert page.status_code == 200
    assert "You are subscribed" in page.text
    assert readers.states(number) == ["active"]
    assert "You are subscribed" in readers.client.get(f"/subscribe/confirm/{token}").text


def test_confirming_again_within_a_day_succeeds(readers: SubscriberService) -> None:
    number, token = signed_up(readers)
    readers.pass_by(days=7, seconds=-1)
    first = readers.confirm(token)
    readers.pass_by(days=1, seconds=-1)
    again = readers.confirm(token)
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert readers.events(number) == ["requested", "confirmed"]
    assert readers.work() == [job_requests.WELCOME]
    readers.pass_by(seconds=1)
    assert problem(readers.confirm(token), 410)["title"] == "Withdrawn"


def test_it_expires_after_seven_days(readers: SubscriberService) -> None:
    number, token = signed_up(readers)
    readers.pass_by(days=7)
    problem(readers.confirm(token), 410)
    assert readers.client.get(f"/subscribe/confirm/{token}").status_code == 410
    assert readers.states(number) == ["pending"]


def test_a_token_of_another_purpose_is_refused(readers: SubscriberService) -> None:
    number, token = signed_up(readers)
    problem(readers.confirm(readers.manage_token(number)), 404)
    assert readers.me(token).status_code == 401
    assert readers.client.get(readers.unsubscribe_path(1).rpartition("/")[0] + f"/{token}").status_code == 404


def test_a_token_with_one_changed_bit_is_refused(readers: SubscriberService) -> None:
    number, token = signed_up(readers)
    for place in range(len(token)):
        other = "".join((token[:place], chr(ord(token[place]) ^ 1), token[place + 1 :]))
        assert readers.confirm(other).status_code in (404, 422), place
    assert readers.states(number) == ["pending"]


def test_two_at_once_are_one_event(readers: SubscriberService) -> None:
    number, token = signed_up(readers)

    def confirm(_: int) -> None:
        with readers.write() as session:
            statement = readers.context.statement("a test")
            confirmation.confirm_signup(readers.context, session, token, statement, now=readers.now)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(confirm, range(8)))
    assert readers.events(number) == ["requested", "confirmed"]
    assert readers.work() == [job_requests.WELCOME]


def test_a_link_confirms_its_own_sign_up_only(readers: SubscriberService) -> None:
    """A stranger may have asked for something as well."""
    number, token = signed_up(readers)
    readers.pass_by(days=1)
    readers.sign_up(presets=["events"])
    readers.work()
    readers.confirm(token)
    assert readers.states(number) == ["active", "pending"]


def test_repeated_sign_ups_need_one_confirmation(readers: SubscriberService) -> None:
    """The mail seemed lost, so they asked again, and then both mails came: either link says yes, once."""
    number, first = signed_up(readers)
    readers.pass_by(days=1)
    readers.sign_up(presets=["videos"])
    readers.work()
    second = readers.confirmation()
    readers.confirm(second)
    assert readers.states(number) == ["active"]
    assert "You are subscribed" in readers.client.get(f"/subscribe/confirm/{first}").text
    assert readers.confirm(first).status_code == 200
    assert readers.states(number) == ["active"]
    assert readers.events(number).count("confirmed") == 1


def test_an_ended_subscription_is_not_listed_as_confirmed(readers: SubscriberService) -> None:
    """They asked twice, confirmed one, and left for good: the other link must not thank them."""
    number, first = signed_up(readers)
    readers.pass_by(hours=2)
    readers.sign_up(presets=["events"])
    readers.work()
    readers.confirm(readers.confirmation())
    (kept,) = (row for row in readers.subscriptions(number) if row.state == "active")
    readers.client.request("POST", readers.unsubscribe_path(kept.id))
    assert readers.states(number) == ["ended"]
    assert readers.client.get(f"/subscribe/confirm/{first}").status_code == 410
    assert "was cancelled" in readers.post_form(f"/subscribe/confirm/{first}", []).text
    problem(readers.confirm(first), 410)
    assert readers.states(number) == ["ended"]


def test_confirming_again_revives_the_old_subscription(readers: SubscriberService) -> None:
    """So that the links in old mails still end it."""
    number = readers.subscribed(presets=["videos"])
    (row,) = readers.subscriptions(number)
    readers.client.request("POST", readers.unsubscribe_path(row.id))
    assert readers.subscribed(presets=["videos"], frequency="daily") == number
    (again,) = readers.subscriptions(number)
    assert (again.id, again.state, again.frequency) == (row.id, "active", "daily")
    readers.client.request("POST", readers.unsubscribe_path(row.id))
    assert readers.states(number) == ["ended"]


def test_a_suppressed_address_cannot_confirm(readers: SubscriberService) -> None:
    number, token = signed_up(readers)
    with readers.write() as session:
        suppression.suppress(
            session, readers.context.signing_keys, ADDRESS, SuppressionReason.complaint, now=readers.now
        )
    problem(readers.confirm(token), 410)
    assert readers.states(number) == ["pending"]


def test_the_database_has_the_hash_of_a_token(readers: SubscriberService) -> None:
    number, token = signed_up(readers)
    with readers.read() as session:
        row = tokens.find(session, Purpose.confirm, token)
        assert row is not None
        assert row.digest not in token
        assert token.split("_")[2] not in repr(vars(row))
        assert row.expires_at - readers.now == timedelta(days=7)
    assert number == row.subscriber_id
