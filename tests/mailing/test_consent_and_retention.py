"""Consent can be proved, what is held is shown, and what is to be forgotten is found nowhere."""

import csv
import hashlib
import io
import logging
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from app.cli.mailing.subscribers import subscribers
from app.config.settings import Settings
from app.db.base import Base
from app.db.engine import is_sqlite
from app.kit.values.email_addresses import parse_address
from app.mailing.consent import consent_log, suppression
from app.mailing.delivery.bounces import BounceType, record_report
from app.mailing.delivery.transports import file_name
from app.mailing.messages.previews import enqueue_test_mail
from app.mailing.models import SuppressionReason
from app.mailing.privacy.erasure import erase_address, files_of
from tests.database_contents import all_rows
from tests.mailing.subscriber_service import ADDRESS, SubscriberService

RARE = "unmistakable.reader@example.org"


def reasons(readers: SubscriberService, address: str = ADDRESS) -> list[SuppressionReason]:
    with readers.read() as session:
        return suppression.reasons(session, readers.context.signing_keys, parse_address(address).unique_key)


def test_the_export_shows_the_whole_chain(readers: SubscriberService) -> None:
    number = readers.subscribed(presets=["videos"], wording="Yes, news please.", form="https://uni.example/news")
    (row,) = readers.subscriptions(number)
    readers.pass_by(days=1)
    readers.client.request("POST", readers.unsubscribe_path(row.id))
    held = readers.me(readers.manage_token(number), path="/export").json()
    assert held["subscriber"]["address"] == ADDRESS
    assert [(each["event"], each["at"], each["form"]) for each in held["consent"]] == [
        ("requested", "2026-03-01T11:00:00Z", "https://uni.example/news"),
        ("confirmed", "2026-03-01T11:00:00Z", "/v1/subscriptions/confirmations"),
        ("withdrawn", "2026-03-02T11:00:00Z", "/v1/unsubscribe"),
    ]
    request = held["consent"][0]
    assert request["wording"] == {
        "sha256": hashlib.sha256(b"Yes, news please.").hexdigest(),
        "text": "Yes, news please.",
    }
    assert "UK GDPR Article 6(1)(a)" in request["privacy_notice"]["text"]
    assert request["asked"]["query"]["collection"] == "publications"
    version = request["privacy_notice"]["sha256"][:12]
    assert f"Version {version}" in readers.client.get("/subscribe/privacy").text


EXPORTED = {
    "subscriber": "subscriber",
    "subscription": "subscriptions",
    "mail_token": "links",
    "consent_event": "consent",
    "delivery": "deliveries",
    "mail_report": "reports",
}
"""By table: where the export has what it holds."""


def test_the_notice_says_what_is_kept_why_how_long_and_by_whom(database: str, tmp_path: Path) -> None:
    """UK GDPR Article 13. The numbers are those of the settings."""
    kept = {
        "keep_pending": 3,
        "keep_unsubscribed": 21,
        "keep_mail_bodies": 4,
        "keep_deliveries": 99,
        "keep_backups": 30,
    }
    with closing(SubscriberService(database, tmp_path / "secrets", contact="team@example.org", **kept)) as readers:
        notice = " ".join(readers.client.get("/subscribe/privacy").text.split())
    for number in (*kept.values(),):
        assert f"{number} days" in notice
    for article in ("6(1)(a)", "7(1)", "7(3)", "15 and 20", "16", "17", "18 and 21", "28"):
        assert re.search(rf"Articles? {re.escape(article)}\b|Articles? {re.escape(article)}", notice), article
    for phrase in (
        "team@example.org",
        "Backups",
        "keyed hash",
        "Information Commissioner",
        "/subscribe/manage",
        "tracked",
    ):
        assert phrase in notice


def test_the_privacy_page_for_operators_has_a_command_for_each_request() -> None:
    """Each article, with a command there is; each setting that it names; backups and processors."""
    text = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text("utf-8")
    answers = [line for line in text.splitlines() if re.match(r"\| to .* \| [0-9(), ]+ \|", line)]
    articles = {each for line in answers for each in re.findall(r"[0-9()]+", line.split("|")[2])}
    assert articles == {"15", "20", "17", "7(3)", "21", "16", "18"}
    named = {each.name or each.callback.__name__ for each in subscribers.registered_commands if each.callback}
    assert named >= set(re.findall(r"kb subscribers ([\w-]+)", text))
    fields = {f"KB_{name.upper()}" for name in Settings.model_fields}
    assert fields >= set(re.findall(r"KB_[A-Z_]+", text))
    assert "**Backups are not touched**" in text
    assert "processor (Article 28)" in text
    assert {each for each in fields if each.startswith("KB_KEEP_")} <= set(re.findall(r"KB_[A-Z_]+", text))


