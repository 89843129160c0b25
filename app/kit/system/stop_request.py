"""A request to stop, received as a signal."""

import signal
from queue import SimpleQueue
from types import FrameType


class StopRequest:
    """For the main thread. A signal is handled between any two steps: what a `threading.Event` does then waits for
    a lock that the thread itself may hold, at the beginning of its wait. A `SimpleQueue` may be interrupted by itself.
    """

    def __init__(self) -> None:
        self._came: SimpleQueue[int] = SimpleQueue()
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, self._note)

    def _note(self, number: int, _: FrameType | None) -> None:
        self._came.put(number)

    def wait(self) -> None:
        """Until it comes, if it has not come already."""
        self._came.get()
