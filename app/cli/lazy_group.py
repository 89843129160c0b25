"""Commands whose modules are imported when one of them is run: help, completion and the version need only their names
and summaries."""

from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from app.cli.entry_point import stopping_at_once


class LazyCommand(TyperCommand):
    """What lists show of a command, or of a group of commands, which is `target`: `module:attribute`."""

    def __init__(self, name: str, target: str, summary: str) -> None:
        super().__init__(name, help=summary)
        self.target = target

    def get_short_help_str(self, limit: int = 0) -> str:
        """All of it, whatever the limit."""
        return self.help or ""

    def load(self) -> TyperCommand | TyperGroup:
        """The command itself, with its options and its whole help."""
        module, _, attribute = self.target.partition(":")
        with stopping_at_once():
            found = getattr(import_module(module), attribute)
        holder = typer.Typer(rich_markup_mode=None)
        if isinstance(found, typer.Typer):
            holder.add_typer(found, name=self.name)
        else:
            holder.command(self.name)(found)
        commands = get_group(holder).commands.values()
        return next(each for each in commands if isinstance(each, TyperCommand | TyperGroup))


class LazyGroup(TyperGroup):
    """The class of a Typer application (`cls`) that has `available` as its commands."""

    available: ClassVar[tuple[LazyCommand, ...]] = ()

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for each in self.available:
            self.add_command(each)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, LazyCommand) else command, rest
