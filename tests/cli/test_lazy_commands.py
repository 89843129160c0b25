"""What `kb` imports: nothing of the service until a command is run, and then what that command needs."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import grimp
import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.orm import Mapper
from typer.testing import Result

from app.cli.lazy_group import LazyCommand
from app.cli.main import Commands
from app.db.base import Base
from app.ops.database.tables import import_all_tables

IMPORTED = """
import sys
from app.cli.entry_point import run

sys.argv = ["kb", *sys.argv[1:]]
try:
    run()
finally:
    print(*sys.modules, file=sys.stderr)
"""
OF_THE_SERVICE = {"sqlalchemy", "alembic", "fastapi", "starlette", "app.config.settings"}
COMPLETED = {"_KB_COMPLETE": "complete_bash", "COMP_WORDS": "kb sta", "COMP_CWORD": "1"}


@pytest.mark.parametrize(
    ("arguments", "given", "printed"),
    [
        (["--version"], {}, r"[0-9.]+\n"),
        (["--help"], {}, r".*Commands.*status.*Show version, database, queue.*"),
        ([], COMPLETED, r"status\n?"),
    ],
    ids=["version", "help", "completion"],
)
def test_version_help_and_completion_import_nothing_of_the_service(
    environment: dict[str, str], arguments: list[str], given: dict[str, str], printed: str
) -> None:
    command = [sys.executable, "-c", IMPORTED, *arguments]
    done = subprocess.run(command, env=environment | given, capture_output=True, text=True, timeout=60)
    assert re.fullmatch(printed, done.stdout, re.DOTALL), done.stdout
    assert OF_THE_SERVICE.isdisjoint(done.stderr.split())


@pytest.mark.parametrize("command", Commands.available, ids=lambda each: each.name)
def test_the_list_of_commands_says_the_first_sentence_of_each(command: LazyCommand) -> None:
    whole = " ".join(str(command.load().help).split())
    assert (first := re.match(r".*?\.(?= |$)", whole)) is not None
    assert command.help == first.group()


def test_a_mistyped_command_is_answered_with_the_nearest(run: Callable[..., Result]) -> None:
    result = run("statsu")
    assert result.exit_code == 2
    assert "No such command 'statsu'. Did you mean 'status'" in " ".join(result.stderr.split())


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("app", cache_dir=None)


def referred_modules(mapper: Mapper[object]) -> set[str]:
    """Where the tables and classes are that the class of this mapper needs to be there when its rows are written."""
    tables = {key.column.table for key in mapper.local_table.foreign_keys}
    classes = {each.class_ for each in Base.registry.mappers if each.local_table in tables}
    return {each.__module__ for each in classes | {each.mapper.class_ for each in mapper.relationships}}


@pytest.mark.parametrize("command", Commands.available, ids=lambda each: each.name)
def test_a_command_that_imports_a_table_imports_those_that_it_refers_to(
    command: LazyCommand, graph: grimp.ImportGraph
) -> None:
    import_all_tables()
    module = command.target.partition(":")[0]
    imported = {module} | graph.find_upstream_modules(module)
    mappers = [each for each in Base.registry.mappers if each.class_.__module__ in imported]
    assert {name for each in mappers for name in referred_modules(each)} <= imported


def test_a_copy_has_the_tables_that_its_command_alone_would_not_know(
    run: Callable[..., Result], environment: dict[str, str], tmp_path: Path
) -> None:
    assert run("migrate").exit_code == 0
    target = f"sqlite:///{tmp_path}/copy.sqlite"
    command = [sys.executable, "-m", "app.cli.main", "copy", "--to", target]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    tables = {*inspect(create_engine(target)).get_table_names()} - {"alembic_version"}
    assert f"rows of {len(tables)} tables were copied" in " ".join(done.stdout.split())
