"""`python -m benchmarks.run`: measure, print the table, keep it in `docs/performance.md`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from benchmarks import other_services, query_grammar, report, scenarios
from benchmarks.databases import ROOT
from benchmarks.load import Load
from benchmarks.rows import PROBES, Row, Scenario

PAGE = ROOT / "docs" / "performance.md"
SCENARIOS = (*scenarios.SCENARIOS, *query_grammar.SCENARIOS, *other_services.SCENARIOS)


def main(
    quick: Annotated[bool, typer.Option(help="Only 10,000 publications, runs of 2 s.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="Only the scenario of this name; repeatable.")] = None,
) -> None:
    """Measure the service against its requirements; ends with 1 if one is not met.

    Only a whole run, neither `--quick` nor `--only`, is kept in `docs/performance.md`.
    """
    load = Load(seconds=2) if quick else Load()
    rows = [row for scenario in chosen(quick, only or []) for row in measured(scenario, load)]
    typer.echo(f"\n{report.table(rows)}\n\n{report.machine()}\n{report.versions()}")
    if not quick and not only:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(report.page(rows, load, PROBES, datetime.now(UTC).date()))
    raise typer.Exit(0 if all(row.met is not False for row in rows) else 1)


def chosen(quick: bool, only: list[str]) -> list[Scenario]:
    """Raises `typer.BadParameter` for a name that no scenario has."""
    names = {scenario.name for scenario in SCENARIOS}
    if unknown := set(only) - names:
        raise typer.BadParameter(f"no scenario {', '.join(sorted(unknown))}; there are {', '.join(sorted(names))}")
    wanted = only or names
    return [each for each in SCENARIOS if each.name in wanted and not (quick and each.large)]


def measured(scenario: Scenario, load: Load) -> list[Row]:
    typer.echo(f"{scenario.name} …", err=True)
    rows = list(scenario.measure(load))
    for row in rows:
        typer.echo(f"  {' | '.join((row.what, row.ours, row.control, row.result))}", err=True)
    return rows


if __name__ == "__main__":
    typer.run(main)
