"""Exports of everything, by processor time: records a second in every format, and whether memory grows with them.

python -m benchmarks.exports --publications 20000 --rounds 3
"""

import resource
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Annotated

import typer

from app.config.settings import Settings
from app.exports.formats import FORMATS, Format
from app.main import Service, create_app
from app.reading.content.projection import find_view
from app.reading.context import ReadingContext
from app.reading.export_stream import ExportPlan, export_blocks
from app.reading.exports import list_context
from app.search.query.model import Query
from benchmarks.databases import service_database

COLLECTION = "publications"
LEAST = {"ndjson": 10_000, "csv": 10_000, "ris": 5_000, "bibtex": 5_000, "csl": 5_000}
"""Records a second of processor time that an export must make."""


def main(
    publications: Annotated[int, typer.Option(help="How many are exported.")] = 20_000,
    rounds: Annotated[int, typer.Option(help="Of which the fastest counts.")] = 3,
) -> None:
    """Ends with 1 where a format is slower than it must be."""
    url = f"sqlite:///{service_database(publications)}"
    with closing(create_app(Settings(_env_file=None, database_url=url, access_log=False))) as service:
        slow = [name for name, speed in measured(service, rounds) if speed < LEAST.get(name, 0)]
    if slow:
        raise SystemExit(f"too slow: {', '.join(slow)}")


def measured(service: Service, rounds: int) -> Iterator[tuple[str, float]]:
    print("| format | records/s of processor time | MB | peak memory more, MB |\n| --- | --- | --- | --- |")
    for form in FORMATS.values():
        plan = plan_of(service, form)
        if plan is None:
            continue
        before = peak()
        results = [export(service, plan) for _ in range(rounds)]
        seconds, size = min(results)
        speed = len(service.index.current_snapshot().members(COLLECTION)) / seconds
        print(f"| {form.label} | {speed:,.0f} | {size / 2**20:.0f} | {(peak() - before) / 2**20:.0f} |", flush=True)
        yield form.name, speed


def plan_of(service: Service, form: Format) -> ExportPlan | None:
    """None for what is not streamed."""
    snapshot = service.index.current_snapshot()
    view = find_view(["publication"], form)
    if view is None or form.is_formatted:
        return None
    query = Query(COLLECTION, sort=snapshot.default_order(COLLECTION))
    return ExportPlan(query, form, view, list_context(service.services[ReadingContext], snapshot, query, ()), 10**9)


def export(service: Service, plan: ExportPlan) -> tuple[float, int]:
    """Seconds of processor time, and bytes."""
    started = time.process_time()
    with service.index.open_view() as view:
        size = sum(map(len, export_blocks(view, plan, packed=False)))
    return time.process_time() - started, size


def peak() -> int:
    """Bytes that the process has taken at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    typer.run(main)
