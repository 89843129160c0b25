"""What a database and a folder hold, to be compared with what they held before."""

from pathlib import Path

from sqlalchemy import MetaData, select

from app.db.engine import make_engine


def contents(url: str) -> dict[str, list[str]]:
    """Every row of every table, but for when keys were used last."""
    engine = make_engine(url)
    there = MetaData()
    there.reflect(engine)
    with engine.connect() as connection:
        found = {
            table.name: sorted(
                str(tuple(row)) for row in connection.execute(select(*(c for c in table.c if c.name != "last_used_at")))
            )
            for table in there.sorted_tables
        }
    engine.dispose()
    return found


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """What is in each, and when it was written."""
    return {str(each): (each.read_bytes(), each.stat().st_mtime_ns) for each in folder.rglob("*") if each.is_file()}
