"""`kb key …`: the first key, and what is left when every key is lost."""

import re
from datetime import date
from typing import Annotated, cast, get_args

import typer
from rich.table import Table

from app.cli.opening import err, fail, out, ready
from app.kit.clock import rfc3339, utc_now
from app.kit.errors import AppError
from app.staff.actors import CLI
from app.staff.keys import LONGEST_LIFE, Extent, all_keys, find_key, left_by, make_key, revoke
from app.staff.scopes import SCOPES

keys = typer.Typer(no_args_is_help=True, help="Keys of staff: make, list, revoke.")


@keys.command()
def create(
    name: Annotated[str, typer.Option(prompt="Whose key is it?", help="Whose key it is: history shows this name.")],
    scope: Annotated[list[str] | None, typer.Option(help="What it is for; the first key has all scopes.")] = None,
    expires: Annotated[str, typer.Option(help="How many days it works, or until which day (2027-01-31).")] = "365",
) -> None:
    """Make a key and show it, this once."""
    now = utc_now()
    days = _days(expires, now.date())
    try:
        with ready() as sessions, sessions.write() as session:
            if not scope and all_keys(session):
                fail(f"Say what it is for, by --scope: {', '.join(SCOPES)}.")
            row, token = make_key(session, name=name.strip(), scopes=scope or [*SCOPES], days=days, by=CLI, now=now)
            until = rfc3339(row.expires_at)
    except AppError as error:
        fail("\n".join(fault.message for fault in error.errors) or error.detail)
    out.print(f"Keep it now, it is not shown again. It works until {until}.", markup=False)
    print(token.text)


@keys.command("list")
def list_keys() -> None:
    """Every key there is or was: whose, what for, until when. The keys themselves are kept nowhere."""
    now = utc_now()
    table = Table("id", "name", "state", "expires", "last used", "scopes")
    with ready() as sessions, sessions.read() as session:
        for row in all_keys(session):
            used = "" if row.last_used_at is None else rfc3339(row.last_used_at)
            table.add_row(row.id, row.name, row.state(now), rfc3339(row.expires_at), used, " ".join(row.scopes))
    out.print(table)


@keys.command("revoke")
def revoke_key(
    key: Annotated[str, typer.Argument(help="Its id, as `kb key list` shows it.")],
    extent: Annotated[str, typer.Option(help=f"What ends: {', '.join(get_args(Extent))}.")] = "successors",
) -> None:
    """Make a key useless, at once, and those that it was rotated into; with `--extent all` also those it made."""
    if extent not in get_args(Extent):
        fail(f"--extent: one of {', '.join(get_args(Extent))} is wanted.")
    now = utc_now()
    try:
        with ready() as sessions, sessions.write() as session:
            row = find_key(session, key, by=CLI, lock=True)
            revoke(session, row, by=CLI, now=now, extent=cast(Extent, extent))
            name, left = row.name, [f"{each.id} ({each.name})" for each in left_by(session, row, now)]
    except AppError as error:
        fail(error.detail)
    out.print(f"The key of {name} works no more.", markup=False)
    if left:
        err.print(f"Made with it, and good still: {', '.join(left)}.", style="yellow", markup=False, soft_wrap=True)


def _days(expires: str, today: date) -> int:
    """Ends the command for what is neither a number of days nor a day to come."""
    try:
        days = int(expires) if re.fullmatch(r"[0-9]{1,4}", expires) else (date.fromisoformat(expires) - today).days
    except ValueError:
        fail("--expires: a number of days or a day is wanted, as 90 or 2027-01-31.")
    if not 1 <= days <= LONGEST_LIFE:
        fail(f"--expires: a key works for 1 to {LONGEST_LIFE} days.")
    return days
