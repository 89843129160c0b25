"""`kbclient mirror FOLDER`: brings a mirror to the present, and shows how far it is."""

import argparse
import json
import os
import sys
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from knowledge_base_client.client import KnowledgeBase
from knowledge_base_client.connection import Options
from knowledge_base_client.errors import ApiError
from knowledge_base_client.mirror import STATE, MirrorError, Report, mirror

KEY = "KB_READ_KEY"
LABELS = {"dump": "Downloading (bytes)", "documents": "Unpacking", "changes": "Following changes"}


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    console = Console(stderr=True)
    try:
        address = given.address or _former_address(given.folder)
        if address is None:
            console.print("Say of which service: --address https://…")
            return 2
        options = Options(key=os.environ.get(KEY) or None, contact=given.contact)
        with KnowledgeBase(address, options=options) as kb:
            report = _run(kb, given.folder, console)
    except KeyboardInterrupt:
        console.print("Stopped. The next run goes on.")
        return 130
    except (ApiError, MirrorError, httpx.HTTPError, OSError) as error:
        console.print(f"[red]{type(error).__name__}[/red]: ", end="")
        console.print(str(error), markup=False)
        return 1
    begun = "made anew" if report.started_over else "brought to the present"
    print(f"{given.folder}: {begun}, revision {report.revision}; {report.written} written, {report.removed} removed")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kbclient", description="A client of a knowledge base.")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("mirror", help="Keep a copy of everything public in a folder.")
    command.add_argument("folder", type=Path, help="Where the documents are; it is made if it is not there.")
    command.add_argument("--address", help="Of the service; only the first time.")
    command.add_argument("--contact", help="Your address, for whoever runs the service.")
    command.epilog = f"A key for reading is taken from the environment: {KEY}."
    return parser


def _former_address(folder: Path) -> str | None:
    path = folder / STATE
    return json.loads(path.read_text("utf-8"))["address"] if path.exists() else None


def _run(kb: KnowledgeBase, folder: Path, console: Console) -> Report:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        tasks = {name: bars.add_task(label, total=None, visible=False) for name, label in LABELS.items()}

        def show(name: str, done: int, total: int | None) -> None:
            bars.update(tasks[name], completed=done, total=total, visible=True)

        return mirror(kb, folder, show)


if __name__ == "__main__":
    sys.exit(main())
