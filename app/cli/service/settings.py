"""`kb settings`: all of them as the documentation has them, or as they are here."""

import json
from pathlib import Path
from typing import Annotated

import typer

from app.cli.context import fail, read_settings, report_file_errors
from app.cli.settings_table import current_settings, settings_markdown, with_settings


def settings(
    write: Annotated[Path | None, typer.Option(help="Markdown file whose table to update.")] = None,
    current: Annotated[
        bool, typer.Option("--current", help="Show the values in use and where each comes from, without secrets.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --current: print JSON, for scripts.")] = False,
) -> None:
    """List every setting, as a Markdown table."""
    if current:
        found = current_settings(read_settings())
        if as_json:
            print(json.dumps({name: {"value": value, "origin": place} for name, value, place in found}))
        else:
            print("\n".join(f"{name}={value}  # {place}" for name, value, place in found))
        return
    if write is None:
        print(settings_markdown())
        return
    try:
        with report_file_errors():
            write.write_text(with_settings(write.read_text(encoding="utf-8")), encoding="utf-8")
    except ValueError as error:
        fail(f"{write}: {error}")
