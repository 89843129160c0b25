"""What a probe found, and probes that run beside each other, each no longer than it may."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from queue import Empty, SimpleQueue
from typing import Final

SECONDS: Final = 15.0
"""For all probes together: they run at once."""


class Verdict(StrEnum):
    fine = "fine"
    unknown = "unknown"
    warning = "warning"
    problem = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """`text` is one sentence or two; what to do stands in that of a problem or a warning."""

    verdict: Verdict
    text: str


def fine(text: str) -> Finding:
    return Finding(Verdict.fine, text)


def unknown(text: str) -> Finding:
    """It was not or could not be looked at."""
    return Finding(Verdict.unknown, text)


def warning(text: str) -> Finding:
    """It works, and should not stay so."""
    return Finding(Verdict.warning, text)


def problem(text: str) -> Finding:
    return Finding(Verdict.problem, text)


Probe = Callable[[], Iterable[Finding]]


def run_probes(probes: Mapping[str, Probe], seconds: float = SECONDS) -> dict[str, list[Finding]]:
    """By name, in their order. A probe that has not finished in time is reported as such: its thread is abandoned,
    and ends with the process. What a probe raises is its finding: others go on."""
    answers: SimpleQueue[tuple[str, list[Finding]]] = SimpleQueue()
    for name, probe in probes.items():
        threading.Thread(target=_answer, args=(answers, name, probe), name=f"doctor-{name}", daemon=True).start()
    end = time.monotonic() + seconds
    found: dict[str, list[Finding]] = {}
    while len(found) < len(probes):
        try:
            name, findings = answers.get(timeout=max(0.0, end - time.monotonic()))
        except Empty:
            break
        found[name] = findings
    late = [problem(f"No answer within {seconds:.0f} seconds: what was asked hangs, or is very slow.")]
    return {name: found.get(name, late) for name in probes}


def _answer(answers: SimpleQueue[tuple[str, list[Finding]]], name: str, probe: Probe) -> None:
    findings: list[Finding] = []
    try:
        findings.extend(probe())
    except Exception as error:  # the point of it: anything may be wrong here
        findings.append(problem(f"This could not be looked at: {type(error).__name__}: {error}"))
    answers.put((name, findings))
