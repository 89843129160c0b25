"""`kb key …`: the first key, and what is left when every key is lost."""

import re
from datetime import date
from typing import Annotated, cast, get_args

import typer

from app.cli.context import AsJson, err, fail, migrated_database, out, print_rows
from app.kit.clock import rfc3339, utc_now
from app.kit.errors import AppError
from app.staff.auth.actors import CLI
from app.staff.auth.keys import MAX_LIFETIME_DAYS, Extent, all_keys, find_key, left_by, make_key, revoke
from app.staff.scopes import SCOPES

keys = typer.Typer(no_args_is_help=True, help="Manage keys of staff and of partners: create, list, revoke.")


@keys.command()
def create(
    name: Annotated[
        str, typer.Option(prompt="Whose key is it?", help="Name of the key's owner, as shown in the history.")
    ],
    scope: Annotated[
        list[str] | None, typer.Option(help="Scope of the key (repeatable); the first key has all scopes.")
    ] = None,
    expires: Annotated[str, typer.Option(help="Days until it expires, or its last day (2027-01-31).")] = "365",
    contact: Annotated[
        str | None, typer.Option(help="E-mail address of a contact; required for a key with public:read alone.")
    ] = None,
) -> None:
    """Create a key, and show it once."""
    now = utc_now()
    days = _days(expires, now.date())
    try:
        with migrated_database() as sessions, sessions.write() as session:
            if not scope and all_keys(session):
                fail(f"Choose its scopes with --scope: {', '.join(SCOPES)}.")
            row, token = make_key(
                session, name=name.strip(), scopes=scope or [*SCOPES], days=days, by=CLI, now=now, contact=contact
            )
            until = rfc3339(row.expires_at)
    except AppError as error:
        fail("\n".join(error.message for error in error.errors) or error.detail)
    out.print(f"Store it now: it is not shown again. It expires on {until}.", markup=False)
    print(token.text)


@keys.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List every key with its owner, scopes and expiry. Secrets are not stored."""
    now = utc_now()
    with migrated_database() as sessions, sessions.read() as session:
        rows = [
            (
                row.id,
                row.name,
                row.state(now),
                rfc3339(row.expires_at),
                "" if row.last_used_at is None else rfc3339(row.last_used_at),
                row.contact or "",
                " ".join(row.scopes),
            )
            for row in all_keys(session)
        ]
    title = ("id", "name", "state", "expires", "last used", "contact", "scopes")
    print_rows(title, rows, as_json=as_json, none="There is no key: `kb key create` makes one.")


@keys.command("revoke")
def revoke_key(
    key: Annotated[str, typer.Argument(help="Id of the key, as shown by `kb key list`.")],
    extent: Annotated[str, typer.Option(help=f"Which keys to revoke: {', '.join(get_args(Extent))}.")] = "successors",
) -> None:
    """Revoke a key immediately, and the keys it was rotated into; with `--extent all` also those it created."""
    if extent not in get_args(Extent):
        fail(f"--extent must be one of {', '.join(get_args(Extent))}.")
    now = utc_now()
    try:
        with migrated_database() as sessions, sessions.write() as session:
            row = find_key(session, key, by=CLI, lock=True)
            revoke(session, row, by=CLI, now=now, extent=cast(Extent, extent))
            name, left = row.name, [f"{each.id} ({each.name})" for each in left_by(session, row, now)]
    except AppError as error:
        fail(error.detail)
    out.print(f"The key of {name} is revoked.", markup=False)
    if left:
        err.print(
            f"Created with it, and still active: {', '.join(left)}.", style="yellow", markup=False, soft_wrap=True
        )


def _days(expires: str, today: date) -> int:
    """Ends the command for what is neither a number of days nor a day to come."""
    try:
        days = int(expires) if re.fullmatch(r"[0-9]{1,4}", expires) else (date.fromisoformat(expires) - today).days
    except ValueError:
        fail("--expires must be a number of days or a date, for example 90 or 2027-01-31.")
    if not 1 <= days <= MAX_LIFETIME_DAYS:
        fail(f"--expires: a key is valid for 1 to {MAX_LIFETIME_DAYS} days.")
    return days
