"""A worker that is killed at a named point, for a process of its own."""

import os
import signal
import smtplib
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

from app.jobs import queue
from app.jobs.lease import Job
from app.mailing import digest_schedule
from app.mailing.campaigns import digest_planner
from app.mailing.campaigns.digest_planner import DIGEST_MAIL
from app.mailing.delivery import bulk
from app.mailing.delivery.smtp_transport import SmtpSettings, SmtpTransport
from tests.mailing.mail_service import MailService
from tests.smtp_server import NAME

BATCH: Final = 2
SECOND: Final = 4
"""The second mail of the second batch."""
TRANSPORTS: Final[list[SmtpTransport]] = []
"""Of this process."""
When = Callable[[Any, tuple[Any, ...]], bool]
"""From what a function returned (None before it runs) and was given."""


def always(_: Any, given: tuple[Any, ...]) -> bool:
    return True


def a_digest(_: Any, given: tuple[Any, ...]) -> bool:
    return any(isinstance(each, Job) and each.kind == DIGEST_MAIL for each in given)


def claimed_digest(result: Any, given: tuple[Any, ...]) -> bool:
    return a_digest(None, tuple(result or ()))


def some(result: Any, given: tuple[Any, ...]) -> bool:
    return bool(result)


def last_dot(_: Any, given: tuple[Any, ...]) -> bool:
    return bool(given[-1] == b".\r\n")


POINTS: Final[dict[str, tuple[Any, str, str, When, int]]] = {
    "feed followed, not committed": (digest_schedule, "follow_feed", "after", always, 1),
    "digest started, not committed": (digest_schedule, "start_scheduled_digests", "after", always, 1),
    "some planned, not committed": (digest_planner, "_plan_some", "after", always, 1),
    "some planned and committed": (digest_planner, "_plan_some", "before", always, 2),
    "claimed, not committed": (queue, "claim", "after", claimed_digest, 2),
    "claimed": (bulk, "_composed", "before", always, 2),
    "composed": (bulk, "_composed", "after", always, 2),
    "begun, not committed": (bulk, "begin_all", "after", some, 2),
    "begun": (bulk, "_begin", "after", always, 2),
    "addressed": (SmtpTransport, "_send_envelope", "after", always, SECOND),
    "body sent": (Job, "begin", "before", a_digest, SECOND),
    "last dot sent": (smtplib.SMTP, "send", "after", last_dot, SECOND),
    "accepted": (SmtpTransport, "_accepted", "after", always, SECOND),
    "all handed over": (bulk, "_record_results", "before", always, 2),
    "settled, not committed": (bulk, "finish_all", "after", some, 2),
    "settled": (bulk, "_record_results", "after", always, 2),
}
UNCERTAIN: Final = frozenset(
    {"begun", "addressed", "body sent", "last dot sent", "accepted", "all handed over", "settled, not committed"}
)
"""Points at which a whole batch is in doubt."""


def set_trap(point: str) -> None:
    """From then on this process is killed when it comes to that point for the n-th time."""
    owner, name, when, matters, nth = POINTS[point]
    function = getattr(owner, name)
    seen = 0

    def trapped(*given: Any, **named: Any) -> Any:
        nonlocal seen
        if when == "before":
            seen += matters(None, given)
            _die_if(seen == nth)
        result = function(*given, **named)
        if when == "after":
            seen += matters(result, given)
            _die_if(seen == nth)
        return result

    setattr(owner, name, trapped)


def _die_if(here: bool) -> None:
    if here:
        for transport in TRANSPORTS:
            for line in transport._lines:
                _let_be_read(line.smtp.sock)
        os.kill(os.getpid(), signal.SIGKILL)


def _let_be_read(connection: socket.socket | None) -> None:
    """Says that there is no more, and waits until the server has read all and hung up. A kill alone may take back
    what the server has not read."""
    if connection is None:
        return
    with suppress(OSError):  # it is over already
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass


def main(url: str, folder: str, port: str, point: str, now: str) -> None:
    transport = SmtpTransport(SmtpSettings(host=NAME, port=int(port), security="none", timeout=5.0))
    TRANSPORTS.append(transport)
    patch = pytest.MonkeyPatch()
    patch.setattr(digest_planner, "SUBSCRIBERS", BATCH)
    patch.setattr(bulk, "BATCH", BATCH)
    context = MailService(url, Path(folder), transport, now=datetime.fromisoformat(now))
    if point in POINTS:
        set_trap(point)
    context.drain()
    context.close()
