"""`kb mail`: mails that were written to files, and what comes back by mail."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app.cli.opening import fail, files_in_reach, identified, out, read_settings
from app.kit.clock import utc_now
from app.mailing.bounces import take_in
from app.mailing.office import Office, make_office
from app.mailing.reports import messages, read_leaving, read_report
from app.mailing.unsubscribing import end_by_link

mails = typer.Typer(no_args_is_help=True, help="Mails that were written to files, and what comes back by mail.")
MOST = 20


@mails.command()
def show(
    which: Annotated[int | None, typer.Argument(min=1, help="Its number in the list: 1 is the newest.")] = None,
    html: Annotated[bool, typer.Option("--html", help="The HTML, to be piped into a file.")] = False,
) -> None:
    """The mails that took the place of a mail server: the newest of them, or one as people read it."""
    folder = Path(read_settings().mail_directory)
    files = sorted(folder.glob("*.eml"), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
    if which is None:
        out.print(_listed(files[:MOST]) if files else f"There is no mail in {folder}.")
        return
    if which > len(files):
        fail(f"There are {len(files)} mails in {folder}.")
    print(_read(files[which - 1], html=html))


def _listed(files: list[Path]) -> Table:
    table = Table("number", "to", "subject", "file")
    for number, path in enumerate(files, 1):
        message = _parsed(path)
        table.add_row(str(number), str(message["To"]), str(message["Subject"]), path.name)
    return table


def _read(path: Path, *, html: bool) -> str:
    message = _parsed(path)
    part = message.get_body(("html",) if html else ("plain",))
    text = "" if part is None else str(part.get_content())
    if html:
        return text
    return "\n".join([*(f"{name}: {value}" for name, value in message.items()), "", text])


def _parsed(path: Path) -> EmailMessage:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


@mails.command()
def bounces(
    path: Annotated[Path, typer.Argument(help="An mbox file, a Maildir, a folder of messages, or one message.")],
) -> None:
    """Read reports of bounces (RFC 3464) and complaints (RFC 5965), and mails that unsubscribe. Reading one twice
    changes nothing."""
    settings = read_settings()
    counted: dict[str, int] = {}
    with files_in_reach(), identified() as sessions:
        office = make_office(sessions, settings, utc_now)
        for raw in messages(path):
            outcome = _taken_in(office, raw)
            counted[outcome] = counted.get(outcome, 0) + 1
    table = Table("report", "how many")
    for outcome, count in sorted(counted.items()):
        table.add_row(outcome, str(count))
    out.print(table if counted else "There was nothing to read.")


def _taken_in(office: Office, raw: bytes) -> str:
    """What it was."""
    report, leaving = read_report(office.keyring, raw), read_leaving(office.keyring, raw)
    with office.sessions.write() as session:
        if report is not None:
            about = (report.event, report.delivery, report.verdict, report.status)
            return str(report.verdict) if take_in(office, session, *about, now=utc_now()) else "known already"
        if leaving:
            end_by_link(office, session, leaving, office.statement("mail"), now=utc_now())
            return "unsubscribed"
    return "no report about mail of ours"
