import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.db.engine import make_engine
from tests.databases import Databases

PROJECT = Path(__file__).parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Nobody's own settings, and a database that is not there yet."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
    return kept | {
        "PYTHONPATH": str(PROJECT),
        "KB_SEED_DIRECTORY": str(PROJECT / "seed_data"),
        "KB_DATABASE_URL": f"sqlite:///{tmp_path}/kb.sqlite",
        "COLUMNS": "200",
    }


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """`kb` with these arguments; settings by keyword."""

    def kb(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app.cli.main", *arguments],
            cwd=tmp_path,
            env=environment | settings,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return kb


@pytest.fixture
def seeded_url(databases: Databases, seeded_database: str) -> Iterator[str]:
    """A seeded database of one's own."""
    with databases.copied(seeded_database) as url:
        yield url


@pytest.fixture
def damage() -> Callable[[str], None]:
    """Makes one document say something else than the catalogue."""

    def harm(url: str) -> None:
        engine = make_engine(url)
        with engine.begin() as connection:
            statement = "UPDATE document SET body = replace(body, 'Mobilising', 'Mobilizing') WHERE slug = 'mobilising'"
            assert connection.execute(text(statement)).rowcount == 1
        engine.dispose()

    return harm
