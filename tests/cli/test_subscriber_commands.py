"""`kb subscribers`: a subject's request is answered by one command."""

import csv
import io
import json
import mailbox
from contextlib import closing
from pathlib import Path

import pytest

from app.mailing.composing import message_name
from app.mailing.links import unsubscribe_token
from app.mailing.post import make_delivery
from tests.cli.conftest import Run
from tests.mailing.readers import ADDRESS, Readers
from tests.mailing.test_reports import delivery_report


@pytest.fixture
def kb_run(run: Run, database: str, tmp_path: Path) -> Run:
    """`kb` over the database of the test."""
    return lambda *arguments: run(*arguments, KB_DATABASE_URL=database, KB_SECRET_FILE=str(tmp_path / "secrets"))


def test_what_comes_back_by_mail_is_read_once(kb_run: Run, database: str, tmp_path: Path) -> None:
    """A reader whose mail program unsubscribes by mail, one whose mailbox is gone, and somebody who makes it up."""
    with closing(Readers(database, tmp_path / "secrets", mail_inbox="leave@kb.test")) as readers:
        leaving = readers.subscribed("leaving@example.org")
        staying = readers.subscribed("staying@example.org", presets=["events"])
        bouncing = readers.subscribed("bouncing@example.org", presets=["events"])
        token = unsubscribe_token(readers.office.keyring, *(row.id for row in readers.subscriptions(leaving)))
        with readers.write() as session:
            number = make_delivery(session, "a/1", "digest-mail", bouncing, now=readers.now).id
        name = message_name(readers.office.keyring, number)
        box = mailbox.mbox(tmp_path / "inbox")
        box.add(f"From: leaving@example.org\nTo: leave@kb.test\nSubject: unsubscribe\n {token}\n\n")
        box.add(f"From: evil@example.org\nSubject: unsubscribe {token.replace('-1.', '-3.')}\n\n")
        box.add(delivery_report(f"bounces+{name}@kb.test", "5.1.1"))
        box.close()
        for told in (("unsubscribed", "hard"), ("unsubscribed", "known")):
            shown = kb_run("mail", "bounces", str(tmp_path / "inbox"))
            assert shown.exit_code == 0, shown.output
            assert all(each in shown.stdout for each in (*told, "no report about mail of ours"))
        states = {number: readers.subscriber(number).state for number in (leaving, staying, bouncing)}  # type: ignore[union-attr]
        assert states == {leaving: "unsubscribed", staying: "active", bouncing: "bounced"}
        assert readers.events(leaving).count("withdrawn") == 3


def test_import_export_erase(kb_run: Run, database: str, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    query = '"{""collection"": ""events""}"'
    file.write_text(f"address,query,frequency\n{ADDRESS},{query},daily\nother@example.org,{query},\nnobody,,\n")
    told = kb_run("subscribers", "import", str(file), "--basis", "Signed up on paper.")
    assert told.exit_code == 0, told.output
    assert "people.csv:4: wrong: address" in told.output
    everybody = list(csv.DictReader(io.StringIO(kb_run("subscribers", "export").stdout)))
    assert [(row["address"], row["state"], row["frequency"]) for row in everybody] == [
        (ADDRESS, "active", "daily"),
        ("other@example.org", "active", "weekly"),
    ]
    held = json.loads(kb_run("subscribers", "export", "Reader@Example.org").stdout)
    assert held["consent"][0]["basis"] == "Signed up on paper."
    assert kb_run("subscribers", "export", ADDRESS, "--format", "csv").stdout.startswith("part,number,name,value")
    assert "Erased." in kb_run("subscribers", "erase", ADDRESS).stdout
    assert "Nothing is held" in kb_run("subscribers", "erase", ADDRESS).stdout
    assert kb_run("subscribers", "export", ADDRESS).exit_code == 1
    again = kb_run("subscribers", "import", str(file), "--basis", "Signed up on paper.")
    assert again.exit_code == 0
    with closing(Readers(database, tmp_path / "secrets")) as readers:
        assert readers.counts()["subscriber"] == 1


def test_what_is_no_address_and_no_table_is_told(kb_run: Run, tmp_path: Path) -> None:
    assert "must be an e-mail address" in kb_run("subscribers", "erase", "nobody").output
    file = tmp_path / "people.csv"
    file.write_text("name,mail\nAnn,ann@example.org\n")
    told = kb_run("subscribers", "import", str(file), "--basis", "x")
    assert told.exit_code == 1
    assert "needs the column address" in told.output
