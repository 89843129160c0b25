"""A small HTTP/1.1 client: load where wrk is missing, and one request at a time with its cost.

It understands what these servers send: bodies with a `Content-Length` and, under load, in chunks.
"""

import asyncio
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle, repeat
from random import Random
from statistics import quantiles

END_OF_HEAD = b"\r\n\r\n"
SEED = 2019
"""Of the times at which requests fall due."""
REST = 0.0005
"""Seconds between an answer and the next request: Linux adds up a thread's processor time when it stops running."""


@dataclass(frozen=True)
class Run:
    """`p50` and `p99` in milliseconds; `failed` counts statuses from 400 on and broken connections."""

    requests: int
    seconds: float
    failed: int
    p50: float
    p99: float


@dataclass(frozen=True)
class Probe:
    """One request sent alone, in milliseconds."""

    wall: float
    cpu: float


@dataclass
class Tally:
    deadline: float
    is_timed: Callable[[bytes], bool]
    requests: int = 0
    failed: int = 0
    latencies: list[float] = field(default_factory=list)


def requests(paths: Iterable[str], headers: Mapping[str, str], *, again: bool = False) -> Iterator[bytes]:
    fields = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "127.0.0.1", **headers}.items())
    messages = (f"GET {path} HTTP/1.1\r\n{fields}\r\n".encode() for path in paths)
    return cycle(messages) if again else messages


def posts(path: str, bodies: Iterable[bytes]) -> Iterator[bytes]:
    """Requests that carry JSON."""
    for body in bodies:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        yield f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def run(
    port: int,
    messages: Iterator[bytes],
    *,
    seconds: float,
    connections: int,
    is_timed: Callable[[bytes], bool] = lambda _: True,
    rate: float | None = None,
) -> Run:
    """Send `messages` over several connections until they or the seconds run out; the percentiles are of those that
    `is_timed` says.

    Without a `rate` each connection sends when its last answer has come. With one, so many requests a second fall due
    at random times, whatever the server does; one that finds no connection free waits, and its time counts from then.
    """
    return asyncio.run(_run(port, messages, seconds, connections, is_timed, rate))


async def _run(
    port: int,
    messages: Iterator[bytes],
    seconds: float,
    connections: int,
    is_timed: Callable[[bytes], bool],
    rate: float | None,
) -> Run:
    began = time.perf_counter()
    tally = Tally(began + seconds, is_timed)
    queue = zip(repeat(0.0) if rate is None else _arrivals(began, rate), messages, strict=False)
    await asyncio.gather(*(_worker(port, queue, tally) for _ in range(connections)))
    median, worst = percentiles(tally.latencies)
    return Run(tally.requests, time.perf_counter() - began, tally.failed, median, worst)


def _arrivals(began: float, rate: float) -> Iterator[float]:
    """When each request is due, as a Poisson process has them: the same every time."""
    random, due = Random(SEED), began
    while True:
        due += random.expovariate(rate)
        yield due


async def _worker(port: int, queue: Iterator[tuple[float, bytes]], tally: Tally) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for due, message in queue:
        if due > tally.deadline:
            break
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        began = due or time.perf_counter()
        writer.write(message)
        head = await reader.readuntil(END_OF_HEAD)
        await _skip_body(reader, head)
        ended = time.perf_counter()
        tally.failed += _status(head) >= 400
        tally.requests += 1
        if tally.is_timed(message):
            tally.latencies.append((ended - began) * 1000)
        if ended > tally.deadline:
            break
    writer.close()
    await writer.wait_closed()


async def _skip_body(reader: asyncio.StreamReader, head: bytes) -> None:
    """By its length, or chunk by chunk (RFC 9112 section 7.1)."""
    if b"transfer-encoding: chunked" not in head.lower():
        await reader.readexactly(_body_length(head))
        return
    size = None
    while size != 0:
        size = int(await reader.readuntil(b"\r\n"), 16)
        await reader.readexactly(size + 2)


def probe(
    port: int, messages: Iterable[bytes], cpu: Callable[[], float], hear: Callable[[bytes], object] = len
) -> list[Probe]:
    """Send one message after the other over one connection.

    `cpu` reads the server's seconds of processor time; `hear` is given each body before the next message is
    taken. What a server does after its answer counts as well. Raises `ConnectionError` on any answer from 400 on.
    """
    probes, before = [], cpu()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        for message in messages:
            began = time.perf_counter()
            body = _ask(connection, message)
            wall = time.perf_counter() - began
            time.sleep(REST)
            after = cpu()
            probes.append(Probe(wall * 1000, (after - before) * 1000))
            hear(body)
            before = after
    return probes


def _ask(connection: socket.socket, message: bytes) -> bytes:
    connection.sendall(message)
    received = b""
    while (end := received.find(END_OF_HEAD)) < 0:
        received += _receive(connection)
    head, parts = received[: end + 4], [received[end + 4 :]]
    missing = _body_length(head) - len(parts[0])
    while missing > 0:
        parts.append(_receive(connection))
        missing -= len(parts[-1])
    if _status(head) >= 400:
        raise ConnectionError(head.decode())
    return b"".join(parts)


def _receive(connection: socket.socket) -> bytes:
    if data := connection.recv(1 << 18):
        return data
    raise ConnectionError("the server closed the connection")


def _status(head: bytes) -> int:
    return int(head[9:12])


def _body_length(head: bytes) -> int:
    """Bytes of the body by `Content-Length`; a 304 has none whatever it says (RFC 9110 section 6.4.1)."""
    if _status(head) == 304:
        return 0
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if rest else 0


def percentiles(values: list[float]) -> tuple[float, float]:
    """Median and 99th percentile."""
    steps = quantiles(values, n=100, method="inclusive") if len(values) > 1 else values * 99
    return steps[49], steps[98]
