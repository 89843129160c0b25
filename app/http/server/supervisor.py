"""Several processes that serve the same sockets, and the one that started them."""

import ctypes
import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

log = logging.getLogger(__name__)

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)
START_LIMIT: Final = 30.0
"""Seconds in which a process that gives up by itself would do so again."""
PAUSE: Final = 1.0
"""Seconds until a process that ended is started again."""
_PARENT_DEATH: Final = 1
"""Linux's number for PR_SET_PDEATHSIG (prctl(2))."""


def supervise(count: int, run: Callable[[int], object], *, patience: float) -> None:
    """Fork so many processes, each of which calls `run` with its number, until this one receives a signal to stop.
    One that was killed is started again; where one ends by itself as soon as it has begun, all do, with its exit
    code. Those that have not ended `patience` seconds after that signal are killed."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    running: dict[int, tuple[int, float]] = {}
    for number in range(count):
        running[_fork(number, run)] = (number, time.monotonic())
    code = 0
    while not code and signal.sigwait(SIGNALS) == signal.SIGCHLD:
        for pid, status in _ended():
            number, began = running.pop(pid)
            code = os.waitstatus_to_exitcode(status)
            if code > 0 and time.monotonic() - began < START_LIMIT:
                break
            log.error("process %d of the server ended with %d and is started again", number, code)
            time.sleep(PAUSE)
            running[_fork(number, run)] = (number, time.monotonic())
            code = 0
    _stop(set(running), patience)
    raise SystemExit(code)


def _fork(number: int, run: Callable[[int], object]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    os.setpgid(0, 0)  # the keyboard stops the parent alone, and that stops us in order
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGTERM)
    for each in SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    if os.getppid() == parent:
        run(number)
    raise SystemExit(0)


def _ended() -> list[tuple[int, int]]:
    """Children that have ended since, each with its status; one signal may stand for several."""
    found = []
    with suppress(ChildProcessError):
        while (each := os.waitpid(-1, os.WNOHANG))[0]:
            found.append(each)
    return found


def _stop(running: set[int], patience: float) -> None:
    for pid in running:
        os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + patience
    while running and time.monotonic() < until:
        running -= {pid for pid, _ in _ended()}
        time.sleep(PAUSE / 20)
    for pid in running:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
