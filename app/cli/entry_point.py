"""Where `kb` starts: Control-C ends it in one line from here on, also while its commands are imported."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import NoReturn

STOPPED = "\nStopped. Whatever was complete is kept: run the same command again to go on."
EXIT_CODE = 128 + signal.SIGINT


def stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """Transactions are rolled back on the way out."""
    print(STOPPED, file=sys.stderr)
    raise SystemExit(EXIT_CODE)


def stop_at_once(_number: int, _frame: FrameType | None) -> NoReturn:
    """While nothing has begun: an exception is swallowed where a module of C is being imported."""
    print(STOPPED, file=sys.stderr, flush=True)
    os._exit(EXIT_CODE)


@contextmanager
def stopping_at_once() -> Iterator[None]:
    """While modules are imported, in a process whose handler is `stop`."""
    if signal.getsignal(signal.SIGINT) is not stop:
        yield
        return
    signal.signal(signal.SIGINT, stop_at_once)
    yield
    signal.signal(signal.SIGINT, stop)


def run() -> None:
    signal.signal(signal.SIGINT, stop_at_once)
    import_module("app.cli.main").run()


if __name__ == "__main__":
    run()
