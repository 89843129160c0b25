"""`kb`: everything the person who runs the service does."""

import logging
import signal
from importlib import import_module
from typing import Annotated

import typer

from app.cli.entry_point import stop
from app.cli.lazy_group import LazyCommand, LazyGroup
from app.config.version import VERSION


class Commands(LazyGroup):
    """In the order of the help, each with the first sentence of its docstring."""

    available = (
        LazyCommand(
            "init",
            "app.cli.service.installation:init",
            "Set up this folder: write `.env`, make the folders (readable by you alone), migrate and seed the "
            "database.",
        ),
        LazyCommand(
            "migrate",
            "app.cli.database.migration:migrate",
            "Migrate the database to the current schema, and render all documents that show new fields.",
        ),
        LazyCommand(
            "downgrade",
            "app.cli.database.downgrade:downgrade",
            "Downgrade the tables for an older version, which is then to be installed.",
        ),
        LazyCommand(
            "seed",
            "app.cli.content.seeds:seed",
            "Seed the catalogue: create what is missing, update what seeding wrote, keep what people changed.",
        ),
        LazyCommand(
            "status",
            "app.cli.service.status:status",
            "Show version, database, queue, mail, worker, backups, disk and certificates.",
        ),
        LazyCommand(
            "doctor",
            "app.cli.service.doctor:doctor",
            "Diagnose this installation: report what is wrong, and what to do.",
        ),
        LazyCommand(
            "backup",
            "app.cli.database.backups:backup",
            "Back up the database while it is in use, verify the copy, and delete backups older than KB_KEEP_BACKUPS.",
        ),
        LazyCommand(
            "restore",
            "app.cli.database.backups:restore",
            "Restore a backup to KB_DATABASE_URL, where no database may exist yet.",
        ),
        LazyCommand(
            "verify",
            "app.cli.database.backups:verify",
            "Verify a backup: its checksum, the file, and its documents against its catalogue.",
        ),
        LazyCommand(
            "copy",
            "app.cli.database.database_copy:copy",
            "Copy everything to another database, and compare the two.",
        ),
        LazyCommand(
            "worker",
            "app.cli.service.jobs:worker",
            "Run the background worker (as does `kb serve`, unless KB_WORKER is false).",
        ),
        LazyCommand("jobs", "app.cli.service.jobs:jobs", "List failed and uncertain jobs."),
        LazyCommand(
            "check-links",
            "app.cli.content.links:check_links",
            "Check every public link, slowly; GET /v1/staff/links lists the broken ones.",
        ),
        LazyCommand(
            "redact",
            "app.cli.content.redaction:redact",
            "Redact a field of a revision permanently, also in stored responses and imports.",
        ),
        LazyCommand(
            "dump",
            "app.cli.content.dump:dump",
            "Write everything public to a file that `/v1/dump` serves, unless the newest dump is up to date.",
        ),
        LazyCommand("serve", "app.cli.service.server:serve", "Serve the knowledge base."),
        LazyCommand(
            "mcp",
            "app.cli.service.assistants:mcp",
            "Answer an assistant by the Model Context Protocol, on standard input and output.",
        ),
        LazyCommand(
            "practice",
            "app.cli.service.server:practice",
            "Serve a practice copy, which is deleted when it stops.",
        ),
        LazyCommand(
            "import",
            "app.cli.content.imports:import_file",
            "Import a file of references.",
        ),
        LazyCommand(
            "rebuild",
            "app.cli.database.integrity:rebuild",
            "Render all documents again, and report how many differed.",
        ),
        LazyCommand(
            "check",
            "app.cli.database.integrity:check",
            "Integrity check (read-only): the database file, its tables, and the documents against the catalogue.",
        ),
        LazyCommand(
            "openapi",
            "app.cli.service.openapi:openapi",
            "Print, write or check the OpenAPI description of a freshly seeded knowledge base.",
        ),
        LazyCommand("settings", "app.cli.service.settings:settings", "List every setting, as a Markdown table."),
        LazyCommand("key", "app.cli.service.keys:keys", "Manage keys of staff and of partners: create, list, revoke."),
        LazyCommand(
            "subscribers", "app.cli.mailing.subscribers:subscribers", "Manage subscribers: export, import, erase."
        ),
        LazyCommand("mail", "app.cli.mailing.mail:mail", "Show mails written to files, and process bounces."),
        LazyCommand(
            "secrets",
            "app.cli.service.secrets:secrets",
            "Manage the keys that sign links in mails: list, rotate, accept a loss.",
        ),
    )


cli = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,  # with it every flag is shown as if it took a value
    pretty_exceptions_show_locals=False,  # they hold the database's password
    help="Run and manage the knowledge base.",
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        print(VERSION)
        raise typer.Exit


@cli.callback()
def _prepare(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    import_module("app.cli.context").prepare_process()


def run() -> None:
    logging.captureWarnings(True)
    signal.signal(signal.SIGINT, stop)
    try:
        cli()
    except Exception as error:
        import_module("app.cli.context").report_refusal(error)
        raise


if __name__ == "__main__":
    run()
