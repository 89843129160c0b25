"""Progress bars on a terminal, for work that takes more than a moment."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from app.cli.context import err
from app.kit.system.progress import progress_told_to

PATIENCE: Final = 1.0
"""Seconds without a bar."""
COLUMNS: Final = (
    TextColumn("{task.description}"),
    BarColumn(),
    TextColumn("{task.fields[numbers]}"),
    TimeElapsedColumn(),
    TimeRemainingColumn(),
)


@contextmanager
def progress_shown() -> Iterator[None]:
    """On standard error, and nowhere else than on a terminal: scripts read nothing of it. A bar for each sort of work;
    the one of work whose end nobody knows only moves."""
    started = time.monotonic()
    tasks: dict[str, TaskID] = {}
    bars = Progress(*COLUMNS, console=err, disable=not err.is_terminal)

    def show(what: str, done: int, total: int) -> None:
        if time.monotonic() - started < PATIENCE:
            return
        bars.start()
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=None, numbers="")
        numbers = f"{done:,} of {total:,}" if total else ""
        bars.update(tasks[what], completed=done, total=total or None, numbers=numbers)

    try:
        with progress_told_to(show):
            yield
    finally:
        bars.stop()
