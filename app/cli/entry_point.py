"""Where `kb` starts: Control-C ends it in one line from here on, also in the second that its commands are imported."""

import signal
import sys
from importlib import import_module
from types import FrameType
from typing import NoReturn


def stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """Transactions are rolled back on the way out."""
    print("\nStopped. Whatever was complete is kept: run the same command again to go on.", file=sys.stderr)
    raise SystemExit(128 + signal.SIGINT)


def run() -> None:
    signal.signal(signal.SIGINT, stop)
    import_module("app.cli.main").run()


if __name__ == "__main__":
    run()
