"""A renamed command or option is taken under its former name until the next minor version, and says its new one."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import typer

from app.cli.context import err

P = ParamSpec("P")
R = TypeVar("R")


def warn_of_former_name(former: str, name: str) -> None:
    err.print(f"`{former}` is now called `{name}`; the former name will be removed in the next minor version.")


def formerly(group: typer.Typer, former: str, name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Registers the command once more as `former`, which no help lists."""

    def register(command: Callable[P, R]) -> Callable[P, R]:
        @wraps(command)
        def run(*args: P.args, **given: P.kwargs) -> R:
            warn_of_former_name(former, name)
            return command(*args, **given)

        group.command(former, hidden=True)(run)
        return command

    return register
