"""Several commands of `kb` in one process; prints what each said, as a JSON list. Ends where one fails."""

import json
import sys

from typer.testing import CliRunner

from app.cli.main import cli


def said(command: str) -> str:
    done = CliRunner().invoke(cli, command.split())
    if done.exit_code:
        sys.exit(f"kb {command}: {done.output}")
    return done.stdout


if __name__ == "__main__":
    print(json.dumps([said(command) for command in sys.argv[1:]]))
