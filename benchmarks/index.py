"""The index of a large catalogue: what it takes to store it, to start with it, and to answer from it.
`docs/scaling.md` has its figures.

python -m benchmarks.index --documents 1000000
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop

from app.main import Service, create_app
from app.ops.index_process import write_index
from benchmarks.hostile.meter import Request, cost
from benchmarks.partners import large_catalogue, settings_of

QUESTIONS: Final = (
    "/v1/publications",
    "/v1/publications?topic=topic-01&sort=-issued&page=40",
    "/v1/publications?sort=title",
    "/v1/publications?facets=topic,stage,format",
    "/v1/map?rows=topic&columns=stage",
    "/v1/publications?q=gozuguk+lumigik",
    "/search?q=gozuguk",
)
ROUNDS: Final = 5
MB: Final = 2**20
Measured = dict[str, str]


def main(documents: Annotated[int, typer.Option(help="How many the catalogue has.")] = 200_000) -> None:
    """Prints a table. Each part is measured in a process of its own."""
    with large_catalogue(documents) as url, tempfile.TemporaryDirectory(prefix="kb-index-") as index:
        rows = _in_child("write", url, index) | _in_child("serve", url, index)
    print(f"| {documents:,} documents | measured |\n| --- | --- |")
    for what, value in rows.items():
        print(f"| {what} | {value} |")


def _in_child(part: str, url: str, index: str) -> Measured:
    program = f"from benchmarks.index import {part}; {part}({url!r}, {index!r})"
    ended = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    measured: Measured = json.loads(ended.stdout)
    return measured


def write(url: str, index: str) -> None:
    write_index(url, Path(index))
    size = sum(file.stat().st_size for file in Path(index).rglob("*") if file.is_file())
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    measured = {
        "files": f"{size / MB:,.0f} MB",
        "writing them": f"{time.process_time():.0f} s of processor time",
        "writing them, memory at most": f"{most / MB:,.0f} MB",
    }
    print(json.dumps(measured))


def serve(url: str, index: str) -> None:
    with closing(create_app(settings_of(url, index_directory=index))) as service:
        started = {"start, imports included": f"{time.process_time():.1f} s of processor time"}
        answers = uvloop.run(_answers(service))
    print(json.dumps(started | answers | _memory()))


async def _answers(service: Service) -> Measured:
    """Milliseconds of processor time: the very first time, and the median of those after it."""
    measured = {}
    for url in QUESTIONS:
        spent = []
        for _ in range(1 + ROUNDS):
            service.asgi._response_cache.store.clear()
            answer = await cost(service, Request(url, url, headers={"accept": "*/*"}))
            if answer.status != 200:
                raise RuntimeError(f"{answer.status} for {url}")
            spent.append(answer.cpu)
        first, *others = spent
        measured[f"`{url}`"] = f"{statistics.median(others):.1f} ms, the first time {first:.1f}"
    return measured


def _memory() -> Measured:
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    kilobytes = {name: int(number) for name, number, _ in (line.replace(":", "").split() for line in lines)}
    return {
        "memory of its own": f"{kilobytes['Anonymous'] / 1024:,.0f} MB",
        "resident": f"{kilobytes['Rss'] / 1024:,.0f} MB",
    }


if __name__ == "__main__":
    typer.run(main)
