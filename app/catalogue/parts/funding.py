"""Who paid for it, under which award."""

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue.agents import AgentRow
from app.catalogue.schema import AgentReference, Line, Ref, Schema, WebAddress
from app.db.base import Base


class FundingRow(Base):
    __tablename__ = "funding"
    __table_args__ = (UniqueConstraint("entry_id", "agent_id", "award_number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), index=True)
    award_number: Mapped[str] = mapped_column(String(200), default="")
    award_title: Mapped[str | None]
    award_url: Mapped[str | None] = mapped_column(String(2000))
    position: Mapped[int]

    funder: Mapped[AgentRow] = relationship()


class FundingIn(Schema):
    funder: AgentReference
    award_number: Line | None = None
    award_title: Line | None = None
    award_url: WebAddress | None = None


class Funding(Schema):
    funder: Ref
    award_number: str | None
    award_title: str | None
    award_url: str | None
