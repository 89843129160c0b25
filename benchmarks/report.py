"""The table of a run, and the page of the documentation that keeps the latest."""

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks.load import CONNECTIONS, Load, tool
from benchmarks.scenarios import Row

PACKAGES = (
    "fastapi",
    "starlette",
    "uvicorn",
    "uvloop",
    "httptools",
    "sqlalchemy",
    "pydantic",
    "tantivy",
    "pyroaring",
)
HEADINGS = ("what", "the service", "control", "result", "required", "met")

PAGE = """# Performance

Measured on {day} by `make bench`; every full run writes this page anew.
One worker, a page of 25, {machine}.

{table}

How it was measured:

- Generated catalogues (`benchmarks/generate.py`): summaries of 150 words, topics and words by Zipf's law,
  the same every time.
- Load comes from {tool}: {connections} connections on the loopback address of the same machine,
  {seconds:g} s a run. The service and its control take turns; each value is the median of {rounds} runs,
  each ratio the median of the ratios of neighbouring runs. In brackets: the server's processor time per
  request (all its threads, user and system), which other work on the machine disturbs least.
- Bare Uvicorn sends the very bytes and headers of the service's answer from memory. The other control is
  `benchmarks/baseline.py`.
- "Every URL different": one or two topics, one or two stages and a page, none asked of a server twice.
- Words: {probes} requests, one after the other over one connection. p50 and p99 are the times that the
  client saw, CPU is the server's processor time for each request.
- Memory: `VmRSS` of proc(5) after the load of filters, facets and words; "at most" is `VmHWM`, the building
  of the index included, and is what the requirement is held to.

Versions: {versions}.
"""


def table(rows: Iterable[Row]) -> str:
    """Markdown."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *(_cells(row) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def page(rows: Sequence[Row], load: Load, probes: int, day: date) -> str:
    return PAGE.format(
        day=day,
        machine=machine(),
        table=table(rows),
        tool=tool(),
        connections=CONNECTIONS,
        seconds=load.seconds,
        rounds=load.rounds,
        probes=probes,
        versions=versions(),
    )


def machine() -> str:
    """Cores, processor and memory, as Linux names them."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB of memory, {platform.system()}"


def versions() -> str:
    packages = (f"{package} {version(package)}" for package in PACKAGES)
    return ", ".join((f"Python {platform.python_version()}", *packages))


def _cells(row: Row) -> tuple[str, ...]:
    return row.what, row.ours, row.control, row.result, row.required, "yes" if row.met else "**no**"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