def test_nothing_that_is_held_is_left_out_of_the_export(readers: SubscriberService) -> None:
    """Of every table that names a subscriber."""
    personal = {each.name for each in Base.metadata.sorted_tables if "subscriber_id" in each.columns}
    assert personal == EXPORTED.keys() - {"subscriber"}
    number = readers.subscribed(presets=["videos"])
    with readers.write() as session:
        delivery = readers.delivery(session, number)
        delivery.items = {"1": [7, 5]}
        record_report(readers.context, session, "e-1", delivery.id, BounceType.hard, "5.1.1", now=readers.now)
    held = readers.me(readers.manage_token(number), path="/export").json()
    assert all(held[part] for part in EXPORTED.values()), held
    assert held["subscriber"]["suppressed"] == ["hard_bounce"]
    assert held["deliveries"][0]["entries"] == [5, 7]
    assert held["reports"][0]["status"] == "5.1.1"
    assert {each["purpose"] for each in held["links"]} == {"kbconfirm", "kbmanage"}


def test_erasure_deletes_the_mail_files_of_the_subscriber_only(tmp_path: Path) -> None:
    for name, to in (
        ("a", "To: A@x.test\r\n"),
        ("b", "To: anna@x.test\r\n"),
        ("c", "To: <a@x.test>\r\n"),
        ("d", "a@x.test.org"),
    ):
        (tmp_path / f"{name}.eml").write_text(f"From: kb@x.test\r\n{to}\r\nHello.")
    assert files_of(tmp_path, "a@x.test") == ["a.eml", "c.eml"]


@pytest.fixture
def mail_folder(database: str, tmp_path: Path) -> Iterator[tuple[SubscriberService, Path]]:
    folder = tmp_path / "mail"
    folder.mkdir()
    with closing(SubscriberService(database, tmp_path / "secrets", mail_directory=str(folder))) as readers:
        yield readers, folder


def test_files_go_once_the_erasure_is_committed(mail_folder: tuple[SubscriberService, Path]) -> None:
    """Not while it may still be undone; and then also those of mails that were on their way."""
    readers, folder = mail_folder
    number = readers.subscribed()
    (folder / "old.eml").write_text(f"To: {ADDRESS}\r\n\r\nHello.")
    (folder / "other.eml").write_text("To: other@example.org\r\n\r\nHello.")
    statement = readers.context.statement("a test")
    with readers.write() as session:
        erase_address(readers.context, session, ADDRESS, statement, now=readers.now)
        session.rollback()
    readers.work()
    assert len([*folder.iterdir()]) == 2
    with readers.write() as session:
        readers.delivery(session, number, "7")
        erase_address(readers.context, session, ADDRESS, statement, now=readers.now)
    (folder / file_name("digest-mail/7")).write_text(f"To: {ADDRESS}\r\n\r\nHello.")
    readers.work()
    assert len([*folder.iterdir()]) == 2
    readers.pass_by(minutes=20)
    readers.work()
    assert [each.name for each in folder.iterdir()] == ["other.eml"]
    assert ADDRESS not in readers.payloads()


def test_a_test_mail_goes_with_its_address(mail_folder: tuple[SubscriberService, Path]) -> None:
    readers, folder = mail_folder
    (folder / "test.eml").write_text(f"To: {RARE}\r\n\r\nHello.")
    with readers.write() as session:
        statement = readers.context.statement("a test")
        assert erase_address(readers.context, session, RARE, statement, now=readers.now)
    readers.work()
    assert not [*folder.iterdir()]


def test_erasure_deletes_test_mails_to_the_address(readers: SubscriberService) -> None:
    with readers.write() as session:
        enqueue_test_mail(session, RARE, "digest", now=readers.now, query={})
        statement = readers.context.statement("a test")
        assert erase_address(readers.context, session, RARE.upper(), statement, now=readers.now)
    assert readers.counts()["mail_test"] == 0


