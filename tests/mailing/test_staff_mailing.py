"""What staff do and see: updates from draft to delivery, digests as they would be, who got what, tests of mails."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.mailing.models import SubscriptionRow
from app.staff.auth.context import StaffContext
from app.staff.workflow.publishing_effects import IN_MAILS
from tests.api_keys import ApiKeyClient, api_key_client
from tests.client import problem
from tests.corpus import Corpus
from tests.mailing.mail_service import MailService, mail_service
from tests.staff.editing import ONE, make, step

UPDATES = "/v1/staff/mailing/updates"
DELIVERIES = "/v1/staff/mailing/deliveries"
DIGESTS = "/v1/staff/mailing/digests"


@dataclass
class Desk:
    """The service and the post room of one database."""

    kb: Corpus
    context: MailService
    staff: ApiKeyClient

    def work(self) -> None:
        self.context.drain()


@pytest.fixture
def desk(database: str, tmp_path: Path) -> Iterator[Desk]:
    own = {"secret_file": str(tmp_path / "secrets"), "contact": "team@example.org"}
    with mail_service(database, tmp_path) as context, closing(Corpus(database, **own)) as kb:
        context.now = kb.service.services[StaffContext].clock()
        context.later()
        yield Desk(kb, context, api_key_client(kb))


def test_an_update_from_draft_to_delivery(desk: Desk) -> None:
    desk.context.reader("a@x.test", "entries")
    made = desk.staff.request_json("POST", UPDATES, 201, json={"subject": "Hello", "body": "*All* of you."})
    assert (made["state"], made["version"], made["audience"], made["deliveries"]) == ("draft", 1, "Everybody", {})
    here = f"{UPDATES}/{made['id']}"
    changed = desk.staff.request_json("PATCH", here, json={"subject": "Hello!", "version": 1})
    assert (changed["subject"], changed["version"]) == ("Hello!", 2)
    problem(desk.staff("PATCH", here, json={"subject": "Again", "version": 1}), 412)
    problem(desk.staff("PATCH", here, json={"subject": "Again"}), 428)
    shown = desk.staff.request_json("GET", f"{here}/preview")
    assert shown["subject"] == "Hello!"
    assert "<em>All</em> of you." in shown["html"]
    checked = desk.staff.request_json("POST", f"{here}/start", params={"dry_run": "true"})
    assert checked["effects"] == ["1 subscriber will get it. A mail cannot be called back."]
    problem(desk.staff("POST", f"{here}/start", json={"confirm": "Another"}), 422)
    assert desk.staff.request_json("POST", f"{here}/start", json={"confirm": "Hello!"})["state"] == "scheduled"
    desk.work()
    update = desk.staff.request_json("GET", here)
    assert (update["state"], update["deliveries"], update["sent_by"]) == ("sent", {"sent": 1}, desk.staff.name)
    (mail,) = desk.context.take()
    assert mail["Subject"] == "Hello!"
    (delivery,) = desk.staff.request_json("GET", update["links"]["deliveries"])["results"]
    assert (delivery["address"], delivery["state"], delivery["tries"]) == ("a@x.test", "sent", 1)
    problem(desk.staff("DELETE", here), 409)


def test_scheduled_updates_are_shown_to_those_who_may_see_mail(desk: Desk) -> None:
    for subject, day in (("Second", "2099-02-01"), ("First", "2099-01-31"), ("Taken back", "2099-01-01")):
        made = desk.staff.request_json("POST", UPDATES, 201, json={"subject": subject, "body": "B"})
        desk.staff.request_json("POST", f"{UPDATES}/{made['id']}/start", json={"send_at": f"{day}T09:00:00Z"})
    desk.staff.request_json("POST", f"{UPDATES}/{made['id']}/cancel")
    updates = desk.staff.request_json("GET", "/v1/staff")["updates"]
    assert [(each["subject"], each["send_at"]) for each in updates] == [
        ("First", "2099-01-31T09:00:00Z"),
        ("Second", "2099-02-01T09:00:00Z"),
    ]
    assert api_key_client(desk.kb, "entries:read").request_json("GET", "/v1/staff")["updates"] == []


def test_an_audience_is_a_query_and_a_wrong_one_is_refused(desk: Desk) -> None:
    audience: dict[str, Any] = {"filters": {"topic": ["ethics"]}}
    made = desk.staff.request_json("POST", UPDATES, 201, json={"subject": "A", "body": "B", "audience": audience})
    assert made["audience"] == "Entries with topic Ethics"
    audience["filters"]["topic"] = ["nothing"]
    problem(desk.staff("POST", UPDATES, json={"subject": "A", "body": "B", "audience": audience}), 400)
    desk.staff.request_json("DELETE", f"{UPDATES}/{made['id']}", 204)
    problem(desk.staff("GET", f"{UPDATES}/{made['id']}"), 404)


def test_a_test_goes_to_one_address_which_is_then_forgotten(desk: Desk) -> None:
    desk.context.reader("a@x.test", "entries")
    desk.context.publish("one")
    made = desk.staff.request_json("POST", UPDATES, 201, json={"subject": "Hello", "body": "B"})
    desk.staff.request_json("POST", f"{UPDATES}/{made['id']}/test", 202, json={"address": "me@example.org"})
    desk.staff.request_json(
        "POST", f"{DIGESTS}/test", 202, json={"collection": "publications", "address": "me@example.org"}
    )
    desk.work()
    mails = desk.context.take()
    assert [(mail["To"], mail["Subject"]) for mail in mails] == [
        ("me@example.org", "Hello"),
        ("me@example.org", "New: About one"),
    ]
    assert [row.subscriber_id for row in desk.context.deliveries()] == [None, None]
    with desk.context.sessions.read() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM mail_test").scalar_one() == 0


def test_a_digest_is_shown_before_anybody_gets_one(desk: Desk) -> None:
    desk.context.publish("one", terms={"format": ["book"], "topic": ["ethics"]})
    shown = desk.staff.request_json("POST", f"{DIGESTS}/preview", json={"filters": {"topic": ["ethics"]}})
    assert "About one" in shown["text"]
    assert "You get this because you follow: Entries with topic Ethics" in shown["text"]
    problem(desk.staff("POST", f"{DIGESTS}/preview", json={"filters": {"topic": ["trust"]}}), 422)
    assert desk.context.deliveries() == []


def test_runs_and_their_deliveries_are_listed(desk: Desk) -> None:
    for name in "ab":
        desk.context.reader(f"{name}@x.test", "entries")
    desk.context.publish("one")
    desk.context.later(days=1)
    runs = desk.staff.request_json("GET", DIGESTS)["results"]
    (run,) = [each for each in runs if each["deliveries"]]
    assert (run["frequency"], run["deliveries"]) == ("daily", 2)
    assert run["finished_at"] is not None
    page = desk.staff.request_json("GET", f"{DELIVERIES}?digest={run['id']}&per_page=1")
    assert page["meta"]["count"] == 2
    assert page["results"][0]["entries"] == 1
    assert desk.staff.request_json("GET", page["links"]["next"])["results"][0]["id"] != page["results"][0]["id"]
    assert desk.staff.request_json("GET", f"{DELIVERIES}?state=refused")["results"] == []


def test_a_subscription_to_a_deleted_term_is_listed(desk: Desk) -> None:
    reader = desk.context.reader("a@x.test")
    number = desk.context.subscribe(reader, "entries?topic=trust")
    with desk.context.sessions.write() as session:
        row = session.get_one(SubscriptionRow, number)
        row.query = {**row.query, "where": {"field": "topic", "op": "any", "value": "never-was"}}
    assert desk.staff.request_json("GET", "/v1/staff")["awaiting"]["paused_subscriptions"] == 0
    desk.context.publish("one")
    desk.context.later(days=1)
    assert desk.staff.request_json("GET", "/v1/staff")["awaiting"]["paused_subscriptions"] == 1
    (shown,) = desk.staff.request_json("GET", "/v1/staff/mailing/paused")["results"]
    assert (shown["id"], shown["subscriber"], shown["faults"]) == (number, reader, ["This is not a known term."])
    others = api_key_client(desk.kb, "mailing:write")
    assert "paused_subscriptions" not in others.request_json("GET", "/v1/staff")["awaiting"]
    problem(others("GET", "/v1/staff/mailing/paused"), 403)


def test_subscribers_are_counted_and_nobody_is_named(desk: Desk) -> None:
    desk.context.reader("a@x.test", "entries", "publications?topic=ethics")
    desk.context.reader("b@x.test", "entries", frequency="weekly")
    desk.context.reader("c@x.test", "entries", state="unsubscribed")
    answer = desk.staff("GET", "/v1/staff/subscribers/counts")
    counted = answer.json()
    assert counted["counts"] == {"active": 2, "unsubscribed": 1}
    assert [(each["subscribers"], each["frequencies"]) for each in counted["results"]] == [
        (2, {"daily": 1, "weekly": 1}),
        (1, {"daily": 1}),
    ]
    assert "x.test" not in answer.text
    problem(api_key_client(desk.kb, "mailing:write")("GET", "/v1/staff/subscribers/counts"), 403)


def test_before_publishing_subscribers_who_will_be_told_are_counted(desk: Desk) -> None:
    desk.context.reader("a@x.test", "entries", "publications")
    desk.context.reader("b@x.test", "publications", frequency="at_once")
    desk.context.reader("c@x.test", "events")
    desk.context.reader("d@x.test", "entries", state="unsubscribed")
    draft = make(desk.staff, **ONE)

    def mails(staff: ApiKeyClient) -> str:
        effects: list[str] = step(staff, draft, "publish?dry_run=true")["effects"]
        return effects[1]

    assert mails(desk.staff) == "It will be in the next mail of 2 subscribers."
    assert mails(api_key_client(desk.kb, "entries:publish")) == IN_MAILS
    desk.work()
    assert desk.context.take() == []


def test_staff_can_retry_failed_deliveries(desk: Desk) -> None:
    desk.context.reader("a@x.test", "entries")
    desk.context.publish("one")
    desk.context.later(days=1)
    with desk.context.sessions.write() as session:
        raw = session.connection()
        raw.exec_driver_sql("UPDATE delivery SET state = 'uncertain'")
        raw.exec_driver_sql("UPDATE job SET state = 'uncertain' WHERE kind = 'digest-mail'")
    desk.context.take()
    assert desk.staff.request_json("POST", f"{DELIVERIES}/retry", json={"state": "failed"}) == {"retried": 0}
    assert desk.staff.request_json("POST", f"{DELIVERIES}/retry", json={"state": "uncertain"}) == {"retried": 1}
    desk.context.later(minutes=1)
    assert desk.context.received() == {"a@x.test": ["one"]}


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", UPDATES, "mailing:read"),
        ("POST", UPDATES, "mailing:write"),
        ("POST", f"{UPDATES}/1/start", "mailing:send"),
        ("POST", f"{UPDATES}/1/cancel", "mailing:send"),
        ("GET", DELIVERIES, "mailing:read"),
        ("POST", f"{DELIVERIES}/retry", "mailing:send"),
        ("POST", f"{DIGESTS}/test", "mailing:send"),
    ],
)
def test_each_needs_its_scope(desk: Desk, method: str, path: str, scope: str) -> None:
    others = [each for each in ("mailing:read", "mailing:write", "mailing:send", "entries:read") if each != scope]
    problem(api_key_client(desk.kb, *others)(method, path, json={}), 403)
    problem(desk.kb.client.request(method, path), 401)
