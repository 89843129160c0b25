"""Staff keep the lists: who left stays away whatever is imported, and no address stands in the path of a request."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.kit.signing_keys import SecretsUnreadable, SigningKeys
from app.kit.values.email_addresses import parse_address
from app.mailing.consent import suppression
from app.mailing.consent.consent_log import ConsentStatement
from app.mailing.models import SubscriberRow, SuppressionReason
from app.mailing.privacy.subscriber_import import export_table, import_table
from app.mailing.subscriptions import job_requests
from app.mailing.subscriptions.unsubscribe import end_all
from tests.api_keys import ApiKeyClient, api_key_client
from tests.client import problem
from tests.mailing.subscriber_service import ADDRESS, SubscriberService

BASIS = "Signed up on paper."
SAID = ConsentStatement("a test")


@pytest.fixture
def ann(readers: SubscriberService) -> ApiKeyClient:
    return api_key_client(readers, "mailing:read", "mailing:write", days=700)


def imported(readers: SubscriberService, table: str) -> dict[str, Any]:
    report = import_table(readers.context, readers.snapshot, table, SAID, BASIS, readers.now)
    return {name: getattr(report, name) for name in ("imported", "present", "suppressed", "refused")}


def leave(readers: SubscriberService, address: str, reason: SuppressionReason) -> None:
    """Somebody who was subscribed and is no more."""
    number = readers.subscribed(address)
    with readers.write() as session:
        subscriber = session.get_one(SubscriberRow, number)
        end_all(readers.context, session, subscriber, SAID, now=readers.now, reason=reason)


def test_an_import_adds_subscribers_with_their_legal_basis(readers: SubscriberService) -> None:
    lines = ("address,presets,query,frequency", "ann@example.org,videos;events,,daily")
    table = "\n".join((*lines, 'bob@example.org,,"{""q"": ""trust""}",\n'))
    assert imported(readers, table) == {"imported": 2, "present": 0, "suppressed": 0, "refused": {}}
    assert readers.work() == []
    held = readers.me(readers.manage_token(1), path="/export").json()
    assert [(each["event"], each["basis"]) for each in held["consent"]] == [("imported", BASIS)] * 2
    assert imported(readers, table)["present"] == 2


def test_an_exported_table_can_be_imported_elsewhere(
    readers: SubscriberService, each_alone: Callable[[], SubscriberService]
) -> None:
    """With every search as it was; who is not active is left behind."""
    queries = [{"filters": {"topic": ["ethics"], "stage": ["first"]}, "q": "trust"}, {"collection": "events"}]
    readers.subscribed("+ann@example.org", queries=queries, frequency="monthly")
    paused = readers.subscribed("bob@example.org", presets=["videos"])
    (row,) = readers.subscriptions(paused)
    readers.client.request("POST", readers.unsubscribe_path(row.id), json={"do": "pause"})
    with readers.read() as session:
        table = "".join(export_table(session))
    elsewhere = each_alone()
    refused = {4: "only active subscriptions can be imported"}
    assert imported(elsewhere, table) == {"imported": 2, "present": 0, "suppressed": 0, "refused": refused}
    with elsewhere.read() as session:
        again = "".join(export_table(session))
    assert undated(again) == undated(table)[:2]


def undated(table: str) -> list[list[str]]:
    """Its lines, but for when each began."""
    return [cells[:-1] for cells in list(csv.reader(io.StringIO(table)))[1:]]


@pytest.mark.parametrize("reason", [*SuppressionReason])
def test_importing_a_suppressed_list_resubscribes_nobody(readers: SubscriberService, reason: SuppressionReason) -> None:
    with readers.write() as session:
        suppression.suppress(session, readers.context.signing_keys, ADDRESS, reason, now=readers.now)
    readers.context.signing_keys.rotate()
    spellings = "address\nReader@EXAMPLE.org\nreader@example.org\n"
    assert imported(readers, spellings) == {"imported": 0, "present": 0, "suppressed": 2, "refused": {}}
    assert readers.counts()["subscriber"] == 0


@pytest.mark.parametrize(
    "reason", [SuppressionReason.unsubscribe, SuppressionReason.complaint, SuppressionReason.hard_bounce]
)
def test_an_import_does_not_resubscribe_an_erased_address(
    readers: SubscriberService, reason: SuppressionReason
) -> None:
    leave(readers, ADDRESS, reason)
    assert imported(readers, f"address\n{ADDRESS}\n")["suppressed"] == 1
    readers.pass_by(days=30)
    readers.forget()
    assert readers.counts()["subscriber"] == 0
    assert imported(readers, f"address\n{ADDRESS}\n")["suppressed"] == 1


def test_an_internationalised_domain_and_its_ascii_form_are_equal() -> None:
    spellings = ["jo@bücher.example", "JO@BÜCHER.example", "jo@xn--bcher-kva.example", "\uff4a\uff4f@bücher.example"]
    assert {parse_address(each).unique_key for each in spellings} == {"jo@xn--bcher-kva.example"}
    assert {parse_address(each).mailbox for each in (spellings[0], spellings[2])} == {"jo@xn--bcher-kva.example"}
    keys = {parse_address(each).unique_key for each in ("j.o@a.example", "jo@a.example", "jo+x@a.example")}
    assert len(keys) == 3


def test_invalid_lines_are_reported_without_their_content(readers: SubscriberService) -> None:
    table = "address,frequency,query\nann@,daily,\nbob@example.org,hourly,\ncy@example.org,,{\ndi@example.org\n"
    report = imported(readers, table)
    assert report["imported"] == 0
    assert report["refused"] == {
        2: "address: must be an e-mail address, for example reader@example.org",
        3: "frequency: This must be 'at_once', 'daily', 'weekly' or 'monthly'",
        4: "the query is not valid JSON",
        5: "the number of cells differs from the number of columns",
    }


@pytest.mark.parametrize("query", ["[" * 100_000, '{"q": NaN}', '{"q": "a", "q": "b"}', "1" * 5000])
def test_an_invalid_query_rejects_only_its_line(readers: SubscriberService, query: str) -> None:
    cell = query.replace('"', '""')
    report = imported(readers, f'address,query\nann@example.org,"{cell}"\nbob@example.org,\n')
    assert report["refused"] == {2: "the query is not valid JSON"}
    assert report["imported"] == 1


def test_a_table_may_be_as_long_as_a_body_and_its_errors_are_counted(
    readers: SubscriberService, ann: ApiKeyClient
) -> None:
    limit = readers.service.settings.max_body
    few = {"table": "address\nann@example.org\nx\n", "basis": BASIS}
    checked = ann.request_json("POST", "/v1/staff/subscribers/import?dry_run=true", json=few)
    assert checked["effects"] == [
        "1 imported, 0 already subscribed, 0 suppressed, 1 refused.",
        "Line 3: address: must be an e-mail address, for example reader@example.org.",
    ]
    long = {"table": "address\n" + "x\n" * (limit // 3 - 100), "basis": BASIS}
    report = ann.request_json("POST", "/v1/staff/subscribers/import", json=long)
    assert report["refused_lines"] == limit // 3 - 100
    assert len(report["refused"]) == 100
    longer = {"table": "address\n" + "x\n" * (limit // 3 + 100), "basis": BASIS}
    assert problem(ann("POST", "/v1/staff/subscribers/import", json=longer), 413)


def test_staff_see_export_import_and_erase(readers: SubscriberService, ann: ApiKeyClient) -> None:
    table = {"table": f"address,presets\n{ADDRESS},videos\n", "basis": BASIS}
    assert ann.request_json("POST", "/v1/staff/subscribers/import", json=table)["imported"] == 1
    listed = ann.request_json("GET", "/v1/staff/subscribers?state=active")
    assert [each["address"] for each in listed["results"]] == [ADDRESS]
    held = ann.request_json("POST", "/v1/staff/subscribers/export", json={"address": ADDRESS})["held"]
    assert held["subscriber"]["address"] == ADDRESS
    assert ann.request_json("POST", "/v1/staff/subscribers/erase", json={"address": "READER@example.org"}) == {
        "erased": True
    }
    assert ann.request_json("POST", "/v1/staff/subscribers/erase", json={"address": ADDRESS}) == {"erased": False}
    assert ann.request_json("POST", "/v1/staff/subscribers/export", json={"address": ADDRESS}) == {"held": None}
    assert readers.events(1)[-1] == "erased"


def test_a_personal_data_export_is_in_no_stored_response(readers: SubscriberService, ann: ApiKeyClient) -> None:
    readers.subscribed()
    again = {"Idempotency-Key": "a-key-of-mine"}
    request: dict[str, Any] = {"json": {"address": ADDRESS}, "headers": again}
    assert ann.request_json("POST", "/v1/staff/subscribers/export", **request)["held"] is not None
    assert ann.request_json("POST", "/v1/staff/subscribers/export", **request)["held"] is None


def test_staff_suppress_and_lift(readers: SubscriberService, ann: ApiKeyClient) -> None:
    number = readers.subscribed()
    body = {"address": ADDRESS}
    assert ann.request_json("POST", "/v1/staff/suppressions", 201, json=body)["reasons"] == ["manual", "unsubscribe"]
    assert set(readers.states(number)) == {"ended"}
    assert ann.request_json("GET", "/v1/staff/suppressions") == {"counts": {"manual": 1, "unsubscribe": 1}}
    readers.pass_by(days=1)
    readers.sign_up()
    assert readers.work() == []
    assert ann.request_json("POST", "/v1/staff/suppressions/lift", json=body) == {"reasons": ["unsubscribe"]}
    assert ann.request_json("POST", "/v1/staff/suppressions/find", json=body) == {"reasons": ["unsubscribe"]}
    readers.pass_by(days=1)
    readers.sign_up()
    assert readers.work() == [job_requests.CONFIRMATION]


def test_a_key_that_may_only_read_changes_nothing(readers: SubscriberService) -> None:
    reader = api_key_client(readers, "mailing:read", days=700)
    for path in ("subscribers/erase", "subscribers/import", "suppressions", "suppressions/lift"):
        problem(reader("POST", f"/v1/staff/{path}", json={"address": ADDRESS}), 403)


def test_a_missing_or_damaged_secrets_file_is_reported(tmp_path: Path) -> None:
    """None is made in its place but on purpose."""
    file = tmp_path / "deep" / "secrets"
    with pytest.raises(SecretsUnreadable, match="does not exist"):
        SigningKeys(file).sign("a", "b")
    SigningKeys(file).make()
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("not a secret")
    with pytest.raises(SecretsUnreadable, match="64 hexadecimal digits"):
        SigningKeys(file).sign("a", "b")
