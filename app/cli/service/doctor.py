"""`kb doctor`: what is wrong with this installation, and what to do."""

import json
from typing import Final

import typer

from app.cli.context import AsJson, out, read_settings
from app.config.version import VERSION
from app.kit.clock import utc_now
from app.ops.doctor.examination import examine
from app.ops.doctor.findings import Verdict

_STYLES: Final = {Verdict.problem: "red", Verdict.warning: "yellow", Verdict.fine: "green", Verdict.unknown: ""}


def doctor(as_json: AsJson = False) -> None:
    """Diagnose this installation: report what is wrong, and what to do. Changes nothing, takes less than a minute,
    and exits with 1 if there is a problem."""
    found = examine(read_settings(), version=VERSION, now=utc_now())
    problems = sum(each.verdict == Verdict.problem for findings in found.values() for each in findings)
    if as_json:
        findings = [
            {"check": name, "verdict": each.verdict, "text": each.text} for name in found for each in found[name]
        ]
        print(json.dumps({"problems": problems, "findings": findings}))
    else:
        for name, parts in found.items():
            for each in parts:
                out.print(f"{each.verdict:8}", style=_STYLES[each.verdict], end=" ")
                out.print(f"{name}: {each.text}", markup=False, highlight=False, soft_wrap=True)
        out.print(f"{problems} problem(s)." if problems else "No problem was found.")
    if problems:
        raise typer.Exit(1)
