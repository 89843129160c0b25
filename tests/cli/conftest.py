import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from app.cli.main import cli
from app.db.engine import make_engine
from tests.databases import Databases

PROJECT = Path(__file__).parents[2]
Run = Callable[..., Result]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Nobody's own settings, and a database that is not there yet."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
    return kept | {
        "PYTHONPATH": str(PROJECT),
        "KB_SEED_DIRECTORY": str(PROJECT / "seed_data"),
        "KB_DATABASE_URL": f"sqlite:///{tmp_path}/kb.sqlite",
    }


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_logging: None) -> Run:
    """`kb` with these arguments, in an empty folder; settings by keyword."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ.keys() - environment.keys():
        monkeypatch.delenv(name)

    def kb(*arguments: str, input: str | None = None, **settings: str) -> Result:
        return CliRunner().invoke(cli, arguments, input=input, env=environment | settings)

    return kb


@pytest.fixture
def own_logging() -> Iterator[None]:
    """Every command sets up logging for a process of its own."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


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
