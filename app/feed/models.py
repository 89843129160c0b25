"""What followers of the change feed remember: how far each has read, and what was published for the first time."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class FirstPublicationRow(Base):
    """An entry that was published, and when first: it is news once in its life."""

    __tablename__ = "mailing_news"

    document_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(index=True)
    at: Mapped[datetime]


class FeedCursorRow(Base):
    """How far a reader of the change feed has come; committed with what it decided."""

    __tablename__ = "mailing_cursor"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    revision: Mapped[int]
