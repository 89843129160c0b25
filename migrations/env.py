"""Alembic's entry: runs on the connection that `app.db.migrations` holds, or makes one of its own."""

from importlib import import_module
from pkgutil import walk_packages

from alembic import context
from sqlalchemy import Connection

import app
from app.config.settings import Settings
from app.db.base import Base
from app.db.engine import make_engine
from app.db.migrations import migration_connection

NEED_AN_EXTRA = ("app.search.meaning", "app.assistants.protocol_server", "app.ops.tracing.spans")


def know_all_tables() -> None:
    """A table is known once its module is imported: all are, but for the commands, one of which may be what runs, and
    what an extra is needed for."""
    for module in walk_packages(app.__path__, f"{app.__name__}."):
        if not module.name.startswith(("app.cli", *NEED_AN_EXTRA)):
            import_module(module.name)


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        compare_server_default=True,
        user_module_prefix="app.db.base.",
    )
    with context.begin_transaction():
        context.run_migrations()


know_all_tables()
held = context.config.attributes.get("connection")
if held is not None:
    run(held)
else:
    with migration_connection(make_engine(Settings().database_url)) as connection:
        run(connection)
