"""Signing up tells nobody who is known, costs the same for everybody, and mails only what it must."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from app.documents.revisions import PublishedRevision
from app.kit.errors import Unavailable
from app.kit.values.email_addresses import parse_address
from app.mailing.consent import suppression
from app.mailing.models import SignupRow, SuppressionReason
from app.mailing.subscriptions import job_requests
from tests.client import problem
from tests.mailing.subscriber_service import ADDRESS, FORM, SubscriberService

CONSTANT = {
    "status": "accepted",
    "message": "If the address can receive mail (one in ten minutes), a mail is on its way: open its link to continue.",
}


def make_pending(readers: SubscriberService) -> None:
    readers.sign_up()
    assert readers.work() == [job_requests.CONFIRMATION]


def make_active(readers: SubscriberService) -> None:
    readers.subscribed()


def make_unsubscribed(readers: SubscriberService) -> None:
    number = readers.subscribed()
    (first, *_) = readers.subscriptions(number)
    readers.client.request("POST", readers.unsubscribe_path(first.id), json={"do": "end_all"})


def suppressed_as(reason: SuppressionReason) -> Callable[[SubscriberService], None]:
    def make(readers: SubscriberService) -> None:
        with readers.write() as session:
            key = parse_address(ADDRESS).unique_key
            suppression.suppress(session, readers.context.signing_keys, key, reason, now=readers.now)

    return make


STATES: dict[str, Callable[[SubscriberService], None]] = {
    "new": lambda _: None,
    "pending": make_pending,
    "active": make_active,
    "unsubscribed": make_unsubscribed,
    "bounced": suppressed_as(SuppressionReason.hard_bounce),
    "complained": suppressed_as(SuppressionReason.complaint),
    "blocked": suppressed_as(SuppressionReason.manual),
    "never again": suppressed_as(SuppressionReason.never_again),
}
FOLLOWS = {
    "": {
        "new": [job_requests.CONFIRMATION],
        "pending": [job_requests.CONFIRMATION],
        "active": [job_requests.REMINDER],
        "unsubscribed": [job_requests.CONFIRMATION],
        "bounced": [],
        "complained": [],
        "blocked": [],
        "never again": [],
    },
    "/manage-links": {
        "new": [],
        "pending": [job_requests.MANAGE],
        "active": [job_requests.MANAGE],
        "unsubscribed": [job_requests.MANAGE],
        "bounced": [],
        "complained": [],
        "blocked": [],
        "never again": [],
    },
}
"""By what is asked, and by state: what is mailed."""


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Every statement that is executed meanwhile."""
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", FOLLOWS)
def test_response_statements_and_work_are_the_same_in_every_state(
    each_alone: Callable[[], SubscriberService], path: str
) -> None:
    """Bytes, header fields, statements and rows written; nothing is mailed before the answer."""
    found = set()
    for state, make in STATES.items():
        for sent in ({}, {"website": "https://spam.example"}):
            readers = each_alone()
            make(readers)
            readers.pass_by(days=2)
            readers.forget()
            before = readers.counts()
            with statements(readers.service.sessions.engine) as seen:
                answer = readers.client.request(
                    "POST",
                    f"/v1/subscriptions{path}",
                    json={"address": ADDRESS, **sent},
                    headers={"X-Request-ID": "the-same-id"},
                )
            grown = {name: count - before[name] for name, count in readers.counts().items() if count != before[name]}
            grown.pop("attempt", None)
            found.add((answer.content, str(sorted(answer.headers.items())), tuple(seen), str(grown)))
            assert answer.status_code == 202
            assert answer.json() == CONSTANT
            assert answer.headers["cache-control"] == "no-store"
            assert readers.work() == ([] if sent else FOLLOWS[path][state]), (state, sent)
    assert len(found) == 1


def test_a_sign_up_is_deleted_once_it_is_decided(readers: SubscriberService) -> None:
    readers.sign_up()
    readers.sign_up("someone@example.org", website="x")
    readers.work()
    with readers.read() as session:
        assert session.query(SignupRow).count() == 0
    assert ADDRESS not in readers.payloads()


def test_a_subscriber_who_signs_up_again_is_reminded_once_a_day(readers: SubscriberService) -> None:
    readers.subscribed()
    mails = []
    for _ in range(6):
        readers.pass_by(hours=8)
        readers.sign_up(presets=["videos"])
        mails += readers.work()
    assert mails == [job_requests.REMINDER] * 2


def test_new_subscriptions_of_an_active_address_need_confirmation(readers: SubscriberService) -> None:
    number = readers.subscribed(presets=["events"])
    readers.pass_by(days=1)
    readers.sign_up(presets=["events", "videos"])
    readers.work()
    assert readers.states(number) == ["active", "pending"]


