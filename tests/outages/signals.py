"""Signals to a server and to all that it has started."""

import signal
from contextlib import suppress

import psutil


def send_to_all(pid: int, number: signal.Signals) -> list[psutil.Process]:
    """Whom it was meant for. It starts nobody while the others get theirs; who has just ended by itself needs none."""
    own = psutil.Process(pid)
    own.suspend()
    started = own.children(recursive=True)
    for process in (*started, own):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
    return [*started, own]


def kill_all(pid: int) -> None:
    """As a machine that fails: nobody is told."""
    psutil.wait_procs(send_to_all(pid, signal.SIGKILL), timeout=60)