def test_the_export_is_there_as_csv(readers: SubscriberService) -> None:
    number = readers.subscribed("+reader@example.org", presets=["videos"])
    answer = readers.me(readers.manage_token(number), path="/export", headers={"Accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["part", "number", "name", "value"]
    assert ["subscriber", "1", "address", "'+reader@example.org"] in rows
    assert ["consent", "2", "event", "confirmed"] in rows


@pytest.mark.parametrize("table", ["consent_event", "wording"])
def test_the_consent_log_is_append_only(readers: SubscriberService, table: str) -> None:
    readers.subscribed()
    column = {"consent_event": "kind", "wording": "text"}[table]
    for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(DatabaseError, match="append-only"), readers.write() as session:
            session.execute(text(statement))


def test_no_ip_is_kept(readers: SubscriberService) -> None:
    readers.subscribed()
    with readers.read() as session:
        held = all_rows(session.connection())
    for name in held.keys() - {"wording"}:  # our own address stands in the privacy notice
        assert "127.0.0.1" not in "".join(held[name]), name


def test_erasure_keeps_the_consent_log_without_the_address(
    readers: SubscriberService, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    wording = {"wording": f"Write to {RARE.upper()}.", "form": f"https://uni.example/{quote(RARE)}/?email={RARE}"}
    number = readers.subscribed(RARE, **wording)
    with readers.read() as session:
        (first, *_) = consent_log.consent_history(session, number)
    assert (first["wording"]["text"], first["form"]) == ("Write to ….", "https://uni.example/…/")
    answer = readers.me(readers.manage_token(number), "DELETE")
    assert answer.json() == {"status": "erased"}
    readers.work()
    assert readers.subscriber(number) is None
    assert readers.events(number)[-1] == "erased"
    assert reasons(readers, RARE) == [SuppressionReason.erasure]
    assert RARE.encode() not in everything_on_disk(readers).lower()
    assert RARE not in caplog.text
    assert all(RARE.encode() not in each.read_bytes() for each in tmp_path.rglob("*") if each.is_file())


def everything_on_disk(readers: SubscriberService) -> bytes:
    """SQLite: the bytes of its files. PostgreSQL: every row of every table, after the VACUUM."""
    engine = readers.service.sessions.engine
    if is_sqlite(engine):
        files = [Path(f"{engine.url.database}{ending}") for ending in ("", "-wal", "-shm")]
        return b"".join(each.read_bytes() for each in files if each.exists())
    with readers.read() as session:
        rows = [repr(session.execute(text(f'SELECT * FROM "{name}"')).all()) for name in readers.counts()]
    return "".join(rows).encode()


def test_an_unconfirmed_sign_up_leaves_no_hash(readers: SubscriberService) -> None:
    readers.sign_up(RARE)
    readers.work()
    number = readers.mailed[-1][1]["subscriber"]
    readers.me(readers.manage_token(number), "DELETE")
    assert reasons(readers, RARE) == []


def test_an_erased_subscriber_can_subscribe_again(readers: SubscriberService) -> None:
    number = readers.subscribed()
    readers.me(readers.manage_token(number), "DELETE")
    readers.work()
    assert readers.subscribed() != number
    assert reasons(readers) == []


def test_an_unconfirmed_sign_up_is_deleted_after_seven_days(readers: SubscriberService) -> None:
    readers.sign_up()
    readers.work()
    number = readers.mailed[-1][1]["subscriber"]
    readers.pass_by(days=7)
    readers.forget()
    assert readers.subscriber(number) is not None
    readers.pass_by(seconds=1)
    for _ in range(2):
        readers.forget()
        assert readers.subscriber(number) is None
        assert readers.counts()["subscription"] == 0
    assert readers.counts()["consent_event"] == 3


def test_an_address_is_deleted_28_days_after_its_last_subscription(readers: SubscriberService) -> None:
    number = readers.subscribed()
    (first, *_) = readers.subscriptions(number)
    readers.client.request("POST", readers.unsubscribe_path(first.id), json={"do": "end_all"})
    readers.pass_by(days=28)
    readers.forget()
    assert readers.subscriber(number) is not None
    readers.pass_by(seconds=1)
    for _ in range(2):
        readers.forget()
        readers.work()
        assert readers.subscriber(number) is None
    assert reasons(readers) == [SuppressionReason.unsubscribe]
    assert ADDRESS.encode() not in everything_on_disk(readers)


def test_an_unconfirmed_resubscription_ends_as_unsubscribed(readers: SubscriberService) -> None:
    number = readers.subscribed()
    (first, *_) = readers.subscriptions(number)
    readers.client.request("POST", readers.unsubscribe_path(first.id), json={"do": "end_all"})
    readers.pass_by(days=1)
    readers.sign_up()
    readers.work()
    readers.pass_by(days=7, seconds=1)
    readers.forget()
    row = readers.subscriber(number)
    assert row is not None
    assert row.state == "unsubscribed"
    assert reasons(readers) == [SuppressionReason.unsubscribe]


def test_tokens_and_rate_counts_expire(readers: SubscriberService) -> None:
    readers.subscribed()
    readers.pass_by(days=9)
    readers.forget()
    counts = readers.counts()
    assert (counts["mail_token"], counts["attempt"]) == (0, 0)
