"""Which errors mean that the database is unavailable, whatever the statement."""

from typing import Final

from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.db.engine import sqlite3
from app.kit.errors import Unavailable

RETRY_AFTER: Final = 5
"""Seconds."""
DAMAGED: Final = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))


def map_outage(error: BaseException) -> Unavailable | None:
    """The error that reports an outage; None for an error that is none. Where a connection broke during a commit,
    the outcome is unknown."""
    if not _is_outage(error):
        return None
    return Unavailable("The database is temporarily unavailable.", retry_after=RETRY_AFTER)


def _is_outage(error: BaseException) -> bool:
    match error:
        case PoolTimeout() | OperationalError() | InterfaceError() | sqlite3.OperationalError():
            return True
        case DBAPIError(connection_invalidated=True):
            return True
        case DatabaseError():
            return type(error) is DatabaseError and _is_damage(error.orig)
        case _:
            return _is_damage(error)


def _is_damage(error: object) -> bool:
    return isinstance(error, sqlite3.DatabaseError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGED
