"""One line of the table, and what measures it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks import client
from benchmarks.load import Comparison, Load
from benchmarks.servers import Server

SMALL, LARGE = 10_000, 200_000
PROBES = 300


@dataclass(frozen=True)
class Row:
    """One line of the table; `met` is None where nothing is required."""

    what: str
    ours: str
    control: str
    result: str
    required: str = ""
    met: bool | None = None


@dataclass(frozen=True)
class Scenario:
    name: str
    large: bool
    """Whether it needs the catalogue of 200,000."""
    measure: Callable[[Load], Sequence[Row]]


@dataclass(frozen=True)
class Times:
    """Median and 99th percentile of requests sent one at a time, in milliseconds."""

    wall: float
    slow_wall: float
    cpu: float
    slow_cpu: float

    def under(self, limit: float) -> bool:
        """Whether the usual request, waiting included, and the slow one's processor time keep to it."""
        return self.wall < limit and self.slow_cpu < limit

    def __str__(self) -> str:
        return f"p50 {self.wall:.2f}, p99 {self.slow_wall:.2f} ms; CPU {self.cpu:.2f}, {self.slow_cpu:.2f} ms"


def alone(server: Server, messages: Iterable[bytes]) -> Times:
    """Ask one after the other over one connection."""
    return times(client.probe(server.port, messages, server.cpu))


def times(probes: Sequence[client.Probe]) -> Times:
    wall = client.percentiles([probe.wall for probe in probes])
    return Times(*wall, *client.percentiles([probe.cpu for probe in probes]))


def compared(what: str, comparison: Comparison, result: str, required: str, met: bool) -> Row:
    return Row(what, comparison.describe(0), comparison.describe(1), result, required, met)
