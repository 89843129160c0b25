"""Inserting what may be there already."""

from typing import Any

from sqlalchemy import FromClause
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.db.base import Base


def insert_unless_there(session: Session, row: type[Base] | FromClause, *keys: str) -> Any:
    """An INSERT that leaves alone the rows whose `keys` (columns of one unique constraint) are taken."""
    dialect: Any = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(row).on_conflict_do_nothing(index_elements=list(keys))
