"""`kb subscribers …`: requests of those whose addresses are kept, answered by one command each."""

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from app.cli.context import err, fail, identified, out, read_settings, report_file_errors
from app.cli.former_names import formerly
from app.kit.clock import utc_now
from app.kit.errors import AppError
from app.kit.system.private_files import write_private
from app.kit.values.email_addresses import parse_address
from app.mailing.context import MailContext, make_mail_context
from app.mailing.privacy.erasure import erase_address, scrub_now
from app.mailing.privacy.export import as_csv, export_subscriber
from app.mailing.privacy.subscriber_import import export_table, import_table
from app.mailing.privacy.suppression_export import (
    SuppressionExport,
    export_suppressions,
    import_suppressions,
    parse_suppressions,
)
from app.mailing.subscriptions.signup import find_subscriber
from app.main import create_app
from app.ops.signing_keys import WrongSecrets, check_used_keys
from app.staff.auth.actors import CLI
from app.staff.auth.security_log import SecurityEvent, record

subscribers = typer.Typer(no_args_is_help=True, help="Manage subscribers: export, import, erase.")
FORM = "kb subscribers"
NOTHING = "No data is stored about this address."
REFUSALS = 20
"""Lines that are shown of those that could not be imported."""


@subscribers.command()
def export(
    address: Annotated[
        str | None, typer.Argument(help="Address of the subscriber; by default, a table of all.")
    ] = None,
    format: Annotated[str, typer.Option(help="json or csv, for one address.")] = "json",
    to: Annotated[Path | None, typer.Option(help="File to write.")] = None,
) -> None:
    """Export one subscriber's data (UK GDPR Articles 15 and 20), or a table of all subscribers."""
    if format not in ("json", "csv"):
        fail("--format must be json or csv.")
    with open_mail_context() as context, report_file_errors():
        if address is None:
            _log(context, "export", note="everybody")
        file = sys.stdout if to is None else write_private(to, encoding="utf-8", newline="")
        try:
            file.writelines(_everybody(context) if address is None else [_held(context, address, format)])
        finally:
            if to is not None:
                file.close()


def _everybody(context: MailContext) -> Iterator[str]:
    with context.sessions.read() as session:
        yield from export_table(session)


def _log(context: MailContext, action: str, subject: object = "", note: str | None = None) -> None:
    with context.sessions.write() as session:
        record(session, SecurityEvent(action, "subscriber", str(subject), note), by=CLI, now=utc_now())


def _held(context: MailContext, address: str, format: str) -> str:
    key = _key(address)
    with context.sessions.read() as session:
        row = find_subscriber(session, key)
        if row is None:
            fail(NOTHING)
        found = export_subscriber(context, session, row)
    _log(context, "export", found["subscriber"]["number"])
    return as_csv(found) if format == "csv" else json.dumps(found, ensure_ascii=False, indent=2) + "\n"


@subscribers.command("import")
def import_subscribers(
    file: Annotated[
        Path, typer.Argument(help="CSV with the column address; optional: presets, query, frequency, language.")
    ],
    basis: Annotated[str, typer.Option(help="Legal basis for writing to them; it becomes part of the consent record.")],
) -> None:
    """Import subscribers from a table. Suppressed addresses are skipped."""
    if not 0 < len(basis.strip()) <= 500:
        fail("--basis must have 1 to 500 characters.")
    with report_file_errors():
        text = file.read_text(encoding="utf-8-sig")
    with identified():
        service = create_app(read_settings())
    with closing(service):
        context = service.services[MailContext]
        try:
            statement = context.statement(f"{FORM} import")
            report = import_table(context, service.index.current_snapshot(), text, statement, basis.strip(), utc_now())
            _log(context, "import", note=report.summary)
        except AppError as error:
            fail(error.detail)
    table = Table("outcome", "how many")
    for name in ("imported", "present", "suppressed"):
        table.add_row(name, str(getattr(report, name)))
    table.add_row("refused", str(report.refused_lines))
    out.print(table)
    for line, why in list(report.refused.items())[:REFUSALS]:
        err.print(f"{file.name}:{line}: {why}", style="yellow", markup=False, soft_wrap=True)


@subscribers.command()
def erase(address: Annotated[str, typer.Argument(help="Address to erase.")]) -> None:
    """Erase a subscriber's data (UK GDPR Article 17). If there was consent, a keyed hash keeps imports from
    bringing the address back. Replace backups yourself."""
    key = _key(address)
    with open_mail_context() as context:
        with context.sessions.write() as session:
            row = find_subscriber(session, key)
            number = "" if row is None else row.id
            statement = context.statement(f"{FORM} erase")
            found = erase_address(context, session, address, statement, now=utc_now())
        _log(context, "erase", number, None if found else "no data was stored")
        _scrub(context)
    out.print("Erased. Backups still hold it until they are replaced." if found else NOTHING)


@formerly(subscribers, "left", "export-suppressions")
@subscribers.command("export-suppressions")
def export_suppression_list(to: Annotated[Path | None, typer.Option(help="File to write.")] = None) -> None:
    """Export the suppression list as keyed hashes. Keep it with your backups, and export it more often."""
    with open_mail_context() as context, report_file_errors(), context.sessions.read() as session:
        text = "".join(export_suppressions(session))
        _log(context, "list-left")
        if to is None:
            sys.stdout.write(text)
        else:
            with write_private(to, encoding="utf-8", newline="") as file:
                file.write(text)


@formerly(subscribers, "keep-away", "import-suppressions")
@subscribers.command("import-suppressions")
def import_suppression_list(
    file: Annotated[Path, typer.Argument(help="File written by `kb subscribers export-suppressions`.")],
) -> None:
    """Import the suppression list after restoring an older backup, before the service starts."""
    with report_file_errors():
        text = file.read_text(encoding="utf-8")
    try:
        listed = parse_suppressions(text)
    except (ValueError, csv.Error) as error:
        fail(f"{file.name}: {error}")
    with open_mail_context() as context:
        with context.sessions.write() as session:
            _demand_keys_of(session, context, listed)
            gone = import_suppressions(context, session, listed, context.statement(f"{FORM} keep-away"), now=utc_now())
        _log(context, "keep-away", note=f"{gone} of {len(listed.suppressed)}")
        _scrub(context)
    out.print(f"{gone} subscribers were unsubscribed again; {len(listed.suppressed)} suppressions are known.")


def _demand_keys_of(session: Session, context: MailContext, listed: SuppressionExport) -> None:
    """Ends the command for hashes that nobody could be recognised by."""
    try:
        check_used_keys(session, context.signing_keys, {row.key_id for row in listed.suppressed})
    except WrongSecrets as error:
        fail(str(error))


def _scrub(context: MailContext) -> None:
    if not scrub_now(context):
        err.print(
            "The service is reading the database: its worker will clear the write-ahead log shortly.", style="yellow"
        )


@contextmanager
def open_mail_context() -> Iterator[MailContext]:
    with identified() as sessions:
        yield make_mail_context(sessions, read_settings(), utc_now)


def _key(address: str) -> str:
    """Ends the command for what is no address."""
    try:
        return parse_address(address).unique_key
    except ValueError as error:
        fail(f"The address {error}.")
