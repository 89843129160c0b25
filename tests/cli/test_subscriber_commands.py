"""`kb subscribers`: a subject's request is answered by one command."""

import csv
import io
import json
import mailbox
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.mailing.content.links import unsubscribe_token
from app.mailing.content.mime import message_id_local_part
from app.mailing.models import SubscriberRow, SuppressionReason
from app.mailing.subscriptions.unsubscribe import end_all
from app.staff.auth.security_log import SecurityEventRow
from tests.cli.conftest import Run
from tests.databases import Databases
from tests.mailing.subscriber_service import ADDRESS, SubscriberService
from tests.mailing.test_bounce_reports import delivery_report


@pytest.fixture
def kb_run(run: Run, database: str, tmp_path: Path) -> Run:
    """`kb` over the database of the test."""
    own = {"KB_DATABASE_URL": database, "KB_SECRET_FILE": str(tmp_path / "secrets")}
    return lambda *arguments, **more: run(*arguments, **own | more)


def test_what_comes_back_by_mail_is_read_once(kb_run: Run, database: str, tmp_path: Path) -> None:
    """A reader whose mail program unsubscribes by mail, one whose mailbox is gone, and somebody who makes it up."""
    with closing(SubscriberService(database, tmp_path / "secrets", mail_inbox="leave@kb.test")) as readers:
        leaving = readers.subscribed("leaving@example.org")
        staying = readers.subscribed("staying@example.org", presets=["events"])
        bouncing = readers.subscribed("bouncing@example.org", presets=["events"])
        token = unsubscribe_token(readers.context.signing_keys, *(row.id for row in readers.subscriptions(leaving)))
        with readers.write() as session:
            number = readers.delivery(session, bouncing).id
        name = message_id_local_part(readers.context.signing_keys, number)
        box = mailbox.mbox(tmp_path / "inbox")
        box.add(f"From: leaving@example.org\nTo: leave@kb.test\nSubject: unsubscribe\n {token}\n\n")
        box.add(f"From: evil@example.org\nSubject: unsubscribe {token.replace('-1.', '-3.')}\n\n")
        box.add(delivery_report(f"bounces+{name}@kb.test", "5.1.1"))
        box.close()
        for outcomes in (("unsubscribed", "hard"), ("unsubscribed", "already processed")):
            shown = kb_run("mail", "bounces", str(tmp_path / "inbox"))
            assert shown.exit_code == 0, shown.output
            assert all(each in shown.stdout for each in (*outcomes, "not about our mail"))
        rows = {number: readers.subscriber(number) for number in (leaving, staying, bouncing)}
        states = {number: row and row.state for number, row in rows.items()}
        assert states == {leaving: "unsubscribed", staying: "active", bouncing: "bounced"}
        assert readers.events(leaving).count("withdrawn") == 3


def test_a_restored_backup_brings_nobody_back(kb_run: Run, database: str, databases: Databases, tmp_path: Path) -> None:
    """Of those in the backup one unsubscribed since, one was erased, one ended one of two, one bounced; one left before
    an older list was made, and is back of their own will."""
    secrets, early, late = (tmp_path / name for name in ("secrets", "early", "late"))
    names = ("unsubscribed", "erased", "half", "bounced", "returned", "stays")
    with closing(SubscriberService(database, secrets)) as readers:
        people = {name: readers.subscribed(f"{name}@example.org", presets=["events", "videos"]) for name in names}
        leave(readers, people["returned"])
        readers.pass_by(days=1)
        early.write_text(kb_run("subscribers", "export-suppressions").stdout)
        assert readers.subscribed("returned@example.org", presets=["events"]) == people["returned"]
        now = readers.now
    with databases.copied(database) as backup:
        with closing(SubscriberService(database, secrets)) as readers:
            readers.now = now + timedelta(days=1)
            leave(readers, people["unsubscribed"])
            readers.me(readers.manage_token(people["erased"]), "DELETE")
            readers.client.request("POST", readers.unsubscribe_path(readers.subscriptions(people["half"])[0].id))
            with readers.write() as session:
                bounced = session.get_one(SubscriberRow, people["bounced"])
                statement = readers.context.statement("report")
                end_all(
                    readers.context, session, bounced, statement, now=readers.now, reason=SuppressionReason.hard_bounce
                )
            late.write_text(kb_run("subscribers", "export-suppressions").stdout)
        assert "@" not in late.read_text()
        for place, message in (
            (early, "0 subscribers were"),
            (late, "3 subscribers were"),
            (early, "0 subscribers were"),
            (late, "0 subscribers were"),
        ):
            answer = kb_run("subscribers", "import-suppressions", str(place), KB_DATABASE_URL=backup)
            assert answer.exit_code == 0, answer.output
            assert message in answer.stdout
        with closing(SubscriberService(backup, secrets)) as restored:
            found = {name: restored.states(number) for name, number in people.items()}
            assert restored.subscriber(people["erased"]) is None
    ended = ["ended", "ended"]
    assert found == {
        "unsubscribed": ended,
        "erased": [],
        "half": ["ended", "active"],
        "bounced": ended,
        "returned": ["active", "ended"],
        "stays": ["active", "active"],
    }
    assert kb_run("subscribers", "import-suppressions", str(secrets)).exit_code == 1


