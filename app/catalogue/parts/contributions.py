"""Who made an entry, in which role, in which order."""

from typing import Literal

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue.agents import AgentRow
from app.catalogue.schema import AgentReference, DocumentId, Schema
from app.db.base import Base

Role = Literal[
    "author",
    "editor",
    "translator",
    "illustrator",
    "presenter",
    "speaker",
    "interviewer",
    "interviewee",
    "producer",
    "contributor",
    "project_leader",
    "project_member",
    "partner",
    "publisher",
]


class ContributionRow(Base):
    __tablename__ = "contribution"
    __table_args__ = (UniqueConstraint("entry_id", "agent_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), index=True)
    role: Mapped[str] = mapped_column(String(40))
    position: Mapped[int]

    agent: Mapped[AgentRow] = relationship()


class ContributionIn(Schema):
    agent: AgentReference
    role: Role


class Contributor(Schema):
    """A person or an organisation with its role; `family` and `given` are null for organisations."""

    role: str
    kind: str
    id: DocumentId
    slug: str
    label: str
    family: str | None
    given: str | None
    url: str


def published_contributor(row: ContributionRow) -> Contributor:
    agent = row.agent
    return Contributor(
        role=row.role,
        kind=agent.kind,
        id=agent.uuid,
        slug=agent.slug,
        label=agent.name,
        family=agent.family,
        given=agent.given,
        url=agent.url,
    )
