"""`kb init`: everything that a new folder needs before `kb serve`."""

from pathlib import Path
from typing import Annotated, Final

import typer

from app.cli.content.seeds import seed_folder
from app.cli.context import out, read_settings, report_file_errors
from app.cli.database.migration import bring_up_to_date
from app.cli.settings_table import shown_value
from app.config.setting_names import PREFIX
from app.config.settings import Settings
from app.kit.system.private_files import make_private_folder, write_private

ENVIRONMENT_FILE: Final = Path(".env")
HEADING: Final = """\
# Settings of this knowledge base. A line that begins with # is a comment: what is commented out has the value shown.
# Variables of the environment win over this file. `kb settings` lists all settings.
"""


def init(
    with_seeds: Annotated[
        bool,
        typer.Option("--seed/--no-seed", help="Whether to load the seed data, or start with an empty catalogue."),
    ] = True,
) -> None:
    """Set up this folder: write `.env`, make the folders (readable by you alone), migrate and seed the database."""
    settings = read_settings()
    with report_file_errors():
        if not ENVIRONMENT_FILE.exists():
            with write_private(ENVIRONMENT_FILE, "x", encoding="utf-8") as file:
                file.write(settings_file())
            out.print(f"{ENVIRONMENT_FILE}: every setting, with its default. Set KB_BASE_URL first.", markup=False)
        for folder in (Path(settings.mail_directory), settings.signing_keys.parent):
            make_private_folder(folder)
    bring_up_to_date()
    if with_seeds:
        seed_folder(settings.seeds, dry_run=False)
    out.print("Next: `kb serve`; `kb key create` makes the first key for staff.", markup=False)


def settings_file() -> str:
    """Every setting with its meaning, commented out, with its default as the variable would have to be written."""
    lines = [HEADING]
    for name, field in Settings.model_fields.items():
        default = shown_value(field.get_default(call_default_factory=True))
        lines.append(f"\n# {field.description}\n# {PREFIX}{name.upper()}={default}\n")
    return "".join(lines)
