"""Tasks that run after a commit, so that due work need not wait for the next poll."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.db.sessions import Sessions


@dataclass(frozen=True, slots=True)
class CommitTask:
    """Run by a worker soon after a commit in its process whose session had `noted` in its `info`. It may be run without
    a reason, and beside itself; what must happen is also seen to by a periodic task, for commits elsewhere."""

    name: str
    noted: object
    run: Callable[[Sessions, datetime], None]
