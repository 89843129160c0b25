"""The table of a run, and the page of the documentation that keeps the latest."""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks.load import CONNECTIONS, Load, tool
from benchmarks.other_services import MAX_LENGTH, PER_RUN
from benchmarks.rows import Row

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
REQUIREMENTS = Path(__file__).parent
DIRECTUS = REQUIREMENTS / "directus" / "package.json"
MET = {True: "yes", False: "**no**", None: ""}
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
- Bare Uvicorn sends the very bytes and headers of the service's answer from memory. FastAPI, ORM and Pydantic
  are `benchmarks/baseline.py`.
- "Every URL different": one or two topics, one or two stages and a page, none asked of a server twice.
- "200,000 beside 10,000", with p50 and p99: {probes} requests, none of them twice, so that the response cache knows
  none; one after the other over one connection. p50 and p99 are the times that the client saw, CPU is the
  server's processor time for each request. The control is the service itself with 10,000.
- Frequent words stand each in 35 to 75 of a hundred publications. Excluding another word every time keeps a
  set of hits from being known already. Misspelt words have two letters swapped. Autocomplete is asked
  at each letter of two words, from the first on.
- By cursor: every page is asked for with the cursor of the page before, and all publications must have come.
  The ratios are those of the medians.
- Datasette ({datasette}, its own virtual environment, `benchmarks/datasette-requirements.txt`) has the same
  publications (`benchmarks/datasette.py`): terms as JSON arrays, for its facets, and in tables between, which its
  filters are quicker by; indexes; an FTS5 table; the file declared immutable, so that it need not look
  for changes. Defaults otherwise, but its time limits are raised so that it answers in full, and it suggests no
  facets, which would cost it more. One process each; 25 results. It sorts by primary key, where
  the service sorts by date, and by relevance for words. Both must count the same, in all and by format,
  before they are measured. Where an answer of Datasette takes more than {longest:g} s alone, both are asked one
  at a time only; where it takes long, its runs last {per_run} times as long as one.
- Django REST framework ({rest_framework}, its own virtual environment, `benchmarks/restframework-requirements.txt`) has
  the same file (`benchmarks/rest_framework_site.py`): models, a model serializer with topics and stages prefetched, a
  filter set, pages by number; words by the FTS5 table, and a `GROUP BY` a facet. JSON only, no authentication, no
  middleware; Uvicorn with uvloop, one process. The rest as with Datasette.
- Directus ({directus}, its own environment, `benchmarks/directus/`, on SQLite, by Node 22) has the same publications
  (`benchmarks/directus.py`): topics and stages as many-to-many relations, indexes in both directions, read permission
  for everybody. It is asked by its REST API: 25 results with their topics and stages, and how many there are. It counts
  each facet in a request of its own, so neither is asked for facets. Words are `_contains` of title, summary, venue and
  authors, for its `search` knows no two words apart; the generated words stand inside no other. Production mode, one
  process; no telemetry, no cache, no limiter of requests or pressure, no application of its own. Version 11: without a
  key, version 12 sends telemetry whatever is set.
- Memory: `VmRSS` of proc(5) after the load of filters, facets and words, in the process that read the index from its
  files; "at most" is `VmHWM`, and is what the requirement is held to.

What requests cost that are made to cost much is in [performance-hostile.md](performance-hostile.md).

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
        longest=MAX_LENGTH,
        per_run=PER_RUN,
        datasette=locked("datasette"),
        rest_framework=locked("djangorestframework", "restframework"),
        directus=json.loads(DIRECTUS.read_text())["dependencies"]["directus"],
        versions=versions(),
    )


def machine() -> str:
    """Cores, processor and memory, as Linux names them."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB of memory, {platform.system()}"


def versions() -> str:
    packages = (f"{package} {version(package)}" for package in PACKAGES)
    return ", ".join((f"Python {platform.python_version()}", *packages))


def locked(package: str, environment: str | None = None) -> str:
    """The version that is locked for the environment of another service, by default the package's own."""
    lines = (REQUIREMENTS / f"{environment or package}-requirements.txt").read_text().splitlines()
    return next(line.split()[0].partition("==")[2] for line in lines if line.startswith(f"{package}=="))


def _cells(row: Row) -> tuple[str, ...]:
    return row.what, row.ours, row.control, row.result, row.required, MET[row.met]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