def test_forms_and_json_are_accepted_alike(readers: SubscriberService) -> None:
    fields = [("address", ADDRESS), ("presets", "events"), ("topic", "ethics"), ("q", "trust"), ("stage", "")]
    answer = readers.post_form("/v1/subscriptions", fields, Origin="https://uni.example")
    assert answer.status_code == 202
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    readers.work()
    (_, payload) = readers.mailed[-1]
    queries = [row.query for row in readers.subscriptions(payload["subscriber"])]
    assert queries == [
        {"collection": "events", "where": None, "q": None, "sort": ["-start", "title"]},
        {
            "collection": "entries",
            "where": {"field": "topic", "op": "any", "value": "ethics"},
            "q": "trust",
            "sort": ["relevance"],
        },
    ]


def test_spaces_around_an_address_are_removed(readers: SubscriberService) -> None:
    readers.post_form("/v1/subscriptions", [("address", f" {ADDRESS}  "), ("presets", "events")])
    assert readers.work() == [job_requests.CONFIRMATION]
    row = readers.subscriber(readers.mailed[-1][1]["subscriber"])
    assert row is not None
    assert row.address == ADDRESS


def test_without_a_choice_all_presets_are_subscribed(readers: SubscriberService) -> None:
    assert len(readers.subscriptions(readers.subscribed())) == 3


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"address": "reader@"}, "/address"),
        ({"address": "reader@example.org\n"}, "/address"),
        ({"address": 5}, "/address"),
        ({"presets": ["nothing"]}, "/presets/0"),
        ({"queries": [{"filters": {"topik": ["ethics"]}}]}, "/queries/0/filters/topik"),
        ({"queries": [{"filters": {"topic": ["ethiks"]}}]}, "/queries/0/filters/topic"),
        ({"queries": [{"where": {"field": "topic", "value": "none"}}]}, "/queries/0/where"),
        ({"queries": [{"collection": "people"}]}, "/queries/0/collection"),
        ({"frequency": "hourly"}, "/frequency"),
        ({"language": "xx"}, "/language"),
        ({"more": True}, "/more"),
    ],
)
def test_errors_point_to_the_invalid_member(readers: SubscriberService, sent: dict[str, Any], pointer: str) -> None:
    answer = readers.client.request("POST", "/v1/subscriptions", json={"address": ADDRESS, **sent})
    assert [fault["pointer"] for fault in problem(answer, 422)["errors"]] == [pointer]
    assert readers.counts()["sign_up"] == 0


def test_an_invalid_form_gets_a_page(readers: SubscriberService) -> None:
    answer = readers.post_form("/v1/subscriptions", [("address", "nobody at all")])
    assert answer.status_code == 422
    assert "must be an e-mail address" in answer.text
    assert "nobody at all" not in answer.text


def test_other_media_types_are_refused(readers: SubscriberService) -> None:
    answer = readers.client.request("POST", "/v1/subscriptions", content=b"a", headers={"Content-Type": "text/plain"})
    assert problem(answer, 415)["accepts"] == ["application/json", "application/x-www-form-urlencoded"]


def test_a_page_signs_up_without_script(readers: SubscriberService) -> None:
    page = readers.client.get("/subscribe")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "<style" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'; ")
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/v1/subscriptions", "/v1/subscriptions/manage-links"])
def test_each_page_that_a_form_gets_is_described(
    readers: SubscriberService, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    described = readers.client.get("/openapi.json").json()
    shared = described["components"]["responses"]
    own = described["paths"][path]["post"]["responses"]
    responses = {status: shared.get(each.get("$ref", "").rpartition("/")[2], each) for status, each in own.items()}

    def posted(body: str) -> str:
        answer = readers.client.request("POST", path, content=body, headers=FORM)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        status = str(answer.status_code)
        assert ("Retry-After" in answer.headers) == ("Retry-After" in responses[status].get("headers", ()))
        assert "text/html" in responses[status]["content"]
        return status

    bodies = ("address=reader%40example.org", "address=nobody", "address=%FF", f"address={'a' * 70_000}")
    assert [posted(body) for body in bodies] == ["202", "422", "400", "413"]
    assert "429" in [posted(bodies[0]) for _ in range(40)]

    async def away() -> PublishedRevision:
        raise Unavailable("The database cannot be reached.", retry_after=5)

    readers.pass_by(hours=1)
    monkeypatch.setattr(readers.service.index, "published_revision", away)
    assert posted(bodies[0]) == "503"
