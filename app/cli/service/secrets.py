"""`kb secrets …`: the file that is part of the service's identity."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.table import Table

from app.cli.context import fail, identified, migrated_database, out, read_settings
from app.kit.clock import rfc3339, utc_now
from app.kit.signing_keys import SecretsUnreadable, SigningKeys
from app.ops.signing_keys import KeyLoss, accept_loss, listed, loss, settle_secrets
from app.staff.auth.actors import CLI
from app.staff.auth.security_log import SecurityEvent, record

secrets = typer.Typer(
    no_args_is_help=True, help="Manage the keys that sign links in mails: list, rotate, accept a loss."
)


@secrets.command("list")
def list_secrets() -> None:
    """List the ids of the signing keys of this database. The keys themselves are never shown."""
    signing_keys = SigningKeys(read_settings().signing_keys)
    table = Table("id", "since", "state")
    with migrated_database() as sessions, sessions.read() as session, _legible():
        for row, is_there in listed(session, signing_keys):
            state = "there" if is_there else "lost" if row.lost_at else "missing"
            table.add_row(row.key_id, rfc3339(row.registered_at), state)
    out.print(table)


@secrets.command()
def rotate() -> None:
    """Add a signing key for new links; links signed with older keys remain valid. Copy the file to every machine, and
    restart the service there."""
    signing_keys = SigningKeys(read_settings().signing_keys)
    with identified() as sessions:
        key_id = signing_keys.rotate()
        settle_secrets(sessions, signing_keys, now=utc_now())
        with sessions.write() as session:
            record(session, SecurityEvent("rotate", "secrets", key_id), by=CLI, now=utc_now())
    out.print(
        f"New links are signed with {key_id}. Copy {signing_keys.path} to every machine, and restart the service."
    )


@secrets.command("accept-loss")
def accept_the_loss(
    confirm: Annotated[str | None, typer.Option(help="The confirmation phrase, for scripts.")] = None,
) -> None:
    """Continue without lost signing keys. Explains the consequences and asks for confirmation."""
    signing_keys = SigningKeys(read_settings().signing_keys)
    with migrated_database() as sessions:
        with sessions.read() as session, _legible():
            lost = loss(session, signing_keys)
        if not lost.keys and signing_keys.exists:
            fail("No signing key of this database is missing.")
        phrase = " ".join(("lose", *(lost.keys or ("all",))))
        out.print(_cost(lost), markup=False, soft_wrap=True)
        if (confirm if confirm is not None else typer.prompt(f"To accept that, type: {phrase}")) != phrase:
            fail("Nothing was changed.")
        with sessions.write() as session:
            accept_loss(session, signing_keys, now=utc_now())
            record(session, SecurityEvent("lose", "secrets", note=phrase[:500]), by=CLI, now=utc_now())
    out.print(
        f"The service continues with {signing_keys.path}. Keep a copy apart from your backups, and copy it to every "
        "machine."
    )


def _cost(lost: KeyLoss) -> str:
    return (
        f"{lost.suppressions} hash(es) of people who unsubscribed, complained or were erased no longer match any "
        "address: do not import an older list of addresses or restore an older backup, or these people receive "
        f"mails again. The unsubscribe links in mails already sent to {lost.subscribers} subscriber(s) stop working: "
        "they must request a management link or write to you. Bounces of mails already sent are not recognised."
    )


@contextmanager
def _legible() -> Iterator[None]:
    """Ends the command for a file that holds something else."""
    try:
        yield
    except SecretsUnreadable as error:
        fail(f"{error}.")
