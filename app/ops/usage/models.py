"""Counts by day: no address, no time of day, no way from one request to the next."""

from typing import Final

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base

KEY: Final = ("day", "use", "document", "detail")


class UsageRow(Base):
    """How often something was used on one day (`2026-11-28`, UTC). `document` is the id of what it was, empty where it
    was none; `detail` is the format, the host of a link, or the words that were searched for."""

    __tablename__ = "usage_count"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    use: Mapped[str] = mapped_column(String(10), primary_key=True)
    document: Mapped[str] = mapped_column(String(36), primary_key=True)
    detail: Mapped[str] = mapped_column(String(100), primary_key=True)
    people: Mapped[int]
    robots: Mapped[int]
