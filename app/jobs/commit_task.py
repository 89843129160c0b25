"""Tasks that follow a commit, so that nobody waits for the next look at what is due."""

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
