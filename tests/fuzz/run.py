"""`make fuzz`: Schemathesis, all phases, against the served seed data; FUZZ_CASES is the least number of cases."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

from tests.clients.serving import served

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.prefix) / "fuzz" / "bin" / "st"
"""In an environment of its own, as `make fuzz` makes it."""

PHASES = ("examples", "coverage", "fuzzing", "stateful")
USUAL_CASES = 20_000
USUAL_EXAMPLES = 15
"""Cases a phase and operation; the systematic ones alone come to more than the usual number."""


def main() -> int:
    """The exit status: not 0 where something was found, or too little was tried."""
    least = int(os.environ.get("FUZZ_CASES") or USUAL_CASES)
    with served() as address, tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        status = fuzz(f"{address}/openapi.json", least, report)
        told = json.loads(report.read_text("utf-8"))
    lacking = too_little(told, least)
    for each in lacking:
        print(each, file=sys.stderr)
    return status or bool(lacking)


def too_little(told: dict[str, Any], least: int) -> list[str]:
    """What was not tried, by the program's own report."""
    generated = told["test_cases"]["generated"]
    lacking = [f"Only {generated} cases of {least}."] if generated < least else []
    lacking += [f"Nothing of the phase {name}." for name in PHASES if told["phases"][name]["status"] == "skip"]
    lacking += [f"Never accepted: {name}." for name, phases in told["valid_rates"].items() if not accepted(phases)]
    return lacking


def accepted(phases: dict[str, dict[str, int]]) -> bool:
    return any(rates["accepted"] for rates in phases.values())


def fuzz(description: str, least: int, report: Path) -> int:
    paths = httpx.get(description).raise_for_status().json()["paths"]
    examples = USUAL_EXAMPLES + max(0, least - USUAL_CASES) // sum(map(len, paths.values()))
    options = ("--max-examples", str(examples), "--report-json-path", str(report), "--no-color", *sys.argv[1:])
    configured = (PROGRAM, "--config-file", ROOT / "tests" / "fuzz" / "schemathesis.toml")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run([*configured, "run", description, *options], env=environment, cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
