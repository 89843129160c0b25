"""All tables, for what is done to a whole database: each is known once its module is imported."""

from importlib import import_module
from pkgutil import walk_packages
from typing import Final

import app

NEED_AN_EXTRA: Final = (
    "app.search.meaning",
    "app.assistants.protocol_server",
    "app.ops.tracing.spans",
    "app.ops.database.object_storage",
)


def import_all_tables() -> None:
    """Imports every module, but for the commands, one of which may be what runs, and what an extra is needed for."""
    for module in walk_packages(app.__path__, f"{app.__name__}."):
        if not module.name.startswith(("app.cli", *NEED_AN_EXTRA)):
            import_module(module.name)
