from collections.abc import Iterator
from pathlib import Path

import pytest

from app.db.engine import make_engine
from app.db.schema.migrations import migrate
from app.db.sessions import Sessions
from app.kit.clock import utc_now
from app.ops.seeding import seed
from tests.ops.small_seeds import FILES


@pytest.fixture
def empty(empty_database: str) -> Iterator[Sessions]:
    """A migrated database with nothing in it."""
    engine = make_engine(empty_database)
    yield Sessions(engine)
    engine.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Small, right seeds."""
    made = tmp_path / "seeds"
    made.mkdir()
    for name, text in FILES.items():
        (made / name).write_text(text, encoding="utf-8")
    return made


@pytest.fixture
def embedded(tmp_path: Path, folder: Path) -> Iterator[Sessions]:
    """A SQLite database with the small seeds in it."""
    engine = make_engine(f"sqlite:///{tmp_path}/kb.sqlite")
    migrate(engine)
    sessions = Sessions(engine)
    with sessions.write() as session:
        seed(session, folder, now=utc_now())
    yield sessions
    engine.dispose()
