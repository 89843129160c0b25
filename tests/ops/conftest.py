from collections.abc import Iterator
from pathlib import Path

import pytest

from app.db.engine import make_engine
from app.db.migrating import migrate
from app.db.sessions import Sessions
from tests.ops.small_seeds import FILES


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Sessions]:
    """A migrated SQLite database with nothing in it."""
    engine = make_engine(f"sqlite:///{tmp_path}/kb.sqlite")
    migrate(engine)
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
