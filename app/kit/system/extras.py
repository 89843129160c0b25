"""The extras of pyproject.toml: what is installed only where it is wanted."""

from importlib import import_module
from types import ModuleType


class MissingExtra(RuntimeError):
    """A sentence that says what is not installed, and what to do."""


def import_extra(module: str, *, extra: str, wanted_by: str) -> ModuleType:
    """The module of ours that needs the extra. Raises `MissingExtra`."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"{wanted_by}, but {error.name} is not installed. Install the extra with `pip install .[{extra}]`, "
            f"or run `make run {extra.upper()}=1`."
        ) from None
