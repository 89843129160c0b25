"""Notes that no request waits for: never more of them than can be caught up with, and none lost in silence."""

import threading
from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy.exc import OperationalError

from app.kit.errors import Unavailable
from app.staff.auth.background_writer import BackgroundWriter


class Gate:
    """A database that writes nothing until it is opened."""

    def __init__(self, error: Exception | None = None) -> None:
        self.open, self.reached = threading.Event(), threading.Event()
        self.written: list[int] = []
        self.error = error

    def write(self, number: int) -> None:
        self.reached.set()
        assert self.open.wait(60)
        if self.error is not None:
            raise self.error
        self.written.append(number)


@pytest.fixture
def writer() -> Iterator[BackgroundWriter]:
    made = BackgroundWriter("test", most=3)
    yield made
    made.close()


def test_beyond_the_most_that_wait_the_rest_is_dropped_and_counted(
    writer: BackgroundWriter, caplog: pytest.LogCaptureFixture
) -> None:
    gate = Gate()
    for number in range(10):
        writer.submit("a use" if number < 8 else "a refusal", partial(gate.write, number))
    assert [record.message for record in caplog.records] == [
        "3 notes wait for the database: what comes now is dropped, and counted"
    ]
    gate.open.set()
    writer.close()
    assert gate.written == [0, 1, 2]
    assert caplog.records[1].message.endswith("did not write: a refusal: 2, a use: 5")


@pytest.mark.parametrize("error", [OperationalError("UPDATE", {}, Exception()), Unavailable(retry_after=5)])
def test_a_failing_write_is_logged_and_the_next_is_written(
    writer: BackgroundWriter, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    broken, whole = Gate(error), Gate()
    for gate in (broken, whole):
        gate.open.set()
        writer.submit("a use", partial(gate.write, 1))
    assert whole.reached.wait(60)
    writer.close()
    assert whole.written == [1]
    assert caplog.records[0].message == f"a use could not be written: {type(error).__name__}"


def test_at_the_end_nobody_waits_for_a_database_that_does_not_write(
    writer: BackgroundWriter, caplog: pytest.LogCaptureFixture
) -> None:
    gate = Gate(Unavailable(retry_after=5))
    for number in range(3):
        writer.submit("a use", partial(gate.write, number))
    assert gate.reached.wait(60)
    closing = threading.Thread(target=writer.close)
    closing.start()
    while not writer._is_closing:
        closing.join(0.001)
    gate.open.set()
    closing.join(60)
    assert gate.written == []
    assert caplog.records[-1].message.endswith("did not write: of several sorts: 2")
