"""`kb mail`: what was written to files is read without a mail program."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.mailing.mail import mail
from app.mailing.delivery.transports import FileTransport, OutgoingMessage

PLAIN = b"To: reader@example.org\r\nSubject: =?utf-8?q?R=C3=A9sum=C3=A9?=\r\nContent-Type: text/plain\r\n\r\nHello.\r\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KB_MAIL_DIRECTORY", str(tmp_path / "mail"))
    return tmp_path / "mail"


def run(*given: str) -> tuple[int, str]:
    result = CliRunner().invoke(mail, [*given])
    return result.exit_code, result.output


def test_mails_are_listed_and_read(folder: Path) -> None:
    FileTransport(folder).send(OutgoingMessage("a", "kb@example.org", "reader@example.org", PLAIN), lambda: None)
    code, listed = run("show")
    assert code == 0
    assert "Résumé" in listed
    code, read = run("show", "1")
    assert "Subject: Résumé" in read
    assert read.rstrip().endswith("Hello.")


def test_where_there_is_no_mail_it_is_said(folder: Path) -> None:
    assert "There is no mail in" in run("show")[1]
    assert run("show", "3")[0] == 1
