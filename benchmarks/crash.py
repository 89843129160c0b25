"""`python -m benchmarks.crash`: workers are killed at random moments while they send; everybody gets their mail, and
twice only where the delivery says that it may be so. Ends with 1 where that is not true."""

import random
import signal
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.mail_service import AT_WORK, Arrived, database, left, listening, opened, prepared, spawn
from tests.mailing.mail_service import MailService

WORKERS = {"sqlite": 1, "postgresql": 2}
SLOW = 0.01
"""Seconds that the mail server thinks about each mail, so that most kills fall into the middle of a batch."""
LEASE = 3
"""Seconds until another worker takes over what a killed one had."""
MAILS = {"sqlite": 120, "postgresql": 500}
"""For each kill: more than are sent before it, by those that live on as well."""
MAX_LENGTH = 1.0
"""Seconds that a worker lives at most, once it is at work."""


def main(
    engine: Annotated[str, typer.Argument(help="`sqlite` or `postgresql`.")],
    kills: Annotated[int, typer.Argument(help="How many.")] = 50,
    seed: Annotated[int, typer.Option(help="The same moments for the same number.")] = 1,
) -> None:
    with database(engine) as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        expected = prepared(url, folder, kills * MAILS[engine])
        with listening(folder, SLOW) as arrived:
            killed = kill(url, folder, arrived.port, WORKERS[engine], kills, random.Random(seed))
            context = finished(url, folder, arrived.port)
        faults = judged(context, expected, arrived)
        context.close()
    faults += [] if killed == kills else [f"only {killed} of {kills} were killed at work"]
    typer.echo("\n".join(faults) or "everybody got their mail, and twice only where it is said to be so")
    raise typer.Exit(1 if faults else 0)


def kill(url: str, folder: Path, port: int, count: int, kills: int, chance: random.Random) -> int:
    """How many were killed while there was something left to send."""
    context = opened(url, folder)
    workers = [_begun(url, folder, port) for _ in range(count)]
    killed = 0
    while killed < kills and left(context):
        place = chance.randrange(count)
        _wait_for_work(workers[place])
        time.sleep(chance.random() * MAX_LENGTH)
        workers[place].send_signal(signal.SIGKILL)
        killed += workers[place].wait() == -signal.SIGKILL
        workers[place] = _begun(url, folder, port)
    for worker in workers:
        worker.communicate()
    context.close()
    return killed


def _begun(url: str, folder: Path, port: int) -> subprocess.Popen[str]:
    return spawn("worker", url, folder, port, 1, LEASE)


def _wait_for_work(worker: subprocess.Popen[str]) -> None:
    assert worker.stdout is not None
    while worker.poll() is None and worker.stdout.readline().strip() != AT_WORK:
        continue


def finished(url: str, folder: Path, port: int) -> MailService:
    """When all leases have run out, and what is in doubt is settled."""
    context = opened(url, folder, port)
    for _ in range(6):
        context.later(minutes=16)
    context.transport.close()  # the mail server waits for the end of every connection
    return context


def judged(context: MailService, expected: set[str], arrived: Arrived) -> list[str]:
    """What is not as it must be."""
    times = arrived.times
    deliveries = [row for row in context.deliveries() if row.state != "waiting" or row.doubts]
    doubted = {context.address_of(row) for row in deliveries if row.doubts}
    twice = {address for address, count in times.items() if count > 1}
    names = Counter(address for address, _ in {(address, name) for address, name, _ in arrived.mails})
    typer.echo(
        f"{len(expected)} readers, {len(arrived.mails)} mails; in doubt {len(doubted)}, of these twice {len(twice)}"
    )
    wrong = {
        "without their mail": expected - set(times),
        "with mail that is not theirs": set(times) - expected,
        "with mail more than once, and nobody says so": twice - doubted,
        "with another Message-ID the second time": {address for address, count in names.items() if count > 1},
        "whose delivery is not sent": {context.address_of(row) for row in deliveries if row.state != "sent"},
    }
    return [f"{len(readers)} {what}" for what, readers in wrong.items() if readers]


if __name__ == "__main__":
    typer.run(main)
