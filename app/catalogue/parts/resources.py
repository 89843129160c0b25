"""Where an entry itself is found on the web: its typed links."""

from typing import Literal

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.catalogue.schema import Line, Schema, WebAddress
from app.db.base import Base

LinkType = Literal["landing_page", "full_text", "view", "watch", "listen", "download"]


class ResourceRow(Base):
    __tablename__ = "resource"
    __table_args__ = (UniqueConstraint("entry_id", "type", "url"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(String(20))
    url: Mapped[str] = mapped_column(String(2000))
    label: Mapped[str | None] = mapped_column(String(1000))
    archived_url: Mapped[str | None] = mapped_column(String(2000))
    position: Mapped[int]


class Resource(Schema):
    """A URL and its purpose; `archived_url` is an archived copy of what is no longer there."""

    type: LinkType
    url: WebAddress
    label: Line | None = None
    archived_url: WebAddress | None = None
