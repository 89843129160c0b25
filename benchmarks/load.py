"""Bounded load on one server of this machine, and fair comparisons of two.

The machine is shared and its speed drifts, so two servers are compared in alternating runs, by the median of
the ratios of neighbouring runs, and by processor time per request beside requests per second.
"""

import json
import shutil
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks import client
from benchmarks.databases import VAR
from benchmarks.servers import Server

SCRIPT = Path(__file__).parent / "cycle.lua"
CONNECTIONS = 16
IDLE = 0.02
"""Seconds of processor time in a tenth of a second that no request can account for."""


class LoadFailed(RuntimeError):
    """Requests were refused, or there were none to send."""


@dataclass(frozen=True)
class Load:
    seconds: float = 4
    rounds: int = 3
    connections: int = CONNECTIONS


@dataclass(frozen=True)
class Measure:
    """One run; `p50` and `p99` are milliseconds under load, queueing included."""

    requests: int
    seconds: float
    cpu: float
    """Seconds of the server's processor time."""
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    @property
    def cost(self) -> float:
        """Milliseconds of the server's processor time per request."""
        return self.cpu * 1000 / self.requests


@dataclass
class Traffic:
    """What to ask a server: the paths over and over or, if `once`, none of them twice in all runs."""

    server: Server
    paths: Sequence[str]
    headers: Mapping[str, str] = field(default_factory=dict)
    once: bool = False
    sent: int = 0


@dataclass(frozen=True)
class Comparison:
    """Neighbouring runs of two servers."""

    pairs: Sequence[tuple[Measure, Measure]]

    def rate_ratio(self) -> float:
        """How many times as many requests per second the first answers."""
        return statistics.median(ours.rate / theirs.rate for ours, theirs in self.pairs)

    def cost_ratio(self) -> float:
        """How many times as much processor time a request costs the first."""
        return statistics.median(ours.cost / theirs.cost for ours, theirs in self.pairs)

    def describe(self, side: int) -> str:
        """Median speed and cost of the first (0) or the second (1)."""
        rate = statistics.median(pair[side].rate for pair in self.pairs)
        cost = statistics.median(pair[side].cost for pair in self.pairs)
        return f"{rate:,.0f}/s ({cost:.3f} ms)"


def compare(ours: Traffic, theirs: Traffic, load: Load, slow: Load | None = None) -> Comparison:
    """Alternating runs, after a short one of each that does not count; `slow` is what theirs needs, if more."""
    loads = (load, slow or load)
    for traffic, usual in zip((ours, theirs), loads, strict=True):
        measure(traffic, replace(usual, seconds=usual.seconds / 2))
    return Comparison([(measure(ours, loads[0]), measure(theirs, loads[1])) for _ in range(load.rounds)])


def measure(traffic: Traffic, load: Load) -> Measure:
    """One run; raises `LoadFailed` if any answer was an error or there was nothing left to ask."""
    paths = traffic.paths[traffic.sent :] if traffic.once else traffic.paths
    if not paths:
        raise LoadFailed(f"all {len(traffic.paths)} different URLs are used up: fewer seconds, or more URLs")
    before = traffic.server.cpu()
    run = _wrk(traffic, paths, load) if shutil.which("wrk") else _python(traffic, paths, load)
    cpu = traffic.server.cpu() - before
    if run.failed or not run.requests:
        raise LoadFailed(f"{run.failed} of {run.requests} requests failed, the first of them after {paths[0]}")
    traffic.sent += run.requests + load.connections
    _settle(traffic.server)
    return Measure(run.requests, run.seconds, cpu, run.p50, run.p99)


def _settle(server: Server) -> None:
    """Let a slow server finish what nobody waits for any more, before another one is measured beside it."""
    busy = IDLE
    while busy >= IDLE:
        before = server.cpu()
        time.sleep(0.1)
        busy = server.cpu() - before


def tool() -> str:
    """What sends the requests here."""
    return "wrk" if shutil.which("wrk") else "the Python client of benchmarks/client.py"


def _wrk(traffic: Traffic, paths: Sequence[str], load: Load) -> client.Run:
    listing = VAR / "paths.txt"
    listing.write_text("\n".join(paths) + "\n")
    headers = [f"{name}: {value}" for name, value in traffic.headers.items()]
    size = ["-t1", f"-c{load.connections}", f"-d{max(1, round(load.seconds))}s", "--timeout", "30s"]
    address = f"http://127.0.0.1:{traffic.server.port}"
    mode = "once" if traffic.once else "again"
    command = ["wrk", *size, "-s", str(SCRIPT), address, "--", str(listing), mode, *headers]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result = next((line for line in output.splitlines() if line.startswith("RESULT ")), None)
    if result is None:
        raise LoadFailed(f"wrk gave no result:\n{output}")
    return client.Run(**json.loads(result.removeprefix("RESULT ")))


def _python(traffic: Traffic, paths: Sequence[str], load: Load) -> client.Run:
    requests = client.requests(paths, traffic.headers, again=not traffic.once)
    return client.run(traffic.server.port, requests, seconds=load.seconds, connections=load.connections)
