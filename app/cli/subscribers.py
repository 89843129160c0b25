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

from app.cli.opening import err, fail, files_in_reach, identified, out, read_settings
from app.kit.clock import utc_now
from app.kit.errors import AppError
from app.kit.private_files import write_private
from app.mailing.addresses import parse_address
from app.mailing.erasure import erase_address, scrub_now
from app.mailing.exporting import as_csv, everything
from app.mailing.importing import import_table, table_of
from app.mailing.leaving import Left, keep_away, read_left, table_of_left
from app.mailing.office import Office, make_office
from app.mailing.signing_up import find_subscriber
from app.main import create_app
from app.ops.signing_keys import WrongSecrets, check_used_keys
from app.staff.actors import CLI
from app.staff.security_log import Event, record

subscribers = typer.Typer(no_args_is_help=True, help="Subscribers: export, import, erase.")
FORM = "kb subscribers"
NOTHING = "Nothing is held about this address."
REFUSALS = 20
"""Lines that are shown of those that could not be imported."""


@subscribers.command()
def export(
    address: Annotated[str | None, typer.Argument(help="Of whom; without it, a table of everybody.")] = None,
    format: Annotated[str, typer.Option(help="json or csv, for one address.")] = "json",
    to: Annotated[Path | None, typer.Option(help="File to write.")] = None,
) -> None:
    """All that is held about somebody (UK GDPR Articles 15 and 20), or a table of all subscribers."""
    if format not in ("json", "csv"):
        fail("--format: json or csv is wanted.")
    with office() as held, files_in_reach():
        if address is None:
            _log(held, "export", note="everybody")
        file = sys.stdout if to is None else write_private(to, encoding="utf-8", newline="")
        try:
            file.writelines(_everybody(held) if address is None else [_held(held, address, format)])
        finally:
            if to is not None:
                file.close()


def _everybody(held: Office) -> Iterator[str]:
    with held.sessions.read() as session:
        yield from table_of(session)


def _log(held: Office, action: str, subject: object = "", note: str | None = None) -> None:
    with held.sessions.write() as session:
        record(session, Event(action, "subscriber", str(subject), note), by=CLI, now=utc_now())


def _held(held: Office, address: str, format: str) -> str:
    key = _key(address)
    with held.sessions.read() as session:
        row = find_subscriber(session, key)
        if row is None:
            fail(NOTHING)
        found = everything(held, session, row)
    _log(held, "export", found["subscriber"]["number"])
    return as_csv(found) if format == "csv" else json.dumps(found, ensure_ascii=False, indent=2) + "\n"


@subscribers.command("import")
def import_subscribers(
    file: Annotated[Path, typer.Argument(help="CSV: address, and if you like presets, query, frequency, language.")],
    basis: Annotated[str, typer.Option(help="What entitles us to write to them; it becomes part of the proof.")],
) -> None:
    """Subscribe people from a table. Nobody who unsubscribed, complained, bounced or was erased is brought back."""
    if not 0 < len(basis.strip()) <= 500:
        fail("--basis: 1 to 500 characters are wanted.")
    with files_in_reach():
        text = file.read_text(encoding="utf-8-sig")
    with identified():
        service = create_app(read_settings())
    with closing(service):
        held: Office = service.api.state.office
        try:
            said = held.statement(f"{FORM} import")
            report = import_table(held, service.index.current(), text, said, basis.strip(), utc_now())
            _log(held, "import", note=report.summary)
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
def erase(address: Annotated[str, typer.Argument(help="Whose address is to be forgotten.")]) -> None:
    """Erase all about somebody (UK GDPR Article 17). Where there was consent, a keyed hash keeps imports from bringing
    the address back. Backups have to be replaced by hand."""
    key = _key(address)
    with office() as held:
        with held.sessions.write() as session:
            row = find_subscriber(session, key)
            number = "" if row is None else row.id
            said = held.statement(f"{FORM} erase")
            found = erase_address(held, session, address, said, now=utc_now())
        _log(held, "erase", number, None if found else "nothing was held")
        _scrub(held)
    out.print("Erased. Backups still hold it until they are replaced." if found else NOTHING)


@subscribers.command()
def left(to: Annotated[Path | None, typer.Option(help="File to write.")] = None) -> None:
    """Who left, as keyed hashes without an address: keep it beside your backups, newer than they are."""
    with office() as held, files_in_reach(), held.sessions.read() as session:
        text = "".join(table_of_left(session))
        _log(held, "list-left")
        if to is None:
            sys.stdout.write(text)
        else:
            with write_private(to, encoding="utf-8", newline="") as file:
                file.write(text)


@subscribers.command("keep-away")
def keep_away_those_who_left(file: Annotated[Path, typer.Argument(help="What `kb subscribers left` wrote.")]) -> None:
    """After an older backup was restored, before the service starts: whoever left since has left again."""
    with files_in_reach():
        text = file.read_text(encoding="utf-8")
    try:
        listed = read_left(text)
    except (ValueError, csv.Error) as error:
        fail(f"{file.name}: {error}")
    with office() as held:
        with held.sessions.write() as session:
            _demand_keys_of(session, held, listed)
            gone = keep_away(held, session, listed, held.statement(f"{FORM} keep-away"), now=utc_now())
        _log(held, "keep-away", note=f"{gone} of {len(listed.suppressed)}")
        _scrub(held)
    out.print(f"{gone} who had left were back, and are gone again; {len(listed.suppressed)} hashes are known.")


def _demand_keys_of(session: Session, held: Office, listed: Left) -> None:
    """Ends the command for hashes that nobody could be recognised by."""
    try:
        check_used_keys(session, held.keyring, {row.key_id for row in listed.suppressed})
    except WrongSecrets as error:
        fail(str(error))


def _scrub(held: Office) -> None:
    if not scrub_now(held):
        err.print("The service is reading: its worker empties the write-ahead log in a moment.", style="yellow")


@contextmanager
def office() -> Iterator[Office]:
    with identified() as sessions:
        yield make_office(sessions, read_settings(), utc_now)


def _key(address: str) -> str:
    """Ends the command for what is no address."""
    try:
        return parse_address(address).unique_key
    except ValueError as error:
        fail(f"The address {error}.")
