"""Each limit holds at its number and one beyond, over a restart too; and only that of the sender shows."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.jobs.queue import enqueue
from app.mailing.consent import suppression
from app.mailing.models import SignupRow, SuppressionReason
from app.mailing.subscriptions import job_requests
from tests.client import problem
from tests.mailing.subscriber_service import ADDRESS, SubscriberService


def test_five_an_hour_and_twenty_a_day_from_one_place(readers: SubscriberService) -> None:
    statuses = []
    for hour in range(4):
        statuses += [readers.sign_up(f"reader{hour}-{turn}@example.org").status_code for turn in range(6)]
        readers.pass_by(hours=1)
    assert statuses == [202, 202, 202, 202, 202, 429] * 4
    refused = readers.sign_up("another@example.org")
    assert problem(refused, 429)["title"] == "Too many requests"
    wait = refused.headers["retry-after"]
    assert 0 < int(wait) <= 86400
    headers = refused.headers["ratelimit-policy"], refused.headers["ratelimit"]
    assert headers == ('"sign-ups";q=20;w=86400', f'"sign-ups";r=0;t={wait}')


def test_the_count_is_kept_over_a_restart(database: str, tmp_path: Path) -> None:
    for expected in (202, 202, 202, 202, 202, 429):
        with closing(SubscriberService(database, tmp_path / "secrets")) as readers:
            assert readers.sign_up().status_code == expected


def test_behind_a_proxy_each_reader_has_a_limit_of_their_own(database: str, tmp_path: Path) -> None:
    """The client of the tests connects from 127.0.0.1; without the setting, what it says of others is not believed."""
    for proxies, refused in ((["127.0.0.0/8"], False), ([], True)):
        with closing(SubscriberService(database, tmp_path / "secrets", trusted_proxies=proxies)) as readers:
            statuses = [
                readers.post_form(
                    "/v1/subscriptions",
                    [("address", f"reader{number}@example.org")],
                    **{"X-Forwarded-For": f"203.0.113.9, 198.51.100.{number}"},
                ).status_code
                for number in range(6)
            ]
        assert (429 in statuses) is refused


def test_a_form_over_the_limit_gets_a_page_with_the_time_to_wait(readers: SubscriberService) -> None:
    for _ in range(5):
        readers.sign_up()
    refused = readers.post_form("/v1/subscriptions", [("address", "reader@example.org")])
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "3600"
    assert refused.headers["ratelimit-policy"] == '"sign-ups";q=5;w=3600'


def test_one_address_in_ten_minutes_and_three_a_day(readers: SubscriberService) -> None:
    """However it is spelt; the answer is the same, and nothing is sent."""
    mails = []
    for address in ("reader@example.org", "Rea.der+x@example.org"):
        assert readers.sign_up(address).status_code == 202
        mails.append(readers.work())
    readers.pass_by(minutes=10)
    for number in range(3):
        readers.sign_up(f"r.eader+{number}@EXAMPLE.org")
        mails.append(readers.work())
        readers.pass_by(minutes=30)
    assert mails == [[job_requests.CONFIRMATION], [], [job_requests.CONFIRMATION], [job_requests.CONFIRMATION], []]


def test_an_unconfirmed_address_is_asked_at_most_twice_a_day_apart(
    readers: SubscriberService,
) -> None:
    """By whatever a stranger sends; and again once what was asked is forgotten."""
    count_sent = {0: 1, 4: 0, 23: 0, 24: 1, 25: 0, 48: 0, 167: 0, 168: 1, 169: 0, 192: 1, 193: 0}
    found, start = {}, readers.now
    for hour in count_sent:
        readers.pass_by(seconds=(start + timedelta(hours=hour) - readers.now).total_seconds())
        readers.forget()
        readers.sign_up()
        mails = readers.work()
        readers.client.request("POST", "/v1/subscriptions/manage-links", json={"address": ADDRESS})
        found[hour] = len(mails + readers.work())
    assert found == count_sent


def test_an_unsubscribed_address_is_asked_no_more_often(readers: SubscriberService) -> None:
    number = readers.subscribed()
    readers.client.request(
        "POST", readers.unsubscribe_path(readers.subscriptions(number)[0].id), json={"do": "end_all"}
    )
    mails = []
    for _ in range(14):
        readers.pass_by(hours=12)
        readers.forget()
        readers.sign_up()
        mails += readers.work()
    assert mails == [job_requests.CONFIRMATION] * 2


def test_new_addresses_do_not_use_up_the_budget_of_subscribers(database: str, tmp_path: Path) -> None:
    """Neither the mails of the whole service, nor those of a domain, nor those of the address."""
    with closing(SubscriberService(database, tmp_path / "secrets", signup_mails_per_hour=3)) as readers:
        readers.subscribed(presets=["events"])
        readers.pass_by(hours=2)
        assert count_sent(readers, *(f"a{number}@example.org" for number in range(5))) == 3
        assert count_sent(readers, "read.er@example.org", "reader+1@example.org") == 0
        readers.client.request("POST", "/v1/subscriptions/manage-links", json={"address": ADDRESS})
        assert readers.work() == [job_requests.MANAGE]


def test_only_what_is_sent_counts(database: str, tmp_path: Path) -> None:
    """Wishes for one address, for blocked ones, and links that nobody is sent, leave the others their mails."""
    with closing(SubscriberService(database, tmp_path / "secrets", signup_mails_per_hour=2)) as readers:
        with readers.write() as session:
            suppression.suppress(
                session, readers.context.signing_keys, "no@x.example", SuppressionReason.manual, now=readers.now
            )
        assert count_sent(readers, "a@x.example", *["a@x.example", "no@x.example"] * 5) == 1
        readers.client.request("POST", "/v1/subscriptions/manage-links", json={"address": "nobody@x.example"})
        assert readers.work() == []
        assert count_sent(readers, "b@x.example", "c@x.example") == 1


def test_the_counts_of_an_address_and_of_the_service_are_kept_over_a_restart(database: str, tmp_path: Path) -> None:
    own: dict[str, Any] = {"secrets": tmp_path / "secrets", "signup_mails_per_hour": 2}
    mails = []
    for address in ("a@x.example", "A+1@x.example", "b@x.example", "c@x.example"):
        with closing(SubscriberService(database, **own)) as readers:
            mails.append(count_sent(readers, address))
    assert mails == [1, 0, 1, 0]
    with closing(SubscriberService(database, **own)) as readers:
        readers.pass_by(hours=1)
        assert count_sent(readers, "c@x.example") == 1


def test_a_hundred_an_hour_to_one_domain_over_a_restart(database: str, tmp_path: Path) -> None:
    """However the domain is written; others are not touched by it."""
    own: dict[str, Any] = {"secrets": tmp_path / "secrets", "signup_mails_per_hour": 1_000}
    with closing(SubscriberService(database, **own)) as readers:
        assert count_sent(readers, *(f"reader{number}@xn--bcher-kva.example" for number in range(98))) == 98
    with closing(SubscriberService(database, **own)) as readers:
        readers.pass_by(minutes=59)
        assert count_sent(readers, "a@xn--bcher-kva.example", "b@BÜCHER.example", "c@xn--bcher-kva.example") == 2
        assert count_sent(readers, "a@example.org") == 1
        readers.pass_by(minutes=1)
        assert count_sent(readers, "d@xn--bcher-kva.example") == 1


def count_sent(readers: SubscriberService, *addresses: str) -> int:
    """How many of them are sent something, each from a place of its own."""
    for address in addresses:
        with readers.write() as session:
            row = SignupRow(
                address=address,
                queries=[{"collection": "events", "where": None, "q": None, "sort": ["-start", "title"]}],
                frequency="daily",
                language="en",
                form="api",
                trapped=False,
                at=readers.now,
            )
            session.add(row)
            session.flush()
            enqueue(session, job_requests.sign_up(row.id), now=readers.now)
    return len(readers.work())


def test_the_whole_service_has_a_budget(database: str, tmp_path: Path) -> None:
    with closing(SubscriberService(database, tmp_path / "secrets", signup_mails_per_hour=2)) as readers:
        for number in range(3):
            readers.sign_up(f"reader@site{number}.example.org")
        assert readers.work() == [job_requests.CONFIRMATION] * 2
        readers.pass_by(hours=1)
        readers.sign_up("reader@site9.example.org")
        assert readers.work() == [job_requests.CONFIRMATION]


def test_a_filled_honeypot_uses_up_no_budget(readers: SubscriberService) -> None:
    readers.sign_up(website="https://spam.example")
    readers.sign_up()
    assert readers.work() == [job_requests.CONFIRMATION]
