"""`make fuzz`: Schemathesis, all phases, against the served seed data; FUZZ_CASES is the least number of cases,
FUZZ_SEED chooses others."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from subprocess import PIPE, STDOUT
from threading import Lock
from typing import Any

import httpx

from tests.clients.serving import KB, environment_in, running

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.prefix) / "fuzz" / "bin" / "st"
"""In an environment of its own, as `make fuzz` makes it."""

PHASES = ("examples", "coverage", "fuzzing", "stateful")
PARTS = (
    ("--exclude-tag", "staff"),
    ("--include-tag", "staff", "--phases", ",".join(PHASES[:3])),
)
"""Readers, and staff, who change what is there: at once, each over seed data of its own. Links lead readers only."""
OUTPUT = Lock()
"""Held while the report of one part is printed."""
HURRIED = {"KB_KEY_RATE_LIMIT": "1000000", "KB_INVALID_KEY_RATE_LIMIT": "1000000", "KB_SIGNUP_RATE_LIMIT": "1000000"}
SETTINGS = {"KB_BOUNCE_SECRET": "0" * 32, "KB_PUBLIC_USAGE": "true", **HURRIED}
"""Everything is there, and nobody is asked to wait."""
UNANSWERABLE = (
    "/v1/dump",
    "/v1/dump/{name}",
    "/v1/subscriptions/confirmations",
    "/v1/subscriptions/me",
    "/v1/subscriptions/me/export",
    "/v1/unsubscribe/{token}",
    "/v1/mail-reports",
)
"""What is there once a job has made it, and what is accepted only from who has a mail, or a secret, of ours."""

USUAL_CASES = 20_000
USUAL_SEED = "1"
"""So that a build fails by what was changed. Another one, now and then, finds other cases."""
USUAL_EXAMPLES = 15
"""Cases a phase and operation; the systematic ones alone come to more than the usual number."""


def main() -> int:
    """The exit status: not 0 where something was found, or too little was tried."""
    least = int(os.environ.get("FUZZ_CASES") or USUAL_CASES)
    with ThreadPoolExecutor(len(PARTS)) as pool:
        statuses, reports = zip(*pool.map(partial(tried, least=least), PARTS), strict=True)
    lacking = too_little(reports, least)
    for each in lacking:
        print(each, file=sys.stderr)
    return max(statuses) or bool(lacking)


def tried(part: Sequence[str], least: int) -> tuple[int, dict[str, Any]]:
    """The exit status and the report of the operations that these options choose, asked by somebody with a key."""
    with tempfile.TemporaryDirectory() as folder:
        environment, report = environment_in(folder) | SETTINGS, Path(folder) / "report.json"
        with running(environment) as address:
            made = subprocess.run([KB, "key", "create", "--name", "Fuzzer"], env=environment, stdout=PIPE, check=True)
            key = made.stdout.decode().splitlines()[-1]
            status = fuzz(f"{address}/openapi.json", part, key, least, report)
        return status, json.loads(report.read_text("utf-8"))


def too_little(reports: Sequence[dict[str, Any]], least: int) -> list[str]:
    """What was not tried, by the program's own reports."""
    generated = sum(each["test_cases"]["generated"] for each in reports)
    lacking = [f"Only {generated} cases of {least}."] if generated < least else []
    for name in PHASES:
        if all(each["phases"][name]["status"] == "skip" for each in reports):
            lacking.append(f"Nothing of the phase {name}.")
    rates = [pair for each in reports for pair in each["valid_rates"].items()]
    wanting = [name for name, phases in rates if not (name.endswith(UNANSWERABLE) or accepted(phases))]
    lacking += [f"Never accepted: {name}." for name in wanting]
    return lacking


def accepted(phases: dict[str, dict[str, int]]) -> bool:
    return any(rates["accepted"] for rates in phases.values())


def fuzz(description: str, part: Sequence[str], key: str, least: int, report: Path) -> int:
    paths = httpx.get(description).raise_for_status().json()["paths"]
    examples = USUAL_EXAMPLES + max(0, least - USUAL_CASES) // sum(map(len, paths.values()))
    chance = ("--seed", os.environ.get("FUZZ_SEED") or USUAL_SEED)
    written = ("--report-json-path", str(report), "--no-color")
    options = ("--max-examples", str(examples), *chance, *written, *part, *sys.argv[1:])
    configured = (PROGRAM, "--config-file", ROOT / "tests" / "fuzz" / "schemathesis.toml")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "FUZZ_KEY": key}
    done = subprocess.run(
        [*configured, "run", description, *options], env=environment, cwd=ROOT, stdout=PIPE, stderr=STDOUT
    )
    with OUTPUT:
        sys.stdout.buffer.write(done.stdout)
        sys.stdout.flush()
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
