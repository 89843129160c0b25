"""Several commands of `kb` and `alembic` in one process; prints what each said, as JSON. Ends where one fails."""

import json
import shlex
import sys
from contextlib import redirect_stdout
from io import StringIO

from alembic.config import main as alembic
from typer.testing import CliRunner

from app.cli.main import cli


def output_of(command: str) -> str:
    program, *arguments = shlex.split(command)
    if program == "alembic":
        with redirect_stdout(StringIO()) as output:
            alembic(arguments)
        return output.getvalue()
    done = CliRunner().invoke(cli, arguments)
    if done.exit_code:
        sys.exit(f"{command}: {done.output}")
    return done.stdout


if __name__ == "__main__":
    print(json.dumps([output_of(command) for command in sys.argv[1:]]))
