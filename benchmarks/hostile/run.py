"""`python -m benchmarks.hostile.run`: every hostile request, what each costs, and a fault where one costs too much."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from app.config.settings import Settings
from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.kit.clock import utc_now
from app.kit.signing_keys import SigningKeys
from app.kit.system.gc_tuning import gc_frozen, raise_gc_thresholds
from app.main import Service, create_app
from app.ops.signing_keys import settle_secrets
from app.search.index.snapshot import Snapshot
from benchmarks.databases import SECRETS, service_database
from benchmarks.hostile.meter import Cost, Request, cost
from benchmarks.hostile.requests import hostile
from benchmarks.servers import BASE_URL

SIZES = (20_000, 200_000)
MAX_BYTES = 2 * 2**20
MAX_STALL = 25.0
"""Milliseconds that the event loop may wait for one request."""
MAX_CPU = 200.0
"""Milliseconds of processor time."""
TRIES = 3
"""Measurements of what seemed too much, each from nothing known: the machine has other work as well."""


@dataclass(frozen=True)
class Measured:
    request: Request
    cost: Cost

    @property
    def faults(self) -> tuple[str, ...]:
        cost = self.cost
        found = {
            "size": cost.size > MAX_BYTES and not cost.streamed,
            "stall": cost.stall > MAX_STALL,
            "cpu": cost.cpu > MAX_CPU and not cost.streamed,
            "status": cost.status in (0, 500),
        }
        return tuple(name for name, wrong in found.items() if wrong)

    def __str__(self) -> str:
        cost = self.cost
        kind = "streamed" if cost.streamed else ""
        return (
            f"{cost.status} {cost.size:>10,} B {cost.cpu:>8.1f} ms {cost.stall:>7.1f} ms  "
            f"{self.request.name} {kind} {' '.join(self.faults).upper()}".rstrip()
        )


def main(
    entries: Annotated[
        list[int] | None, typer.Option(help="Publications; repeatable. 20,000 and 200,000 otherwise.")
    ] = None,
    every: Annotated[int, typer.Option(help="Only every so manieth request: a short form.")] = 1,
    only: Annotated[str, typer.Option(help="Only requests whose name has this regular expression.")] = "",
    quiet: Annotated[bool, typer.Option(help="Print what is over the bounds, and the dearest.")] = False,
) -> None:
    """Ends with 1 if a request costs more than it may."""
    failed = False
    for count in entries or SIZES:
        measured = uvloop.run(_measured(count, every, re.compile(only), quiet=quiet))
        failed |= _summarised(count, measured)
    raise typer.Exit(1 if failed else 0)


async def _measured(count: int, every: int, only: re.Pattern[str], *, quiet: bool) -> list[Measured]:
    service = started(service_database(count))
    try:
        found, forget = [], Forgetting(service)
        chosen = [request for request in hostile(service.index.snapshot) if only.search(request.name)]
        for request in chosen[::every]:
            measured = Measured(request, await _tried(service, forget, request))
            found.append(measured)
            if measured.faults or not quiet:
                typer.echo(str(measured))
        return found
    finally:
        service.close()


def started(database: Path) -> Service:
    """As `kb serve` does: with secrets, made at the first start."""
    settings = Settings(
        _env_file=None,
        base_url=BASE_URL,
        database_url=f"sqlite:///{database}",
        access_log=False,
        secret_file=str(SECRETS),
    )
    sessions = Sessions(make_engine(settings.database_url))
    settle_secrets(sessions, SigningKeys(settings.signing_keys), now=utc_now())
    sessions.dispose()
    raise_gc_thresholds()
    with gc_frozen():
        return create_app(settings)


async def _tried(service: Service, forget: "Forgetting", request: Request) -> Cost:
    """The least that it costs, from nothing known."""
    found: list[Cost] = []
    for _ in range(TRIES):
        forget()
        found.append(await cost(service, request))
        if not Measured(request, found[-1]).faults:
            break
    return replace(found[-1], cpu=min(each.cpu for each in found), stall=min(each.stall for each in found))


class Forgetting:
    """Leaves of the service what it has after its start: no kept answers, hits, ranges, counts and orders of others."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._start = replace(service.index.snapshot)
        self._orderings, self._columns = dict(self._start.orderings), dict(self._start.columns)

    def __call__(self) -> None:
        caches: dict[str, Any] = {each.name: {} for each in fields(Snapshot) if each.default_factory is dict}
        orders = {"orderings": dict(self._orderings), "columns": dict(self._columns)}
        self._service.index.snapshot = replace(self._start, **{**caches, **orders})
        self._service.asgi._response_cache.store.clear()


def _summarised(count: int, measured: Sequence[Measured]) -> bool:
    wrong = [each for each in measured if each.faults]
    dearest = sorted(measured, key=lambda each: -each.cost.cpu)[:10]
    slowest = sorted(measured, key=lambda each: -each.cost.stall)[:10]
    largest = sorted((each for each in measured if not each.cost.streamed), key=lambda each: -each.cost.size)[:5]
    typer.echo(f"\n{len(measured)} requests to {count:,} publications: status, bytes, processor time, longest stall")
    for title, chosen in (("most processor time", dearest), ("longest stalls", slowest), ("largest", largest)):
        typer.echo(f"\n{title}")
        typer.echo("\n".join(f"  {each}" for each in chosen))
    typer.echo(f"\n{len(wrong)} over the bounds of {MAX_BYTES:,} bytes, {MAX_STALL:g} ms and {MAX_CPU:g} ms")
    typer.echo("\n".join(f"  {each}" for each in wrong))
    return bool(wrong)


if __name__ == "__main__":
    typer.run(main)
