"""What is known of the web addresses that published entries lead to."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class LinkState(StrEnum):
    unchecked = "unchecked"
    ok = "ok"
    moved = "moved"
    refused = "refused"
    unreachable = "unreachable"
    broken = "broken"


FAILING = (LinkState.unreachable, LinkState.broken)


class LinkCheckRow(Base):
    """One address, as it was when it was last visited; `digest` is its SHA-256. `redirects` are the addresses on the
    way to `final_url`, each after its status. `first_failed_at` and `failures` count visits in a row without success.
    """

    __tablename__ = "link_check"
    __table_args__ = (Index("ix_link_check_host_checked", "host", "checked_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    url: Mapped[str]
    host: Mapped[str] = mapped_column(String(260))
    state: Mapped[str] = mapped_column(String(12), index=True)
    status: Mapped[int | None]
    final_url: Mapped[str | None]
    redirects: Mapped[list[str]]
    problem: Mapped[str | None]
    checked_at: Mapped[datetime | None]
    first_failed_at: Mapped[datetime | None]
    failures: Mapped[int]


class LinkUseRow(Base):
    """Where an address stands: a JSON pointer into the document of an entry. `seen` is the survey that found it."""

    __tablename__ = "link_use"

    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    pointer: Mapped[str] = mapped_column(String(60), primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("link_check.id", ondelete="CASCADE"), index=True)
    seen: Mapped[datetime] = mapped_column(index=True)