@pytest.mark.parametrize(
    ("former", "name"), [(["left"], "export-suppressions"), (["keep-away", "none.csv"], "import-suppressions")]
)
def test_a_renamed_command_runs_under_its_former_name_and_says_the_new_one(
    former: list[str], name: str, kb_run: Run
) -> None:
    result = kb_run("subscribers", *former)
    assert result.exit_code == kb_run("subscribers", name, *former[1:]).exit_code
    assert f"`{former[0]}` is now called `{name}`" in " ".join(result.stderr.split())
    assert former[0] not in kb_run("subscribers", "--help").stdout.split()


def leave(readers: SubscriberService, number: int) -> None:
    (first, *_) = readers.subscriptions(number)
    readers.client.request("POST", readers.unsubscribe_path(first.id), json={"do": "end_all"})


def test_import_export_erase(kb_run: Run, database: str, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    query = '"{""collection"": ""events""}"'
    file.write_text(f"address,query,frequency\n{ADDRESS},{query},daily\nother@example.org,{query},\nnobody,,\n")
    result = kb_run("subscribers", "import", str(file), "--basis", "Signed up on paper.")
    assert result.exit_code == 0, result.output
    assert "people.csv:4: address: must be an e-mail address" in result.output
    everybody = list(csv.DictReader(io.StringIO(kb_run("subscribers", "export").stdout)))
    assert [(row["address"], row["state"], row["frequency"]) for row in everybody] == [
        (ADDRESS, "active", "daily"),
        ("other@example.org", "active", "weekly"),
    ]
    held = json.loads(kb_run("subscribers", "export", "Reader@Example.org").stdout)
    assert held["consent"][0]["basis"] == "Signed up on paper."
    assert kb_run("subscribers", "export", ADDRESS, "--format", "csv").stdout.startswith("part,number,name,value")
    assert "Erased." in kb_run("subscribers", "erase", ADDRESS).stdout
    assert "No data is stored" in kb_run("subscribers", "erase", ADDRESS).stdout
    assert kb_run("subscribers", "export", ADDRESS).exit_code == 1
    again = kb_run("subscribers", "import", str(file), "--basis", "Signed up on paper.")
    assert again.exit_code == 0
    with closing(SubscriberService(database, tmp_path / "secrets")) as readers:
        assert readers.counts()["subscriber"] == 1


def test_what_is_no_address_and_no_table_is_reported(kb_run: Run, tmp_path: Path) -> None:
    assert "must be an e-mail address" in kb_run("subscribers", "erase", "nobody").output
    file = tmp_path / "people.csv"
    file.write_text("name,mail\nAnn,ann@example.org\n")
    result = kb_run("subscribers", "import", str(file), "--basis", "x")
    assert result.exit_code == 1
    assert "must have the column address" in result.output


def test_what_is_done_by_command_is_in_the_security_log(kb_run: Run, database: str, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(f"address\n{ADDRESS}\n")
    for command in (
        ("import", str(file), "--basis", "On paper."),
        ("export",),
        ("export", ADDRESS),
        ("export-suppressions", "--to", str(tmp_path / "left.csv")),
        ("import-suppressions", str(tmp_path / "left.csv")),
        ("erase", ADDRESS),
    ):
        assert kb_run("subscribers", *command).exit_code == 0
    assert kb_run("secrets", "rotate").exit_code == 0
    with closing(SubscriberService(database, tmp_path / "secrets")) as readers, readers.read() as session:
        events = session.scalars(select(SecurityEventRow).order_by(SecurityEventRow.id)).all()
    assert {(each.actor, each.key) for each in events} == {("cli", None)}
    assert [(each.kind, each.action) for each in events] == [
        ("subscriber", "import"),
        ("subscriber", "export"),
        ("subscriber", "export"),
        ("subscriber", "list-left"),
        ("subscriber", "keep-away"),
        ("subscriber", "erase"),
        ("secrets", "rotate"),
    ]
    assert not [each for each in events if "@" in f"{each.subject}{each.note}"]
