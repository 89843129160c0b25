"""Who wants never to hear from us says so by the link of the first mail, and no stranger can undo it."""

import re
from pathlib import Path

import pytest

from app.mailing.consent import suppression
from app.mailing.content.links import NEVER_AGAIN, Refusal, never_again_url
from app.mailing.models import SuppressionReason
from app.mailing.subscriptions import job_requests
from tests.mailing.mail_service import mail_service, text_of
from tests.mailing.subscriber_service import ADDRESS, SubscriberService


def refusal_path(readers: SubscriberService, number: int) -> str:
    """As the mail has it."""
    signing_keys = readers.context.signing_keys
    refusal = Refusal(number, *suppression.signed(signing_keys, ADDRESS))
    return never_again_url("", signing_keys, refusal)


def unconfirmed(readers: SubscriberService) -> int:
    """The number of somebody who was just asked for a yes."""
    readers.sign_up()
    readers.work()
    return int(readers.mailed[-1][1]["subscriber"])


def reasons(readers: SubscriberService) -> list[SuppressionReason]:
    with readers.read() as session:
        return suppression.reasons(session, readers.context.signing_keys, ADDRESS)


def test_the_mail_has_the_link(database: str, tmp_path: Path) -> None:
    with mail_service(database, tmp_path) as context:
        number = context.reader("reader@x.test", state="pending")
        context.subscribe(number, "publications?topic=ethics", state="pending", sign_up=7)
        context.ask(job_requests.confirmation(number, 7))
        context.drain()
        (mail,) = context.mails
        assert re.search(
            rf"https://kb.test{NEVER_AGAIN}[0-9a-f]{{8}}-{number}-[0-9a-f]{{64}}-[0-9a-f]{{32}}", text_of(mail)
        )


def test_looking_at_it_does_nothing_however_often(readers: SubscriberService) -> None:
    path = refusal_path(readers, unconfirmed(readers))
    before = readers.contents()
    for _ in range(20):
        page = readers.client.get(path)
        assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
        assert "<form" in page.text
    assert readers.contents() == before


def test_no_sign_up_and_no_link_is_ever_mailed_again(readers: SubscriberService) -> None:
    """The answers stay what they were; done twice, it is the same."""
    number = unconfirmed(readers)
    before = readers.sign_up("other@example.org")
    readers.work()
    for _ in range(2):
        answer = readers.client.request("POST", refusal_path(readers, number))
        assert answer.status_code == 200
        assert "You will not hear from us again" in answer.text
    assert (reasons(readers), readers.states(number)) == ([SuppressionReason.never_again], [])
    assert readers.events(number).count("withdrawn") == 1
    for days in (0, 1, 8, 40):
        readers.pass_by(days=days)
        readers.forget()
        assert readers.sign_up().content == before.content
        readers.client.request("POST", "/v1/subscriptions/manage-links", json={"address": ADDRESS})
        assert readers.work() == []


def test_the_link_works_after_the_address_was_deleted(readers: SubscriberService) -> None:
    path = refusal_path(readers, unconfirmed(readers))
    readers.context.signing_keys.rotate()
    readers.pass_by(days=400)
    readers.forget()
    assert readers.client.request("POST", path).status_code == 200
    readers.sign_up()
    assert readers.work() == []


def test_a_subscriber_who_suppresses_the_address_gets_nothing_more(readers: SubscriberService) -> None:
    number = readers.subscribed(presets=["events"])
    readers.client.request("POST", refusal_path(readers, number))
    assert readers.states(number) == ["ended"]
    assert reasons(readers) == [SuppressionReason.never_again]


def test_staff_end_it_on_demand(readers: SubscriberService) -> None:
    number = unconfirmed(readers)
    readers.client.request("POST", refusal_path(readers, number))
    with readers.write() as session:
        suppression.lift(session, readers.context.signing_keys, ADDRESS, [SuppressionReason.never_again])
    readers.pass_by(days=8)
    readers.forget()
    readers.subscribed()


@pytest.mark.parametrize("change", ["number", "digest", "signature", "nothing"])
def test_a_forged_suppression_link_does_nothing(readers: SubscriberService, change: str) -> None:
    key_id, number, digest, signature = refusal_path(readers, unconfirmed(readers)).removeprefix(NEVER_AGAIN).split("-")
    parts = {"number": str(int(number) + 1), "digest": "0" * 64, "signature": "0" * 32}
    own = {"number": number, "digest": digest, "signature": signature} | {change: parts.get(change, "")}
    token = "" if change == "nothing" else f"{key_id}-{own['number']}-{own['digest']}-{own['signature']}"
    for method in ("GET", "POST"):
        answer = readers.client.request(method, f"{NEVER_AGAIN}{token}")
        assert answer.status_code == 404
    assert reasons(readers) == []
