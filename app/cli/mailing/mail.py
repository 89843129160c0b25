"""`kb mail`: mails that were written to files, and what comes back by mail."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

import app.webhooks.models  # noqa: F401 - deliveries refer to its table
from app.cli.context import fail, identified, out, read_settings, report_file_errors
from app.kit.clock import utc_now
from app.mailing.context import MailContext, make_mail_context
from app.mailing.delivery.bounces import record_report
from app.mailing.delivery.dsn import parse_report, parse_unsubscribe, read_messages
from app.mailing.subscriptions.unsubscribe import end_by_link

mail = typer.Typer(no_args_is_help=True, help="Show mails written to files, and process bounces.")
MAX_LISTED = 20


@mail.command()
def show(
    which: Annotated[int | None, typer.Argument(min=1, help="Number in the list: 1 is the newest.")] = None,
    html: Annotated[bool, typer.Option("--html", help="Print the HTML part.")] = False,
) -> None:
    """List the newest mails written to files, or show one."""
    folder = Path(read_settings().mail_directory)
    files = sorted(folder.glob("*.eml"), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
    if which is None:
        out.print(_listed(files[:MAX_LISTED]) if files else f"There is no mail in {folder}.")
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
    return message_from_bytes(path.read_bytes(), EmailMessage, policy=policy.default)


@mail.command()
def bounces(
    path: Annotated[Path, typer.Argument(help="An mbox file, a Maildir, a directory of messages, or one message.")],
) -> None:
    """Process bounces (RFC 3464), complaints (RFC 5965) and unsubscribe mails. Processing one twice changes nothing."""
    settings = read_settings()
    counted: dict[str, int] = {}
    with report_file_errors(), identified() as sessions:
        context = make_mail_context(sessions, settings, utc_now)
        for raw in read_messages(path):
            outcome = _process_message(context, raw)
            counted[outcome] = counted.get(outcome, 0) + 1
    table = Table("report", "how many")
    for outcome, count in sorted(counted.items()):
        table.add_row(outcome, str(count))
    out.print(table if counted else "There was nothing to read.")


def _process_message(context: MailContext, raw: bytes) -> str:
    """What it was."""
    report, leaving = parse_report(context.signing_keys, raw), parse_unsubscribe(context.signing_keys, raw)
    with context.sessions.write() as session:
        if report is not None:
            about = (report.event, report.delivery, report.verdict, report.status)
            return (
                str(report.verdict) if record_report(context, session, *about, now=utc_now()) else "already processed"
            )
        if leaving:
            end_by_link(context, session, leaving, context.statement("mail"), now=utc_now())
            return "unsubscribed"
    return "not about our mail"
