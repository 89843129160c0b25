"""Webhooks: signed messages that tell a partner's server what changed, and go on where they stopped."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from http.server import HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import update

from app.catalogue.registry import BY_NAME
from app.jobs.models import PeriodicRow
from app.kit.clock import utc_now
from tests.client import problem
from tests.factories import NOW, change, make_publication, withdraw
from tests.waiting import wait_until
from tests.webhooks.receiver import Receiver, receiving
from tests.webhooks.webhook_service import OWNER, PATH, WebhookService

PUBLICATION, TERM = BY_NAME["publication"], BY_NAME["term"]
ABOUT_ETHICS = {"collection": "publications", "filters": {"topic": ["ethics"]}}
GUIDE = Path(__file__).parents[2] / "docs" / "webhooks.md"
LATER = NOW + timedelta(days=1)


@pytest.fixture
def kb(database: str) -> Iterator[WebhookService]:
    with closing(WebhookService(database)) as found:
        yield found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def publish(kb: WebhookService, *slugs: str, topic: str = "consent") -> None:
    with kb.write() as session:
        for slug in slugs:
            make_publication(session, slug=slug, terms={"format": ["book"], "topic": [topic]})


def in_short(lines: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(each["change"], each.get("slug")) for each in lines]


def test_a_partner_is_sent_what_it_would_read_from_the_changes(kb: WebhookService, receiver: Receiver) -> None:
    publish(kb, "before")
    webhook = kb.add(receiver)
    since = webhook["revision"]
    publish(kb, "one", "two")
    kb.work()
    with kb.write() as session:
        withdraw(session, PUBLICATION, "one", now=LATER)
        change(session, PUBLICATION, "two", title="Another title", now=LATER)
    kb.work()
    first, second = receiver.messages
    assert in_short(first["data"]["results"]) == [("created", "one"), ("created", "two")]
    assert second["data"]["results"] == kb.client.json(f"/v1/changes?since={first['data']['next']}")["results"]
    assert in_short(second["data"]["results"]) == [("withdrawn", "one"), ("updated", "two")]
    assert second["data"]["since"] == first["data"]["next"], "a receiver sees whether one is missing"
    assert kb.client.json(f"/v1/changes?since={second['data']['next']}")["results"] == []
    kb.work()
    assert len(receiver.messages) == 2
    assert kb.shown(webhook)["revision"] > since
    assert [(each["state"], each["changes"], each["reply"]) for each in kb.deliveries(webhook)] == [
        ("sent", 2, "HTTP 204"),
        ("sent", 2, "HTTP 204"),
    ]


@pytest.mark.one_engine
def test_where_the_process_that_publishes_also_works_nobody_waits_for_the_next_look(
    kb: WebhookService, receiver: Receiver
) -> None:
    kb.add(receiver)
    with kb.write() as session:
        session.execute(update(PeriodicRow).values(next_run=utc_now() + timedelta(days=1)))
    kb.worker.start()
    try:
        publish(kb, "one")
        wait_until(lambda: in_short(receiver.lines) == [("created", "one")])
    finally:
        assert kb.worker.stop(60)


def test_with_a_query_what_does_not_match_any_more_has_left(kb: WebhookService, receiver: Receiver) -> None:
    kb.add(receiver, query=ABOUT_ETHICS, documents=True)
    publish(kb, "one")
    kb.work()
    (line,) = receiver.lines
    assert line["document"]["id"] == kb.client.json("/v1/publications/one")["id"]
    with kb.write() as session:
        change(session, PUBLICATION, "one", terms={"format": ["book"], "topic": ["trust"]}, now=LATER)
    kb.work()
    assert receiver.lines[1:] == [
        {"change": "left", **{name: receiver.lines[1][name] for name in ("id", "revision", "at")}}
    ]
    assert receiver.lines[1]["id"] == line["id"]
    with kb.write() as session:
        change(session, TERM, "trust", scheme="topic", label="Confidence", now=LATER)
    before = len(receiver.seen)
    kb.work()
    assert {line["change"] for line in receiver.lines[2:]} == {"left"}, "the term itself is not told of"
    assert len(receiver.seen) == before + 1


def test_a_message_that_fails_is_tried_again_for_a_day_and_nothing_is_lost(
    kb: WebhookService, receiver: Receiver
) -> None:
    webhook = kb.add(receiver)
    publish(kb, "one")
    receiver.answers = [(500, {}), (429, {"Retry-After": "600"})]
    kb.work()
    assert kb.deliveries(webhook)[0]["state"] == "deferred"
    kb.work(seconds=5)  # to which is added what the test itself takes
    assert len(receiver.seen) == 1
    kb.work(seconds=25)
    publish(kb, "two")
    kb.work(minutes=9)
    assert len(receiver.seen) == 2, "the receiver asked for ten minutes"
    kb.work(minutes=2)
    assert in_short(receiver.lines) == [("created", "one"), ("created", "two")]
    assert len({each["webhook-id"] for each in receiver.seen[:3]}) == 1, "each try has the same id"
    assert [each["tries"] for each in kb.deliveries(webhook)] == [1, 3]
    assert kb.shown(webhook)["failing_since"] is None


def test_after_a_day_of_failures_it_is_paused_and_its_owner_gets_a_mail(kb: WebhookService, receiver: Receiver) -> None:
    webhook = kb.add(receiver)
    publish(kb, "one")
    receiver.answers = [(503, {})] * 100
    kb.work()
    for _ in range(14):
        kb.work(hours=6)
    assert len(receiver.seen) == 14
    shown = kb.shown(webhook)
    assert (shown["state"], shown["pause_reason"]) == ("paused", "failed")
    (mail,) = kb.mails
    assert mail["To"] == OWNER
    assert "HTTP 503" in str(mail)
    receiver.answers = []
    publish(kb, "two")
    kb.work()
    assert receiver.messages == []
    kb.change(webhook, state="active")
    kb.work()
    assert in_short(receiver.lines) == [("created", "one"), ("created", "two")]


@pytest.mark.one_engine
def test_a_receiver_that_is_gone_is_asked_no_more(kb: WebhookService, receiver: Receiver) -> None:
    webhook = kb.add(receiver)
    publish(kb, "one")
    receiver.answers = [(410, {})]
    kb.work()
    assert kb.shown(webhook)["pause_reason"] == "gone"
    assert kb.deliveries(webhook)[0]["state"] == "refused"
    kb.work(days=3)
    assert len(receiver.seen) == 1
    assert len(kb.mails) == 1


@pytest.mark.one_engine
def test_during_the_overlap_both_secrets_are_good(kb: WebhookService, receiver: Receiver) -> None:
    webhook = kb.add(receiver)
    first = receiver.secrets[0]
    path = f"{PATH}/{webhook['id']}/secret"
    body = {"overlap_hours": 1}
    rotated = kb.staff.request_json("POST", path, 201, json=body, headers={"Idempotency-Key": "once"})
    assert rotated["secret"] not in (None, first)
    again = kb.staff.request_json("POST", path, 201, json=body, headers={"Idempotency-Key": "once"})
    assert again["secret"] is None, "it is shown once"
    assert kb.shown(webhook)["secret"] is None
    for secret in (first, rotated["secret"]):
        receiver.secrets = [secret]
        publish(kb, f"with-{'a-former' if secret == first else 'the-new'}-secret")
        kb.work()
    assert len(receiver.messages) == 2
    publish(kb, "after")
    kb.work(hours=2)
    assert len(receiver.messages) == 3
    assert " " not in receiver.seen[-1]["webhook-signature"], "signed with the new one alone"


@pytest.mark.one_engine
def test_changes_during_a_pause_are_sent_in_another_message_once_it_ends(
    kb: WebhookService, receiver: Receiver
) -> None:
    webhook = kb.add(receiver)
    publish(kb, "one")
    receiver.answers = [(500, {})]
    kb.work()
    kb.change(webhook, state="paused")
    kb.work(days=1)
    assert [each["state"] for each in kb.deliveries(webhook)] == ["cancelled"]
    kb.change(webhook, state="active")
    kb.work()
    assert in_short(receiver.lines) == [("created", "one")]
    assert [each["state"] for each in kb.deliveries(webhook)] == ["sent", "cancelled"]


@pytest.mark.one_engine
def test_a_ping_is_sent_at_once_and_listed_in_the_deliveries(kb: WebhookService, receiver: Receiver) -> None:
    webhook = kb.add(receiver)
    kb.change(webhook, state="paused")
    kb.staff.request_json("POST", f"{PATH}/{webhook['id']}/ping", 202)
    kb.work()
    assert [each["type"] for each in receiver.messages] == ["ping"]
    receiver.answers = [(500, {})]
    kb.staff.request_json("POST", f"{PATH}/{webhook['id']}/ping", 202)
    kb.work()
    kb.work(days=1)
    assert [(each["type"], each["state"]) for each in kb.deliveries(webhook)] == [("ping", "failed"), ("ping", "sent")]
    assert kb.shown(webhook)["pause_reason"] == "asked"


def test_changes_are_sent_again_as_they_are_now(kb: WebhookService, receiver: Receiver) -> None:
    webhook = kb.add(receiver)
    publish(kb, "one")
    kb.work()
    with kb.write() as session:
        change(session, PUBLICATION, "one", title="Another title", now=LATER)
    kb.work()
    path = f"{PATH}/{webhook['id']}/replay"
    kb.staff.request_json("POST", path, json={"since": webhook["revision"]})
    kb.work()
    assert in_short(receiver.lines) == [("created", "one"), ("updated", "one"), ("created", "one")]
    assert len({each["webhook-id"] for each in receiver.seen}) == 3, "receivers that know the former ones take it"
    assert problem(kb.staff("POST", path, json={"since": 2**30}), 422)["errors"][0]["pointer"] == "/since"


def test_many_changes_are_sent_page_by_page_each_once_and_without_a_gap(kb: WebhookService, receiver: Receiver) -> None:
    webhook = kb.add(receiver)
    publish(kb, *(f"number-{number}" for number in range(205)))
    receiver.answers = [(500, {})]
    kb.work()
    publish(kb, "number-last")
    kb.work(seconds=31)
    slugs = [line["slug"] for line in receiver.lines if line["kind"] == "publication"]
    assert len(slugs) == len(set(slugs)) == 206
    assert receiver.seen[0]["webhook-id"] == receiver.seen[1]["webhook-id"]
    following = [each["data"]["next"] for each in receiver.messages]
    assert [each["data"]["since"] for each in receiver.messages][1:] == following[:-1]
    assert kb.shown(webhook)["revision"] == kb.client.json("/v1")["revision"]


@pytest.mark.one_engine
def test_the_receiver_in_the_documentation_verifies_what_is_sent(
    kb: WebhookService, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[0]
    names: dict[str, Any] = {}
    exec(code.rpartition("\n\n")[0], names)  # without the line that serves for ever
    with HTTPServer(("127.0.0.1", 0), names["Receiver"]) as server:
        webhook = kb.add(Receiver(port=server.server_address[1]))
        publish(kb, "one")
        monkeypatch.setenv("SECRET", webhook["secret"])
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        kb.work()
        monkeypatch.setenv("SECRET", "whsec_" + "A" * 44)
        publish(kb, "two")
        kb.work()
        server.shutdown()
        thread.join()
    assert capsys.readouterr().out.splitlines() == [f"created {kb.client.json('/v1/publications/one')['id']}"]
    assert [each["reply"] for each in kb.deliveries(webhook)] == ["HTTP 401", "HTTP 204"]


@pytest.mark.one_engine
def test_an_address_that_nothing_is_sent_to_is_refused(kb: WebhookService) -> None:
    forbidden = (
        "ftp://partner.test/",
        "http://me:secret@partner.test/",
        "http://partner.test:22/",
        "http://2130706433/",
        *(
            "http://10.1.2.3/",
            "http://[::1]/",
            "http://169.254.169.254/latest",
            "http://localhost/",
            "http://a.localhost./",
        ),
    )
    for url in forbidden:
        body = {"name": "Partner", "url": url, "owner": OWNER}
        assert problem(kb.staff("POST", PATH, json=body), 422)["errors"][0]["pointer"] == "/url"


@pytest.mark.one_engine
def test_nothing_is_sent_into_our_own_network_nor_where_a_receiver_redirects(
    kb: WebhookService, receiver: Receiver
) -> None:
    inside = kb.add(receiver, url=receiver.url.replace("partner.test", "inside.test"))
    outside = kb.add(receiver)
    publish(kb, "one")
    receiver.answers = [(302, {"Location": receiver.url})]
    kb.work()
    assert len(receiver.seen) == 1
    assert kb.deliveries(inside)[0]["reply"] == "The address of the server is not public."[:40]
    assert kb.deliveries(outside)[0]["reply"] == "HTTP 302"


@pytest.mark.one_engine
def test_who_may_not_manage_webhooks_sees_none_and_a_deleted_one_takes_its_deliveries_along(
    kb: WebhookService, receiver: Receiver
) -> None:
    webhook = kb.add(receiver)
    publish(kb, "one")
    receiver.answers = [(500, {})]
    kb.work()
    address = f"{PATH}/{webhook['id']}"
    shown = kb.staff("GET", address)
    assert [shown.json()] == kb.staff.request_json("GET", PATH)["results"]
    assert (shown.headers["etag"], "secret" in webhook, shown.json()["secret"]) == ('"1"', True, None)
    problem(kb.staff("GET", f"{PATH}/99"), 404)
    problem(kb.staff("DELETE", f"{address}?confirm=Somebody"), 400)
    problem(kb.staff("PATCH", address, json={"name": "Other", "version": 7}), 412)
    assert kb.staff("DELETE", f"{address}?confirm=partner").status_code == 204
    kb.work(days=1)
    assert len(receiver.seen) == 1
    problem(kb.staff("GET", f"{address}/deliveries"), 404)
