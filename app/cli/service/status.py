"""`kb status`: what to look at first."""

import json

import typer
from rich.table import Table

from app.cli.context import AsJson, err, migrated_database, out, read_settings
from app.config.version import VERSION
from app.kit.clock import utc_now
from app.ops.status import add_certificates, certificate_probes, service_status


def status(as_json: AsJson = False) -> None:
    """Show version, database, queue, mail, worker, backups, disk and certificates. Exits with 1 if something is
    wrong."""
    settings = read_settings()
    with migrated_database() as sessions:
        found = service_status(sessions, settings, version=VERSION, now=utc_now())
    add_certificates(found, certificate_probes(settings), utc_now())
    if as_json:
        print(json.dumps(found.as_json()))
    else:
        table = Table(show_header=False)
        for name, value in found.facts.items():
            shown = (
                ", ".join(f"{number} {what}" for what, number in value.items()) if isinstance(value, dict) else value
            )
            table.add_row(name.replace("_", " "), f"{shown:,}" if isinstance(shown, int) else shown or "none")
        out.print(table)
        for problem in found.problems:
            err.print(problem, style="red", markup=False, soft_wrap=True)
    if found.problems:
        raise typer.Exit(1)
