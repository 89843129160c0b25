"""Work for later, as rows: written in the transaction that decided it, so it is done if and only if that committed."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base
from app.kit.json_types import JsonObject


class JobState(StrEnum):
    waiting = "waiting"
    running = "running"
    done = "done"
    failed = "failed"
    uncertain = "uncertain"


FINISHED = (JobState.done, JobState.failed, JobState.uncertain)
"""States that no worker leaves by itself."""


class JobRow(Base):
    """One piece of work, unique by its kind and key.

    `attempts` counts the tries since it last got on; `fence` every lease there ever was, so that a worker which lost
    its lease cannot settle what another one holds. `acting` is set before something that cannot be taken back.
    """

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("key", "kind"),  # so ordered that no planner looks for what waits in it
        Index(
            "ix_job_waiting",
            "priority",
            "due",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_job_running",
            "leased_until",
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
        Index(
            "ix_job_finished",
            "state",
            "finished_at",
            sqlite_where=text("finished_at IS NOT NULL"),
            postgresql_where=text("finished_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200))
    payload: Mapped[JsonObject]
    state: Mapped[str] = mapped_column(String(10))
    priority: Mapped[int]
    due: Mapped[datetime]
    attempts: Mapped[int]
    fence: Mapped[int]
    acting: Mapped[bool]
    leased_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(500))


class RateRow(Base):
    """How many jobs of a kind were begun in one second, by all workers together."""

    __tablename__ = "job_pace"

    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    second: Mapped[datetime]
    begun: Mapped[int]


class PeriodicRow(Base):
    """When a task that comes back is due next, and who is at it."""

    __tablename__ = "periodic"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    next_run: Mapped[datetime]
    fence: Mapped[int]
    leased_until: Mapped[datetime | None]
    last_run: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(500))
