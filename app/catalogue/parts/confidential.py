"""Confidential notes on an entry: in a table of their own, which nothing renders, exports or logs."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class ConfidentialRow(Base):
    """Beside an entry whose kind is `confidential`. `name` and `words` are what no public text about it may say."""

    __tablename__ = "confidential"

    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int]
    name: Mapped[str | None] = mapped_column(String(1000))
    notes: Mapped[str]
    words: Mapped[list[str]]
    updated_at: Mapped[datetime]
    updated_by: Mapped[str] = mapped_column(String(200))

    @property
    def forbidden_words(self) -> list[str]:
        """Everything that must not be published."""
        return [self.name, *self.words] if self.name else list(self.words)
