"""How far each consumer of the change feed has read, and when each entry was first published."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class FirstPublicationRow(Base):
    """An entry that was published, and when first: once in its life, whoever reads the feed."""

    __tablename__ = "first_publication"

    document_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(index=True)
    at: Mapped[datetime]


class FeedCursorRow(Base):
    """The revision that a consumer has read to; committed with what it decided."""

    __tablename__ = "feed_cursor"

    consumer: Mapped[str] = mapped_column(String(40), primary_key=True)
    revision: Mapped[int]
