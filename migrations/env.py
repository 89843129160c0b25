"""Alembic's entry: runs on the connection that `app.db.schema.migrations` holds, or makes one of its own."""

from alembic import context
from sqlalchemy import Connection

from app.config.settings import Settings
from app.db.base import Base
from app.db.engine import make_engine
from app.db.schema.migrations import migration_connection
from app.ops.database.tables import import_all_tables


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


import_all_tables()
held = context.config.attributes.get("connection")
if held is not None:
    run(held)
else:
    with migration_connection(make_engine(Settings().database_url)) as connection:
        run(connection)
